"""For programs: the tables as typed JSON under ``/api/v1``, as files under ``/export``, and
Prometheus' ``/metrics``.

A program signs in with ``POST /api/v1/session`` and sends the token as ``Authorization: Bearer``.
The description of it all is ``/api/v1/openapi.json`` (OpenAPI 3.1, https://spec.openapis.org).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from typing import Annotated, Any, Literal

import msgspec
from fastapi import FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from edge.report.orders import (
    AnyOrder,
    Locate,
    PauseIntake,
    ReportNow,
    ResumeIntake,
    SendLogs,
    SetTarget,
)
from ground.rows import written
from ground.serve.places import Busy, source_of
from ground.text import N_, text
from monitor import access
from monitor.access import AccessError, Account, Refused
from monitor.watch import metrics
from monitor.web import orders, report, tables
from monitor.web.alarms import acknowledge
from monitor.web.history import Kept
from monitor.web.house import House
from monitor.web.reader import Reader
from monitor.web.report import Report
from monitor.web.sessions import language_of
from monitor.web.tables import TABLES, Asked, NotYours
from monitor.web.tree import top_of

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Branch = Annotated[str, Query(description="Path of a place; only what is at it or below it.")]
BoothCode = Annotated[str | None, Query(description="Only this booth.")]


class Credentials(BaseModel):
    name: str
    password: str


@dataclass(frozen=True)
class Token:
    """``lasts_s``: seconds until it ends."""

    token: str
    lasts_s: int


@dataclass(frozen=True)
class Given:
    """The id under which a command was filed."""

    id: str


class Note(BaseModel):
    note: str = Field("", max_length=500)


class OrderGiven(BaseModel):
    """``seconds`` belongs to ``locate``, ``lines`` to ``send_logs``, the last three to
    ``set_target`` (minutes of the local day)."""

    order: Literal[
        "locate", "report_now", "send_logs", "pause_intake", "resume_intake", "set_target"
    ]
    seconds: int = Field(15, ge=1, le=300)
    lines: int = Field(200, ge=1, le=2000)
    per_day: int = Field(200, ge=0, le=100_000)
    opens: int = Field(420, ge=0, le=1440)
    closes: int = Field(1020, ge=0, le=1440)

    def made(self) -> AnyOrder:
        made: dict[str, Callable[[], AnyOrder]] = {
            "locate": lambda: Locate(self.seconds),
            "report_now": ReportNow,
            "send_logs": lambda: SendLogs(self.lines),
            "pause_intake": PauseIntake,
            "resume_intake": ResumeIntake,
            "set_target": lambda: SetTarget(self.per_day, self.opens, self.closes),
        }
        return made[self.order]()


def mount(app: FastAPI, house: House, kept: Kept) -> None:
    """Add API, exports and metrics to ``app``."""
    _tables(app, house, kept)
    _doing(app, house)
    _exports(app, house, kept)
    _reports(app, house)

    @app.get("/metrics", include_in_schema=False)
    def prometheus(request: Request) -> Response:
        """For this machine's Prometheus, or whoever is signed in."""
        near = request.client is not None and request.client.host in ("127.0.0.1", "::1")
        if request.state.account is None and (not near or "x-forwarded-for" in request.headers):
            raise _refusal(request, 401, N_("Sign in first."), {"WWW-Authenticate": "Bearer"})
        body = metrics.exposition(house.engine, house.clock())
        return Response(body, media_type=metrics.CONTENT_TYPE)


NOT_THERE = N_("Not there, or outside your branch of the region.")
WRONG = N_("Name or password is wrong, or the account is locked.")


def _account(request: Request) -> Account:
    account: Account = request.state.account
    return account


def _asked(house: House, kept: Kept, request: Request, branch: str, booth: str | None) -> Asked:
    try:
        return tables.asked(house, kept, _account(request), branch, booth)
    except NotYours as error:
        raise _refusal(request, 404, NOT_THERE) from error


def _refusal(
    request: Request, status: int, message: str, headers: dict[str, str] | None = None
) -> HTTPException:
    """In the language that was chosen; programs, which choose none, are told in English."""
    return HTTPException(status, text(language_of(request, "en"), message), headers)


def _tables(app: FastAPI, house: House, kept: Kept) -> None:
    for name, (kind, rows) in TABLES.items():
        _table(app, house, kept, name, kind, rows)


