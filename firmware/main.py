"""Starts the firmware: builds every part, hands each a pulse, and runs them under the watchdog."""

import asyncio

import machine
import micropython

import identity
import pins
import wire
from buttons import Contact
from buzzer import Buzzer
from events import Events
from lights import Lights
from link import Link
from printer import Printer, let_go
from sensors import Sensors
from supervisor import TIMEOUT_MS, Supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS_FILE = "events.txt"
JOBS_FILE = "jobs.txt"


async def main(watchdog: machine.WDT) -> None:
    supervisor = Supervisor()
    boot = identity.boot_id()
    events = Events(boot, EVENTS_FILE)
    lights = Lights(supervisor.pulse("lights"))
    buzzer = Buzzer(supervisor.pulse("buzzer"))
    sensors = Sensors(supervisor.pulse("sensors"))
    printer = Printer(events, JOBS_FILE, supervisor.pulse("printer"))

    def report(kind: str) -> None:
        events.add(kind)
        link.ring()

    def pressed(kind: str) -> "Callable[[bool], None]":
        return lambda closed: report(kind) if closed else None

    ticket = Contact(pins.TICKET_BUTTON, pressed("ticket"), supervisor.pulse("ticket"))
    confirm = Contact(pins.CONFIRM_BUTTON, pressed("confirm"), supervisor.pulse("confirm"))
    lid = Contact(
        pins.LID_SWITCH,
        lambda closed: report("lid_closed" if closed else "lid_open"),
        supervisor.pulse("lid"),
    )
    folder = wire.__file__[: wire.__file__.rfind("/") + 1]
    link = Link(
        [boot, identity.firmware_hash(folder), wire.contract_hash(), identity.reset_cause()],
        lights,
        buzzer,
        sensors,
        printer,
        events,
        lambda: lid.closed,
        supervisor.pulse("link"),
    )
    if not lid.closed:
        events.add("lid_open")
    parts = (ticket, confirm, lid, lights, buzzer, sensors, printer, link)
    tasks = [asyncio.create_task(part.run()) for part in parts]
    tasks.append(asyncio.create_task(events.run(link.ring, supervisor.pulse("events"))))
    await supervisor.run(watchdog)


def run() -> None:
    """Never returns, except into the REPL on Ctrl-C; there a timer keeps the watchdog fed."""
    micropython.alloc_emergency_exception_buf(100)
    watchdog = machine.WDT(timeout=TIMEOUT_MS)
    try:
        asyncio.run(main(watchdog))
    except KeyboardInterrupt:
        let_go()
        machine.Timer(-1, period=1000, callback=lambda timer: watchdog.feed())


if __name__ == "__main__":
    run()
