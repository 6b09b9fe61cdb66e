"""One booth: what it does, what it has, what it was told, and whether all of it is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from edge.report import metrics as m
from ground.hours import local_day
from ground.text import N_, P_
from ground.text.words import DEVICES, ORDERS
from monitor.store import contacts, fleet, history, reading
from monitor.store.contacts import Contact
from monitor.store.fleet import Book, Booth
from monitor.store.history import Held, HourDone, Spell
from monitor.store.reading import Alarm, Figure, Ordered
from monitor.watch.availability import Share, by_day
from monitor.web import cards, charts, orders, telling, words
from monitor.web.cards import card, number, table
from monitor.web.live import Live
from monitor.web.markup import Child, Markup, join, tag
from monitor.web.picture import Picture, picture
from monitor.web.reader import Reader, local, midnight
from monitor.web.shell import Visit

STRIP_DAYS = 42
FAULTS_TODAY = P_("{n} fault today", "{n} faults today")
STEP_NAMES = {
    "identify_s": N_("Identify"),
    "portrait_s": N_("Portrait"),
    "fingers_s": N_("Fingers"),
    "review_s": N_("Review"),
    "papers_s": N_("Papers"),
    "total_s": N_("Whole dossier"),
}


@dataclass(frozen=True)
class OneBooth:
    """All that the page shows of a booth."""

    now: int
    booth: Booth
    alarms: Sequence[Alarm]
    hours: Sequence[HourDone]
    own: dict[str, float]
    region: dict[str, float]
    figures: Sequence[Figure]
    spells: Sequence[Spell]
    commands: Sequence[Ordered]
    books: Sequence[Book]
    facts: Sequence[Held]
    contacts: Mapping[str, Contact]

    def figure(self, name: str, device: str = "") -> Figure | None:
        return next((f for f in self.figures if f.name == name and f.device == device), None)

    def value(self, name: str, device: str = "") -> float | None:
        found = self.figure(name, device)
        return None if found is None else found.number


def read(engine: Engine, live: Live, code: str) -> OneBooth:
    """Raises LookupError when there is no such booth, SQLAlchemyError when the store is away."""
    now = live.clock()
    today = midnight(now)
    with engine.connect() as connection:
        booth = fleet.booths(connection, today, [code])[code]
        own = history.dossiers(connection, "", code=code, since=today, limit=400)
        rest = history.dossiers(connection, "", since=now - 2 * history.DAY_MS, limit=600)
        spells = history.spells(connection, "", now - STRIP_DAYS * history.DAY_MS, code=code)
        alarms = [
            alarm
            for alarm in reading.open_alarms(connection)
            if alarm.station == code
            or (alarm.station is None and reading.within(alarm.place, booth.place))
        ]
        return OneBooth(
            now,
            booth,
            alarms,
            history.hours(connection, code, today),
            history.medians(own),
            history.medians(rest),
            reading.figures(connection, code),
            spells.get(code, []),
            reading.commands(connection, code=code, limit=8),
            fleet.books(connection, "", code=code),
            history.facts(connection, code, 12),
            contacts.of_booth(connection, code, booth.place),
        )


def seen(model: OneBooth) -> Picture:
    return picture(model.booth, model.alarms, model.now)


def head(visit: Visit, live: Live, model: OneBooth) -> Markup:
    """Which booth, in which state, and why."""
    reader, booth, shown = visit.reader, model.booth, seen(model)
    why = words.of_picture(reader, shown, model.now)
    if booth.online:
        heard = reader.say("online since {when}", when=_when(reader, booth.born_at, model.now))
    else:
        heard = reader.say("last heard {when}", when=_when(reader, booth.heard_at, model.now))
    return tag(
        "div",
        tag("span", words.SIGNS[shown.state], class_="sign"),
        tag(
            "div",
            tag("h1", booth.code, " ", tag("span", booth.name)),
            cards.trail(live, visit, booth.place, "tree"),
        ),
        tag(
            "p",
            tag("b", reader.say(words.STATES[shown.state])),
            tag("span", why) if why else None,
            tag("small", heard),
            class_="why",
        ),
        class_=f"booth-head s{int(shown.state)}",
    )


def _when(reader: Reader, at: int | None, now: int) -> str:
    return reader.moment(at, now) if at else "–"


def alarms(visit: Visit, live: Live, model: OneBooth) -> Markup:
    rows = [cards.alarm_row(visit, live, alarm, model.now) for alarm in model.alarms]
    return tag("div", *rows, class_="alarms") if rows else Markup("")


def today(visit: Visit, model: OneBooth) -> Markup:
    """The day so far, hour by hour."""
    reader, booth = visit.reader, model.booth
    target = booth.per_day or 0
    opens = booth.hours
    by_hour = {local(h.at).hour: h for h in model.hours}
    last = local(model.now).hour
    first = min([*by_hour, opens.opens // 60, last])
    until = max([*by_hour, last, min(23, (opens.opens + opens.open_min - 1) // 60)])
    shown = []
    for clock_hour in range(first, until + 1):
        done = by_hour.get(clock_hour)
        sealed = done.sealed if done else 0
        title = f"{clock_hour:02d}:00 – {reader.count(sealed)}"
        shown.append(
            charts.Bar(f"{clock_hour}", sealed, title, "now" if clock_hour == last else "")
        )
    aim = target / (opens.open_min / 60) if target else 0
    span = booth.span(model.now)
    due = round(booth.due(span, model.now)) if target and span is not None else None
    figures = tag(
        "div",
        number(reader.say("sealed today"), reader.count(booth.sealed)),
        number(
            reader.say("of the day's target"),
            reader.count(target) if target else "–",
            small=reader.say("{n} due by now", n=due) if due is not None else None,
        ),
        number(reader.say("an hour now"), _int(reader, booth.pace)),
        number(reader.say("ended otherwise"), reader.count(booth.ended - booth.sealed)),
        class_="figures",
    )
    label = reader.say("{n} an hour reach the target", n=reader.count(aim, 1)) if aim else ""
    title = reader.say("Today, dossiers an hour")
    drawn = join(
        charts.bars(shown, aim, label, title=title),
        charts.bars(shown, aim, label, wide=25, high=100, title=title),
    )
    return card(title, figures, drawn, classes="today")


def _int(reader: Reader, value: float | None) -> str:
    return "–" if value is None else reader.count(value)


def queue(visit: Visit, model: OneBooth) -> Markup:
    """Who waits, for how long, and whether a machine stood free meanwhile."""
    reader, booth = visit.reader, model.booth
    kinds = (
        (reader.say("walk-in"), m.QUEUE_WALK_IN),
        (reader.say("priority"), m.QUEUE_PRIORITY),
        (reader.say("group"), m.QUEUE_GROUP),
    )
    oldest = booth.oldest_since if booth.waiting else None
    idle = booth.idle_s
    idle_look = "bad" if idle is not None and idle >= 600 else ""
    waits = tag(
        "div",
        *(number(label, _int(reader, booth.queues.get(name))) for label, name in kinds),
        number(
            reader.say("longest wait"), "–" if oldest is None else reader.span(model.now - oldest)
        ),
        number(
            reader.say("idle while people wait"),
            "–" if idle is None else reader.span(idle * 1000),
            idle_look,
        ),
        number(reader.say("open dossiers"), _int(reader, booth.open_dossiers)),
        class_="figures",
    )
    paused = (
        tag("p", reader.say("Intake is paused: no new tickets are given."), class_="note")
        if booth.paused
        else None
    )
    return card(reader.say("Queue"), paused, waits)


def steps(visit: Visit, model: OneBooth) -> Markup:
    """Median time of each step against the region's."""
    reader = visit.reader
    if not model.own and not model.region:
        empty = tag("p", reader.say("No dossier was finished today yet."), class_="soft")
        return card(reader.say("Time of each step"), empty)
    shown = []
    for step, name in STEP_NAMES.items():
        own, other = model.own.get(step), model.region.get(step)
        shown.append(
            charts.Pair(
                reader.say(name),
                own,
                other,
                "–" if own is None else telling.clock(own),
                "–" if other is None else telling.clock(other),
            )
        )
    drawn = charts.pairs(shown, reader.say("this booth today"), reader.say("region, two days"))
    return card(reader.say("Time of each step"), drawn, more=tag("small", reader.say("median")))


