"""Alarms sent on, to a real web server and a real mail server on this machine."""

from __future__ import annotations

import email
import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from ground.hours import VIETNAM
from monitor.config import Notify
from monitor.store.schema import alarm, place, told
from monitor.web import notify
from tests.patience import CEILING_S

NOW = int(datetime(2026, 11, 23, 10, tzinfo=VIETNAM).timestamp() * 1000)


class Inbox:
    """What arrived. ``refuse``: the server takes nothing. ``never``: those alarms it never takes,
    and what it says to them is no HTTP."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.refused = 0
        self.refuse = False
        self.never: tuple[int, ...] = ()
        self._news = threading.Condition()

    def arrived(self, what: Any) -> None:
        with self._news:
            self.got.append(what)
            self._news.notify_all()

    def turned_away(self) -> None:
        with self._news:
            self.refused += 1
            self._news.notify_all()

    def until(self, true: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(true, CEILING_S), (self.got, self.refused)


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        address: Any = server.server_address
        yield address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(CEILING_S)


@contextmanager
def web_server(inbox: Inbox, port: int = 0) -> Iterator[str]:
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if json.loads(body)["id"] in inbox.never:
                inbox.turned_away()
                self.wfile.write(b"nonsense\r\n\r\n")
                self.close_connection = True
                return
            if inbox.refuse:
                inbox.turned_away()
                self.send_response(503)
            else:
                inbox.arrived((self.headers["Content-Type"], json.loads(body)))
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with serving(ThreadingHTTPServer(("127.0.0.1", port), Hook)) as served:
        yield f"http://127.0.0.1:{served}/hook"


@contextmanager
def mail_server(inbox: Inbox) -> Iterator[int]:
    """As much of RFC 5321 as takes a message, over a real socket."""

    class Smtp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 local")
            to: list[str] = []
            while line := self.rfile.readline().decode().rstrip():
                verb = line.upper()
                if verb.startswith("EHLO"):
                    self._say("250-local\r\n250-8BITMIME\r\n250 SMTPUTF8")
                elif verb.startswith("RCPT") and inbox.refuse:
                    inbox.turned_away()
                    self._say("451 later")
                elif verb.startswith("DATA"):
                    self._say("354 go on")
                    inbox.arrived((to, self._message()))
                    self._say("250 taken")
                elif verb.startswith("QUIT"):
                    self._say("221 bye")
                    return
                else:
                    if verb.startswith("RCPT"):
                        to.append(line.partition("<")[2].partition(">")[0])
                    self._say("250 ok")

        def _say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def _message(self) -> Any:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line)
            return email.message_from_bytes(b"".join(lines), policy=default)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with serving(Server(("127.0.0.1", 0), Smtp)) as port:
        yield port


@pytest.fixture
def region(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(
            insert(place),
            [{"path": "vn/hue", "name": "Huế"}, {"path": "vn/hue/a", "name": "An Cựu"}],
        )
    return engine


def raise_alarm(engine: Engine, kind: str = "queue_long", **more: Any) -> int:
    row = {
        "kind": kind,
        "place": "vn/hue/a",
        "station": "HU0001",
        "severity": 2,
        "raised_at": NOW,
        "detail": '{"waiting": 74}',
    } | more
    with engine.begin() as connection:
        made = connection.execute(insert(alarm).values(**row)).inserted_primary_key
    assert made is not None
    return int(made[0])


@contextmanager
def sending(
    engine: Engine, settings: Notify, tried: threading.Event | None = None
) -> Iterator[None]:
    """``tried`` is set at the first refusal."""
    stop = threading.Event()

    def heard(send: notify.Send) -> notify.Send:
        def once(notice: notify.Notice) -> None:
            try:
                send(notice)
            except OSError:
                if tried is not None:
                    tried.set()
                raise

        return once

    threads = [
        threading.Thread(
            target=notify.run,
            args=(engine, settings, way, heard(send), stop),
            kwargs={
                "clock": lambda: NOW + 1000,
                "every_s": 0.02,
                "first_wait_s": 0.02,
                "last_wait_s": 0.02,
            },
        )
        for way, send in notify.ways(settings).items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(CEILING_S)


def test_a_webhook_is_told_of_beginning_and_end_once_each(region: Engine) -> None:
    inbox = Inbox()
    with web_server(inbox) as address:
        settings = Notify(webhook=address, severity=2, language="en")
        id = raise_alarm(region)
        with sending(region, settings):
            inbox.until(lambda: len(inbox.got) == 1)
            with region.begin() as connection:
                connection.execute(update(alarm).values(cleared_at=NOW + 500))
            inbox.until(lambda: len(inbox.got) == 2)
        with sending(region, settings):  # a restart
            raise_alarm(region, "lid_open", detail="{}", severity=1)
            inbox.until(lambda: len(inbox.got) == 3)
    (form, began), (_, ended), (_, lid) = inbox.got
    assert form.startswith("application/json")
    assert began["text"] == "HU0001 An Cựu: The queue is long: 74 people wait"
    assert (began["id"], began["over"], began["detail"]) == (id, False, {"waiting": 74})
    assert began["raised_at"] == "2026-11-23T10:00:00+07:00"
    assert (ended["id"], ended["over"]) == (id, True)
    assert (lid["kind"], lid["over"]) == ("lid_open", False)
    with region.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(told)) == 3


def test_a_mail_is_sent_to_all_in_their_language(region: Engine) -> None:
    inbox = Inbox()
    with mail_server(inbox) as port:
        settings = Notify(
            mail_host="127.0.0.1",
            mail_port=port,
            mail_tls=False,
            mail_from="tram@region.vn",
            mail_to=("truc@region.vn", "chief@region.vn"),
            severity=2,
        )
        raise_alarm(region)
        with sending(region, settings):
            inbox.until(lambda: len(inbox.got) == 1)
    ((to, message),) = inbox.got
    assert to == ["truc@region.vn", "chief@region.vn"]
    assert message["Subject"] == "[Trạm] HU0001 An Cựu: Hàng chờ dài: 74 người chờ"
    assert "23/11/2026 10:00" in message.get_content()


def test_what_a_server_refuses_is_sent_when_it_takes_it_again(region: Engine) -> None:
    web, post = Inbox(), Inbox()
    web.refuse = post.refuse = True
    with web_server(web) as address, mail_server(post) as port:
        settings = Notify(
            webhook=address,
            mail_host="127.0.0.1",
            mail_port=port,
            mail_tls=False,
            mail_from="tram@region.vn",
            mail_to=("truc@region.vn",),
            severity=2,
        )
        raise_alarm(region)
        with sending(region, settings):
            for inbox in (web, post):
                inbox.until(lambda inbox=inbox: inbox.refused >= 2)  # type: ignore[misc]
                inbox.refuse = False
                inbox.until(lambda inbox=inbox: len(inbox.got) == 1)  # type: ignore[misc]


def test_only_what_was_asked_for_is_sent(region: Engine) -> None:
    inbox = Inbox()
    with web_server(inbox) as address:
        raise_alarm(region, place="vn/ha-noi", severity=1)
        raise_alarm(region, severity=3)
        raise_alarm(region, severity=1, raised_at=NOW - 2 * notify.NEWS_MS)
        wanted = raise_alarm(region, severity=1)
        with sending(region, Notify(webhook=address, branch="vn/hue", severity=1)):
            inbox.until(lambda: len(inbox.got) == 1)
    assert [body["id"] for _, body in inbox.got] == [wanted]


def test_one_that_a_server_never_takes_keeps_no_other_back(region: Engine) -> None:
    inbox = Inbox()
    with web_server(inbox) as address:
        inbox.never = (raise_alarm(region),)
        with sending(region, Notify(webhook=address, severity=2)):
            inbox.until(lambda: inbox.refused >= 2)
            other = raise_alarm(region)
            inbox.until(lambda: len(inbox.got) == 1)
    assert [body["id"] for _, body in inbox.got] == [other]


def test_what_a_booth_told_cannot_break_a_mail(region: Engine) -> None:
    inbox = Inbox()
    with mail_server(inbox) as port:
        settings = Notify(
            mail_host="127.0.0.1",
            mail_port=port,
            mail_tls=False,
            mail_from="tram@region.vn",
            mail_to=("truc@region.vn",),
            severity=2,
        )
        raise_alarm(region, "device_failed", device="camera", detail='{"fault": "a\\r\\nBcc: x"}')
        with sending(region, settings):
            inbox.until(lambda: len(inbox.got) == 1)
    ((to, message),) = inbox.got
    assert to == ["truc@region.vn"]
    assert message["Bcc"] is None
    assert "a Bcc: x" in message["Subject"]


def test_a_server_that_is_not_there_ends_nothing(region: Engine) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        raise_alarm(region)
        tried = threading.Event()
        inbox = Inbox()
        with sending(region, Notify(webhook=f"http://127.0.0.1:{port}/hook", severity=2), tried):
            assert tried.wait(CEILING_S), "it tried, and was refused"
            nobody.close()
            with web_server(inbox, port):
                inbox.until(lambda: len(inbox.got) == 1)
