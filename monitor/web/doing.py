"""What people do on pages: a question (GET), and a plain form that does it (POST).

Every POST looks the session up (``guard``), so that who was dismissed does nothing any more,
whatever their open page shows; the role and the branch are checked again by what does it.
"""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from ground.text.words import ORDERS
from monitor import access
from monitor.store import contacts
from monitor.store.contacts import Contact
from monitor.store.database import writing
from monitor.web import accounts, alarms, booth, booth_page, orders, shell, words
from monitor.web.cards import name_of
from monitor.web.form import Form, done, form_of, inside, visit_of
from monitor.web.house import House
from monitor.web.shell import Field, Visit


def mount(app: FastAPI, house: House) -> None:
    """Add the questions and what they do to ``app``."""
    _alarms(app, house)
    _orders(app, house)
    _contacts(app, house)
    accounts.mount(app, house)


def _alarms(app: FastAPI, house: House) -> None:
    path = "/alarms/{id}/acknowledge"

    @app.get(path, include_in_schema=False)
    def ask(request: Request, id: int) -> Response:
        visit = visit_of(request)
        reader, found = visit.reader, house.live.alarms.get(id)
        if found is None or not visit.account.sees(found.place):
            return shell.answer(shell.not_here(reader), 404)
        where = found.station or name_of(house.live, found.place)
        question = reader.say(
            "{where}: {what}. Your name is put to it; others see that you have it.",
            where=where,
            what=words.measured(reader, found),
        )
        note = Field("note", reader.say("Note: what is being done"), maximum=500)
        page = shell.ask(
            visit,
            reader.say("Acknowledge"),
            reader.say("Acknowledge"),
            question=question,
            action=request.url.path,
            back=inside(visit.query.get("next"), "/alarms"),
            fields=[note],
        )
        return shell.answer(page)

    @app.post(path, include_in_schema=False)
    async def take(request: Request, id: int) -> Response:
        visit, form = visit_of(request), await form_of(request)
        note, back = form.get("note", "").strip(), inside(form.get("next"), "/alarms")

        def take_it() -> None:
            alarms.acknowledge(house.engine, visit.reader, visit.account, id, note, house.clock())

        return await done(visit, back, None, take_it)


def _orders(app: FastAPI, house: House) -> None:
    path = "/booth/{code}/order/{kind}"

    def asked(visit: Visit, code: str, kind: str, form: Form, refused: str = "") -> Response:
        reader, question = visit.reader, booth_page.QUESTIONS[kind]
        said = reader.say(question.question, code=code, n=booth_page.LOG_LINES)
        shown = house.live.booths[code]
        page = shell.ask(
            visit,
            reader.say(ORDERS[kind]),
            reader.say(ORDERS[kind]),
            question=said,
            action=f"/booth/{quote(code)}/order/{kind}",
            back=f"/booth/{quote(code)}",
            fields=booth_page.fields(reader, kind, shown, form),
            danger=question.danger,
            refused=refused,
        )
        return shell.answer(page, 422 if refused else 200)

    def turned_away(visit: Visit, code: str, kind: str) -> Response | None:
        reader = visit.reader
        try:
            booth_page.known(house, visit, code)
            question = booth_page.QUESTIONS[kind]
        except LookupError:
            return shell.answer(shell.not_here(reader), 404)
        if not visit.account.may(question.kind):
            said = reader.say("Your role may not give this command. Ask an administrator.")
            return shell.answer(shell.refused(reader, said, f"/booth/{quote(code)}"), 403)
        return None

    @app.get(path, include_in_schema=False)
    def ask(request: Request, code: str, kind: str) -> Response:
        visit = visit_of(request)
        return turned_away(visit, code, kind) or asked(visit, code, kind, {})

    @app.post(path, include_in_schema=False)
    async def order(request: Request, code: str, kind: str) -> Response:
        visit, form = visit_of(request), await form_of(request)
        if (away := turned_away(visit, code, kind)) is not None:
            return away
        made = booth_page.QUESTIONS[kind].made(form)
        if made is None:
            say = visit.reader.say
            wrong = say("Write a whole number and two clock times, then try again.")
            return asked(visit, code, kind, form, wrong)
        back = f"/booth/{quote(code)}"

        def give() -> None:
            orders.give(house, visit.reader, visit.account, code, made)

        return await done(visit, back, None, give, said="ordered")


def _contacts(app: FastAPI, house: House) -> None:
    path = "/booth/{code}/contacts"

    def turned_away(visit: Visit, code: str) -> Response | None:
        try:
            booth_page.known(house, visit, code)
        except LookupError:
            return shell.answer(shell.not_here(visit.reader), 404)
        if not visit.account.acknowledges:
            said = visit.reader.say("Your role may look, but not give commands.")
            return shell.answer(shell.refused(visit.reader, said, f"/booth/{quote(code)}"), 403)
        return None

    @app.get(path, include_in_schema=False)
    def ask(request: Request, code: str) -> Response:
        visit = visit_of(request)
        if (away := turned_away(visit, code)) is not None:
            return away
        reader = visit.reader
        with house.engine.connect() as connection:
            now = contacts.of_booth(connection, code, house.live.booths[code].place)
        fields = [
            field
            for who, title in booth.CONTACTS.items()
            for field in (
                Field(
                    f"{who}-name",
                    reader.say("{who}: name", who=reader.say(title)),
                    now[who].name if who in now else "",
                    maximum=120,
                ),
                Field(
                    f"{who}-phone",
                    reader.say("{who}: telephone", who=reader.say(title)),
                    now[who].phone if who in now else "",
                    "tel",
                    maximum=40,
                ),
            )
        ]
        page = shell.ask(
            visit,
            reader.say("Whom to call about {code}", code=code),
            reader.say("Save"),
            action=request.url.path,
            back=f"/booth/{quote(code)}",
            fields=fields,
        )
        return shell.answer(page)

    @app.post(path, include_in_schema=False)
    async def save(request: Request, code: str) -> Response:
        visit, form = visit_of(request), await form_of(request)
        if (away := turned_away(visit, code)) is not None:
            return away

        def put() -> None:
            with writing(house.engine) as connection:
                for who in contacts.WHO:
                    name, phone = (
                        form.get(f"{who}-{part}", "").strip() for part in ("name", "phone")
                    )
                    contacts.put(connection, Contact(code, who, name, phone))
                access.record(connection, house.clock(), visit.account.name, access.CONTACT, code)

        return await done(visit, f"/booth/{quote(code)}", None, put)
