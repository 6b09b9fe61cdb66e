"""Alarms sent on as they begin and end: to a webhook (POST, JSON) and by e-mail (SMTP).

What was sent is in the store, so each is sent once, over restarts; what could not be sent is tried
again until it is a day old. A server that is slow or away holds nothing else up: this is a thread
of its own beside the judge, and each way has its own.
SMTP: RFC 5321, STARTTLS: RFC 3207.
"""

from __future__ import annotations

import json
import logging
import smtplib
import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy import Connection, Engine, and_, delete, exists, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ground.backoff import Doubling
from monitor.config import Notify, Settings
from monitor.store import reading
from monitor.store.database import open_store, writing
from monitor.store.reading import Alarm, under
from monitor.store.schema import alarm, told
from monitor.web import words
from monitor.web.live import Clock, wall_clock
from monitor.web.reader import Reader, local

log = logging.getLogger(__name__)

EVERY_S = 2.0
FIRST_WAIT_S, LAST_WAIT_S = 5.0, 300.0
"""Between tries while a server does not take anything."""
PATIENCE_S = 20.0
"""How long a server may take to answer."""
NEWS_MS = 24 * 3_600_000
"""Older alarms are nobody's news."""
AT_ONCE = 50
REFUSED_MOST = 5
"""After so many refusals in a round it is the server, and no single notice."""
Send = Callable[["Notice"], None]


@dataclass(frozen=True)
class Notice:
    """An alarm's beginning, or its end (``over``)."""

    alarm: Alarm
    over: bool
    place: str
    """Its name."""


def due(connection: Connection, settings: Notify, way: str, now: int) -> list[Notice]:
    """What is to be sent ``way``, oldest first. An end is sent only where its beginning was."""
    wanted = (alarm.c.severity <= settings.severity, under(alarm.c.place, settings.branch))

    def sent(over: bool) -> object:
        mine = (told.c.alarm == alarm.c.id, told.c.way == way, told.c.over.is_(over))
        return exists(select(told.c.alarm).where(*mine))

    began = and_(alarm.c.raised_at > now - NEWS_MS, ~sent(False), alarm.c.cleared_at.is_(None))  # type: ignore[operator]
    ended = and_(alarm.c.cleared_at > now - NEWS_MS, sent(False), ~sent(True))  # type: ignore[operator,arg-type]
    found = []
    places = reading.places(connection)
    for over, which in ((False, began), (True, ended)):
        query = select(alarm.c.id).where(*wanted, which).order_by(alarm.c.id).limit(AT_ONCE)
        for id in list(connection.scalars(query)):
            one = reading.alarm_of(connection, id)
            if one is not None:
                place = places.get(one.place)
                found.append(Notice(one, over, place.name if place else one.place))
    return found


def note(engine: Engine, way: str, notice: Notice, now: int) -> None:
    """It was sent."""
    row = {"alarm": notice.alarm.id, "way": way, "over": notice.over, "at": now}
    try:
        with writing(engine) as connection:
            connection.execute(insert(told).values(**row))
            connection.execute(delete(told).where(told.c.at < now - 30 * NEWS_MS))
    except IntegrityError:  # another watch has sent it, too
        log.warning("alarm %s was sent twice", notice.alarm.id)


def said(reader: Reader, notice: Notice) -> str:
    """One line: "TH0417 Bỉm Sơn: printer: out of paper"; at the end of it "over: …"."""
    one = notice.alarm
    where = f"{one.station} {notice.place}" if one.station else notice.place
    line = f"{where}: {words.measured(reader, one)}"
    return reader.say("over: {line}", line=line) if notice.over else line


def webhook(settings: Notify) -> Send:
    """Posts a notice; raises one of ``REFUSALS``."""
    address, reader = settings.webhook or "", Reader(settings.language)

    def send(notice: Notice) -> None:
        one = notice.alarm
        body = {
            "text": said(reader, notice),
            "over": notice.over,
            "id": one.id,
            "kind": one.kind,
            "severity": one.severity,
            "place": one.place,
            "place_name": notice.place,
            "station": one.station,
            "device": one.device,
            "raised_at": local(one.raised_at).isoformat(),
            "cleared_at": None if one.cleared_at is None else local(one.cleared_at).isoformat(),
            "acknowledged_by": one.acknowledged_by,
            "detail": dict(one.detail),
        }
        request = urllib.request.Request(
            address,
            json.dumps(body, ensure_ascii=False).encode(),
            {"Content-Type": "application/json; charset=utf-8", "User-Agent": "tram"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            answer.read(1024)

    return send


def mail(settings: Notify) -> Send:
    """Sends a notice to all who are to have it; raises what the server or its library says."""
    reader = Reader(settings.language)

    def send(notice: Notice) -> None:
        message = EmailMessage()
        line = " ".join(said(reader, notice).split())  # a header is one line, whatever a booth told
        message["Subject"] = f"[Trạm] {line}"
        message["From"] = settings.mail_from or ""
        message["To"] = ", ".join(settings.mail_to)
        message["Date"] = format_datetime(local(notice.alarm.raised_at))
        severity = reader.say(words.SEVERITIES[notice.alarm.severity])
        when = f"{local(notice.alarm.raised_at):%d/%m/%Y %H:%M}"
        since = reader.say("Since {when}; {severity}.", when=when, severity=severity)
        message.set_content(f"{line}\n{since}\n")
        with smtplib.SMTP(settings.mail_host or "", settings.mail_port, timeout=PATIENCE_S) as to:
            if settings.mail_tls:
                to.starttls(context=ssl.create_default_context())
            if settings.mail_user is not None:
                to.login(settings.mail_user, settings.mail_password() or "")
            to.send_message(message)

    return send


def ways(settings: Notify) -> dict[str, Send]:
    """Those that are configured."""
    found: dict[str, Send] = {}
    if settings.webhook is not None:
        found["webhook"] = webhook(settings)
    if settings.mail_host is not None:
        found["mail"] = mail(settings)
    return found


def run(
    engine: Engine,
    settings: Notify,
    way: str,
    send: Send,
    stop: threading.Event,
    *,
    clock: Clock = wall_clock,
    every_s: float = EVERY_S,
    first_wait_s: float = FIRST_WAIT_S,
    last_wait_s: float = LAST_WAIT_S,
) -> None:
    """Send what is due ``way`` until ``stop``; what a server refuses is tried again, later and
    later, and keeps nothing else back."""
    wait = Doubling(first_wait_s, last_wait_s)
    while not stop.is_set():
        refused = 0
        try:
            with engine.connect() as connection:
                notices = due(connection, settings, way, clock())
            for notice in notices:
                try:
                    send(notice)
                except Exception as error:  # a server may answer anything, and none ends this
                    log.warning("%s: not sent (%s)", way, type(error).__name__)
                    refused += 1
                    if refused == REFUSED_MOST or stop.is_set():
                        break
                else:
                    note(engine, way, notice, clock())
        except SQLAlchemyError:
            pass  # the judge says that the store is away
        if refused:
            stop.wait(wait.longer())
        else:
            wait.anew()
        stop.wait(every_s)


@contextmanager
def started(settings: Settings, stop: threading.Event) -> Iterator[None]:
    """A thread for each way that is configured, until ``stop``."""
    engine = open_store(settings.db, create=False)
    for way, send in ways(settings.notify).items():
        threading.Thread(
            target=run, args=(engine, settings.notify, way, send, stop), daemon=True, name=way
        ).start()
    try:
        yield
    finally:
        engine.dispose()
