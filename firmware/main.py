"""Starts the firmware: builds every part, hands each a pulse, and runs them under the watchdog."""

import asyncio

import machine
import micropython

import ending
import identity
import pins
import wire
from buttons import Contact
from buzzer import Buzzer
from events import Events
from lights import Lights
from link import Link
from printer import Printer
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
    ending.keep = events.keep
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
    contacts = (ticket, confirm, lid)
    events.calm = lambda: all([contact.calm() for contact in contacts])
    parts = {
        "ticket": ticket.run(),
        "confirm": confirm.run(),
        "lid": lid.run(),
        "lights": lights.run(),
        "buzzer": buzzer.run(),
        "sensors": sensors.run(),
        "printer": printer.run(),
        "events": events.run(link.ring, supervisor.pulse("events")),
        "link": link.run(),
    }
    tasks = [asyncio.create_task(supervisor.endless(name, parts[name])) for name in parts]
    await supervisor.run(watchdog)
    del tasks  # held until here


def run() -> None:
    """Returns only to the prompt, on an interrupt. See ``ending``."""
    try:
        try:
            micropython.alloc_emergency_exception_buf(100)
            asyncio.run(main(machine.WDT(timeout=TIMEOUT_MS)))
        except (Exception, SystemExit) as error:
            ending.broken(error)
    except KeyboardInterrupt:
        ending.interrupted()


if __name__ == "__main__":
    run()