def devices(visit: Visit, model: OneBooth) -> Markup:
    reader = visit.reader
    rows = []
    for name in DEVICES:
        state, fault = model.figure(m.DEVICE_STATE, name), model.figure(m.DEVICE_FAULT, name)
        faults = model.value(m.DEVICE_FAULTS_TODAY, name)
        known = state is not None and not state.stale and state.text
        failed = bool(known and state is not None and state.text == "failed")
        said: Child = reader.say("not known")
        if failed:
            said = words.fault(reader, (fault.text if fault else "") or "")
        elif known:
            said = reader.say("works")
        sign = "!" if failed else "✓" if known else "–"
        rows.append(
            tag(
                "li",
                tag("b", sign),
                tag("span", reader.say(DEVICES[name])),
                tag("em", said),
                tag(
                    "small",
                    reader.say(FAULTS_TODAY, n=int(faults)) if faults else "",
                ),
                class_="failed" if failed else "works" if known else "unknown",
            )
        )
    return card(reader.say("Devices"), tag("ul", *rows, class_="devices"))


def host(visit: Visit, model: OneBooth) -> Markup:
    """What the booth's computer and its supply are like."""
    reader = visit.reader

    def with_unit(value: float | None, unit: str, digits: int = 0, by: float = 1) -> str:
        return "–" if value is None else f"{reader.count(value / by, digits)} {unit}"

    offset = model.value(m.CLOCK_OFFSET)
    trusted = model.value(m.CLOCK_TRUSTED)
    clock = reader.say("not set") if trusted == 0 else with_unit(offset, "s", 1, 1000)
    version, firmware = model.figure(m.PROPERTY_VERSION), model.figure(m.PROPERTY_FIRMWARE)
    rows = (
        (reader.say("Computer"), with_unit(model.value(m.HOST_TEMPERATURE), "°C")),
        (reader.say("Booth"), with_unit(model.value(m.BOOTH_TEMPERATURE, "peripherals"), "°C")),
        (reader.say("Supply"), with_unit(model.value(m.BOOTH_SUPPLY, "peripherals"), "V", 1, 1000)),
        (reader.say("Disk free"), with_unit(model.value(m.HOST_DISK_FREE), "GB", 1, 1024)),
        (reader.say("Memory free"), with_unit(model.value(m.HOST_MEMORY_FREE), "MB")),
        (reader.say("Clock is off by"), clock),
        (reader.say("Packets to fetch"), with_unit(model.value(m.PACKETS_WAITING), "")),
        (reader.say("Software"), (version.text if version else "") or "–"),
        (reader.say("Firmware"), (firmware.text if firmware else "") or "–"),
    )
    items = join(*(join(tag("dt", name), tag("dd", value)) for name, value in rows))
    return card(reader.say("Computer and supply"), tag("dl", items, class_="facts"))


