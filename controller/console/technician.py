"""The technician's page: each device's state and remedy, live tests, voice, versions."""

from __future__ import annotations

from importlib.metadata import version

from nicegui import events, ui
from starlette.requests import Request

from controller import commands as c
from controller.console.details import said
from controller.console.frame import Action, Console, Frame
from controller.console.panels import device_word
from controller.console.parts import Tag
from controller.console.region import region_card
from controller.console.trouble import clock_trouble
from controller.console.unlock import unlock_form
from controller.console.words import HEALTH, clock
from controller.views import DeviceView, GroupView, Message, StationView
from edge.journal.events import Device, devices
from ground.day import shown as shown_day
from ground.rows import IGNORED, decoded
from ground.text import N_, P_
from ground.text.words import FAULTS

OUTBOX = P_(
    "{n} sealed packet waits for the region's receipt",
    "{n} sealed packets wait for the region's receipt",
)
IMPORTED = N_("Imported: {groups}, {people}. Columns read: {columns}.")
GROUPS = P_("{n} group", "{n} groups")
PEOPLE = P_("{n} person", "{n} people")
TOO_LARGE = N_("This is not a schedule: it is larger than 1 MB. Choose the CSV file of the groups.")


class Technician(Frame[StationView]):
    """``results``: what the latest live tests said, by device; ``imported``: the latest import."""

    def __init__(self, console: Console, request: Request) -> None:
        self.results: dict[str, tuple[bool, str]] = {}
        self.imported: c.GroupsImported | None = None
        super().__init__(console, request, console.service.view)


def technician_page(console: Console, request: Request) -> None:
    page = Technician(console, request)
    with Tag("main", classes="page"):
        page.region(lambda v: (v.name, v.station), lambda shown: _header(page, *shown))
        page.show_advice()
        page.region(lambda v: v.operator is None, lambda locked: _body(page, locked), "fill scroll")


def _header(page: Technician, name: str, station: str) -> None:
    with Tag("header", classes="top"):
        Tag("strong", page.say("Technician"))
        Tag("span", f"{name} · {station}", "where")
        with Tag("nav"):
            page.link(page.say("Desk"), page.address("/"), "F2")
            page.link(page.say("Shift"), page.address("/shift"))
            page.language_switch()


def _body(page: Technician, locked: bool) -> None:
    if locked:
        unlock_form(page)
    page.region(lambda v: v.clock_trusted, lambda trusted: clock_trouble(page, trusted))
    with Tag("div", classes="devices"):
        for device in devices():
            _device_region(page, device)
    region_card(page)
    if not locked:
        _schedule(page)
    page.region(lambda v: (v.voice, v.outbox, v.roster_people), lambda s: _station(page, *s))


def _device_region(page: Technician, device: Device) -> None:
    page.region(
        lambda v: (_of(v, device), page.results.get(device), v.operator is None),
        lambda shown: _device(page, *shown),
    )


def _of(view: StationView, device: Device) -> DeviceView:
    absent = DeviceView(device, "absent", None, None, "", "", None)
    return next((d for d in view.devices if d.device == device), absent)


def _device(
    page: Technician, device: DeviceView, result: tuple[bool, str] | None, locked: bool
) -> None:
    with Tag("section", classes=f"device {device.health}"):
        with Tag("div", classes="device-head"):
            Tag("h2", page.say(device_word(device.device)))
            state = page.say(HEALTH[device.health])
            if device.fault:
                state = f"{state}: {page.say(FAULTS.get(device.fault, device.fault))}"
            Tag("b", state, "state")
        if device.advice:
            Tag("p", page.tell(device.advice))
        if device.held_by and not locked:
            Tag("p", page.say("In use by dossier {dossier}", dossier=device.held_by))
        if device.detail and not locked:
            Tag("p", said(page.language, device.detail), "detail")
        if device.last_error != device.detail and device.last_error and not locked:
            error = said(page.language, device.last_error)
            Tag("p", page.say("Last error: {error}", error=error), "detail")
        if result is not None:
            passed, detail = result
            verdict = page.say("Test passed") if passed else page.say("Test failed")
            Tag("p", f"{verdict}: {said(page.language, detail)}", "good" if passed else "mend")
        if device.health != "absent" and not locked:
            page.button(page.say("Test now"), _test(page, device.device), look="small")
            if device.device == Device.PRINTER:
                page.button(page.say("Print test page"), page.doing(c.TestPrint()), look="small")


def _test(page: Technician, device: str) -> Action:
    async def test() -> None:
        page.results.pop(device, None)
        result = await page.do(c.TestDevice(Device(device)))
        assert isinstance(result, c.TestResult)
        page.results[device] = (result.passed, result.detail)

    return test


def _schedule(page: Technician) -> None:
    """The groups that come; import of a file: all of it, or nothing and every bad line named."""

    async def chosen(event: events.UploadEventArguments) -> None:
        async def load() -> None:
            page.imported = None
            done = await page.do(c.ImportGroups(decoded(await event.file.read())))
            assert isinstance(done, c.GroupsImported)
            page.imported = done

        await page.run(load)
        picker.reset()

    async def refused() -> None:
        page.advice = Message(TOO_LARGE)
        page.refresh()

    with Tag("section", classes="device schedule"):
        Tag("h2", page.say("Schedule of groups"))
        page.region(lambda v: v.groups, lambda groups: _groups(page, groups))
        Tag("p", page.say("A CSV file with the columns group,name,day,time,people"))
        Tag("p", "G12,THPT Sông Lô 12A,2026-11-22,07:30,40", "detail")
        # It uploads, and is not seen: what it draws has no name that a screen reader could say.
        picker = ui.upload(
            on_upload=chosen, on_rejected=refused, auto_upload=True, max_file_size=1 << 20
        ).props("accept=.csv,.txt")
        choose = Tag("button", page.say("Choose the file"), "button small")
        choose.props["type"] = "button"
        choose.on("click", js_handler=f"() => runMethod({picker.id}, 'pickFiles', [])")
        page.region(lambda _: page.imported, lambda done: _imported(page, done))


def _imported(page: Technician, done: c.GroupsImported | None) -> None:
    if done is None:
        return
    groups, people = page.say(GROUPS, n=done.groups), page.say(PEOPLE, n=done.people)
    columns = ", ".join(f"{name} = “{title}”" for name, title in done.columns.items())
    Tag("p", page.say(IMPORTED, groups=groups, people=people, columns=columns), "good")
    if done.ignored:
        Tag("p", page.say(IGNORED, columns=", ".join(done.ignored)), "mend")


def _groups(page: Technician, groups: tuple[GroupView, ...]) -> None:
    with Tag("table", classes="plain"):
        for group in groups:
            with Tag("tr"):
                day = shown_day(group.day)
                Tag("td", f"{day} {clock(group.minute_of_day)}")
                Tag("th", f"{group.id} {group.name}")
                issued, people = group.issued, group.people
                Tag("td", page.say("tickets: {issued} of {people}", issued=issued, people=people))


def _station(page: Technician, voice: bool, outbox: int, people: int) -> None:
    with Tag("section", classes="device station"):
        Tag("h2", page.say("Station"))
        Tag(
            "p",
            page.say(OUTBOX, n=outbox),
        )
        Tag("p", page.say(P_("{n} person on the roster", "{n} people on the roster"), n=people))
        Tag("p", page.say("Version {version}", version=version("tram")))
        if page.view.operator is not None:
            label = page.say("Spoken calls: off") if not voice else page.say("Spoken calls: on")
            page.button(label, page.doing(c.SetVoice(not voice)), look="small")