def _table(
    app: FastAPI, house: House, kept: Kept, name: str, kind: type[Any], rows: Callable[..., Any]
) -> None:
    def read(request: Request, branch: Branch = "", booth: BoothCode = None) -> Any:
        return _rows(request, rows, _asked(house, kept, request, branch, booth))

    described = (rows.__doc__ or kind.__doc__ or "").strip()
    app.get(
        f"/api/v1/{name}",
        response_model=list[kind],  # type: ignore[valid-type]
        name=name,
        description=described,
        tags=["tables"],
    )(read)


def _rows(request: Request, rows: Callable[[Asked], Any], ask: Asked) -> Any:
    try:
        return rows(ask)
    except LookupError as error:
        raise _refusal(request, 404, NOT_THERE) from error


def _doing(app: FastAPI, house: House) -> None:
    @app.post("/api/v1/session", tags=["session"])
    async def sign_in(request: Request, credentials: Credentials) -> Token:
        """Sign in. 403: wrong, or locked after too many wrong tries; 503: too many at once."""
        name, password = credentials.name, credentials.password
        source = source_of(request.client.host if request.client else None)
        try:
            found = await access.sign_in(house.engine, name, password, house.clock(), source)
        except Busy as busy:
            raise _refusal(request, 503, busy.advice, {"Retry-After": "3"}) from busy
        if isinstance(found, Refused):
            raise _refusal(request, 403, WRONG)
        return Token(*await asyncio.to_thread(house.sessions.open, found))

    @app.post("/api/v1/alarms/{id}/acknowledge", status_code=204, tags=["doing"])
    async def take(request: Request, id: int, note: Note) -> None:
        """Put your name and a note to an alarm."""
        reader, account = Reader(language_of(request, "en")), _account(request)
        with_note = (house.engine, reader, account, id, note.note, house.clock())
        await _done(reader, acknowledge, *with_note)

    @app.post("/api/v1/booths/{code}/commands", status_code=201, tags=["doing"])
    async def order(request: Request, code: str, order: OrderGiven) -> Given:
        """Give a command: signed, expiring, run once; see ``commands`` for what became of it."""
        reader, account = Reader(language_of(request, "en")), _account(request)
        return Given(await _done(reader, orders.give, house, reader, account, code, order.made()))


async def _done(reader: Reader, what: Callable[..., Any], *given: Any) -> Any:
    try:
        return await asyncio.to_thread(what, *given)
    except AccessError as refused:
        raise HTTPException(403, refused.told(reader.language)) from refused


def _exports(app: FastAPI, house: House, kept: Kept) -> None:
    @app.get("/export/{name}.{form}", include_in_schema=False)
    def export(
        request: Request, name: str, form: str, branch: str = "", booth: str | None = None
    ) -> Response:
        if name not in TABLES or form not in ("csv", "json"):
            raise _refusal(request, 404, N_("There is no such table."))
        kind, rows = TABLES[name]
        found = _rows(request, rows, _asked(house, kept, request, branch, booth))
        head = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
        if form == "json":
            return Response(msgspec.json.encode(found), media_type="application/json", headers=head)
        page = written([f.name for f in fields(kind)], map(astuple, found))
        return StreamingResponse(page, media_type=CSV, headers=head)


def _reports(app: FastAPI, house: House) -> None:
    def read(request: Request, branch: str, asked: str) -> tuple[Reader, Report, str]:
        account, reader = _account(request), Reader(language_of(request))
        path = branch.strip("/") or top_of(house.live, account.branch)
        day = report.day_of(asked, house.clock())
        if not account.sees(path):
            raise _refusal(request, 404, NOT_THERE)
        try:
            found = report.read(house.engine, house.live, path, day)
        except LookupError as error:
            raise _refusal(request, 404, NOT_THERE) from error
        return reader, found, f"{path.rpartition('/')[2] or 'region'}-{day.isoformat()}"

    @app.get("/report.csv", include_in_schema=False)
    def as_csv(request: Request, branch: str = "", day: str = "") -> Response:
        reader, found, name = read(request, branch, day)
        head = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(report.as_csv(reader, found), media_type=CSV, headers=head)

    @app.get("/report.xlsx", include_in_schema=False)
    def as_xlsx(request: Request, branch: str = "", day: str = "") -> Response:
        reader, found, name = read(request, branch, day)
        head = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
        return Response(report.as_xlsx(reader, found), media_type=XLSX, headers=head)