def availability(visit: Visit, model: OneBooth) -> Markup:
    """How much of its open time it was there, day by day."""
    reader = visit.reader
    last = local_day(model.now)
    first = last - timedelta(days=STRIP_DAYS - 1)
    shares = by_day(model.spells, first, last, model.now, model.booth.hours)
    total = sum(shares.values(), Share())
    cells = []
    for day, share in shares.items():
        part = None if share.percent is None else share.percent / 100
        said = "–" if part is None else reader.percent(part)
        cells.append(charts.Cell(part, f"{day:%d/%m}: {said}"))
    title = reader.say("Online during open hours")
    drawn = charts.strip(cells, f"{first:%d/%m}", reader.say("today"), title)
    more = tag("b", "–" if total.percent is None else f"{reader.count(total.percent, 1)} %")
    return card(title, drawn, more=more)


def ledger(visit: Visit, model: OneBooth) -> Markup:
    """Whether everything it told is here."""
    reader = visit.reader
    held = sum(book.held for book in model.books)
    missing = sum(book.missing for book in model.books)
    coming = sum(book.coming for book in model.books)
    quarrels = [book.quarrel for book in model.books if book.quarrel]
    figures = tag(
        "div",
        number(reader.say("facts held"), reader.count(held)),
        number(reader.say("missing"), reader.count(missing), "bad" if missing else "good"),
        number(reader.say("on the way"), reader.count(coming)),
        class_="figures",
    )
    if quarrels:
        proof = tag("p", *quarrels, class_="note bad")
    elif model.books:
        proof = tag("p", reader.say("✓ the chain agrees with the booth's journal"), class_="soft")
    else:
        proof = tag("p", reader.say("It has reported nothing yet."), class_="soft")
    return card(reader.say("Ledger"), figures, proof)


def facts(visit: Visit, model: OneBooth) -> Markup:
    reader = visit.reader
    rows = [
        (
            reader.moment(held.dated, model.now) if held.dated else reader.say("not dated yet"),
            telling.told(reader, held.fact),
            reader.count(held.number),
        )
        for held in model.facts
    ]
    if not rows:
        inside: Markup = tag("p", reader.say("It has reported nothing yet."), class_="soft")
    else:
        inside = table((reader.say("When"), reader.say("What"), reader.say("No.")), rows, (2,))
    more = cards.exports(reader, "facts", f"booth={model.booth.code}")
    return card(reader.say("Last facts"), inside, classes="wide", more=more)


def people(visit: Visit, model: OneBooth) -> Markup:
    """Whom to call."""
    reader, code = visit.reader, model.booth.code
    rows = []
    for who, name in CONTACTS.items():
        known = model.contacts.get(who)
        said: Markup = tag("dd", reader.say("nobody is named"), class_="soft")
        if known is not None:
            number = "".join(c for c in known.phone if c.isdigit() or c == "+")
            said = tag("dd", known.name, " ", tag("a", known.phone, href=f"tel:{number}"))
        rows.append(join(tag("dt", reader.say(name)), said))
    more = None
    if visit.account.acknowledges:
        more = tag(
            "a",
            reader.say("Change"),
            href=f"/booth/{code}/contacts",
            aria_label=reader.say("Change whom to call"),
        )
    return card(reader.say("Whom to call"), tag("dl", *rows, class_="facts"), more=more)


CONTACTS = {"booth": N_("At the booth"), "technician": N_("The technician")}


def commands(visit: Visit, model: OneBooth) -> Markup:
    """What it was told to do, and whether it did."""
    reader = visit.reader
    rows = []
    for row in model.commands:
        look, said = orders.state(reader, row, model.now)
        kind = orders.kind_of(row.order)
        name = reader.say(ORDERS[kind]) if kind in ORDERS else kind
        rows.append(
            tag(
                "li",
                tag("b", name),
                tag("small", f"{row.by}, {reader.moment(row.issued_at, model.now)}"),
                tag("em", said, class_=look or None),
                data_command=row.id,
            )
        )
    return tag("ul", *rows, class_="orders") if rows else Markup("")
