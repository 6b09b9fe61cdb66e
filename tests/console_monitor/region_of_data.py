"""A region of 3,321 booths at work, written into a store: what screens and their tests look at.

34 provinces and 3,321 communes, as Vietnam has had since 1 July 2025, one booth a commune. Same
seed, same region. Most booths do well; some stand still, each for a reason that the pages must
tell. A few booths ("shown") have their facts too, as they are on the wire.
"""

from __future__ import annotations

import json
import random
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, insert

from edge.journal.terms import Delivery, IdentitySource, RosterOutcome, TicketKind
from edge.report import chain
from edge.report.facts import AnyFact, DossierEnded, Entry, StationStarted
from monitor.store import schema

PROVINCES = (
    ("TH", "Thanh Hóa"),
    ("HN", "Hà Nội"),
    ("HC", "TP. Hồ Chí Minh"),
    ("HP", "Hải Phòng"),
    ("DN", "Đà Nẵng"),
    ("CT", "Cần Thơ"),
    ("HU", "Huế"),
    ("QN", "Quảng Ninh"),
    ("QT", "Quảng Trị"),
    ("NA", "Nghệ An"),
    ("HT", "Hà Tĩnh"),
    ("PT", "Phú Thọ"),
    ("BN", "Bắc Ninh"),
    ("HY", "Hưng Yên"),
    ("NB", "Ninh Bình"),
    ("TQ", "Tuyên Quang"),
    ("LC", "Lào Cai"),
    ("TN", "Thái Nguyên"),
    ("LS", "Lạng Sơn"),
    ("CB", "Cao Bằng"),
    ("LA", "Lai Châu"),
    ("DB", "Điện Biên"),
    ("SL", "Sơn La"),
    ("QG", "Quảng Ngãi"),
    ("GL", "Gia Lai"),
    ("DL", "Đắk Lắk"),
    ("KH", "Khánh Hòa"),
    ("LD", "Lâm Đồng"),
    ("DO", "Đồng Nai"),
    ("TY", "Tây Ninh"),
    ("VL", "Vĩnh Long"),
    ("DT", "Đồng Tháp"),
    ("AG", "An Giang"),
    ("CM", "Cà Mau"),
)
BOOTHS = 3321
FIRST = (
    "Bỉm",
    "Đông",
    "Tân",
    "Phú",
    "Hòa",
    "Sơn",
    "Lộc",
    "Vĩnh",
    "Yên",
    "Thanh",
    "An",
    "Bình",
    "Hưng",
    "Quảng",
    "Hà",
    "Minh",
    "Long",
    "Kim",
    "Nam",
)
SECOND = (
    "Sơn",
    "Tiến",
    "Thành",
    "Phong",
    "Lâm",
    "Giang",
    "Hải",
    "Thịnh",
    "Lợi",
    "Châu",
    "Đức",
    "Trung",
    "Ninh",
    "Xuân",
    "Hồng",
    "Thủy",
)
DEVICES = ("camera", "fingerprint", "scanner", "peripherals", "printer")
FAULTS = {
    "camera": "disconnected",
    "fingerprint": "no_answer",
    "scanner": "hung",
    "peripherals": "low_voltage",
    "printer": "paper_out",
}
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ZONE_MS = 7 * HOUR_MS
OPENS, CLOSES = 420, 1260  # minutes of the day
EPOCH = "5eed0001"
_encode = msgspec.msgpack.Encoder().encode


def path_of(*names: str) -> str:
    """``("Thanh Hóa", "Bỉm Sơn")`` → ``vn/thanh-hoa/bim-son``."""
    return "/".join(["vn", *(_plain(name) for name in names)])


def _plain(name: str) -> str:
    flat = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    kept = "".join(c for c in flat if not unicodedata.combining(c))
    return "-".join(kept.replace(".", "").split())


@dataclass
class Made:
    """One booth as it was made up."""

    code: str
    name: str
    place: str
    province: str
    state: str = "fine"
    device: str = ""
    sealed: int = 0
    queue: int = 0
    facts: int = 0


@dataclass
class RegionOfData:
    now: int
    booths: list[Made]
    seed: int
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def midnight(self) -> int:
        return (self.now + ZONE_MS) // DAY_MS * DAY_MS - ZONE_MS

    def add(self, table: Table, **values: Any) -> None:
        self.rows.setdefault(table.name, []).append(values)


def write(
    engine: Engine, now: int, *, booths: int = BOOTHS, days: int = 45, seed: int = 7, shown: int = 3
) -> RegionOfData:
    """Fill an empty store as of ``now`` (ms UTC): places, stations, figures, hours, spells,
    alarms, ledgers; facts of the first ``shown`` booths. Returns what was made up."""
    dice = random.Random(seed)
    made = RegionOfData(now, _booths(dice, booths), seed)
    _troubles(dice, made)
    _places(dice, made)
    for index, booth in enumerate(made.booths):
        _booth(dice, made, booth, days)
        _today(dice, made, booth, with_facts=index < shown)
    _alarms(made)
    with engine.begin() as connection:
        _store(connection, made)
    return made


def _store(connection: Connection, made: RegionOfData) -> None:
    # More booths than there are names of communes share some.
    made.rows["place"] = list({row["path"]: row for row in made.rows["place"]}.values())
    for name, rows in made.rows.items():
        connection.execute(insert(schema.tables.tables[name]), rows)
    made.rows.clear()


def _booths(dice: random.Random, count: int) -> list[Made]:
    found: list[Made] = []
    by_path = {_plain(name): name for name in (f"{a} {b}" for a in FIRST for b in SECOND if a != b)}
    del by_path["bim-son"]
    names = list(by_path.values())
    dice.shuffle(names)
    for number in range(count):
        code, province = PROVINCES[number % len(PROVINCES)]
        place_in_province = number // len(PROVINCES)
        name = names[(place_in_province + number % len(PROVINCES) * 31) % len(names)]
        if number == 0:
            name = "Bỉm Sơn"
        found.append(
            Made(
                f"{code}{place_in_province + 1:04d}",
                name,
                path_of(province, name),
                path_of(province),
            )
        )
    dice.shuffle(tail := found[3:])
    return [*found[:3], *tail]


def _troubles(dice: random.Random, made: RegionOfData) -> None:
    """One province without network, and troubles here and there."""
    for booth in made.booths[3:]:
        chance = dice.random()
        if booth.code.startswith("CM") and chance < 0.6:
            booth.state = "offline"
        elif chance < 0.006:
            booth.state, booth.device = "alarm", dice.choice(DEVICES)
        elif chance < 0.012:
            booth.state = "offline"
        elif chance < 0.024:
            booth.state = "idle"
        elif chance < 0.11:
            booth.state = "behind"
        elif chance < 0.115:
            booth.state = "paused"


def _places(dice: random.Random, made: RegionOfData) -> None:
    today = _local_day(made.now)
    due = _local_day(made.now + 45 * DAY_MS)
    started = _local_day(made.now - 45 * DAY_MS)
    provinces: dict[str, int] = {}
    hard = {booth.province: dice.uniform(0.75, 1.45) for booth in made.booths}
    hard[path_of("Thanh Hóa")] = 1.28
    for booth in made.booths:
        people = round(dice.randint(9_000, 22_000) * hard[booth.province])
        provinces[booth.province] = provinces.get(booth.province, 0) + people
        made.add(
            schema.place,
            path=booth.place,
            name=booth.name,
            population=people,
            due=due,
            started=started,
            sets=2,
            hours=14.0,
        )
    names = {path_of(name): name for _, name in PROVINCES}
    for path, people in provinces.items():
        made.add(
            schema.place,
            path=path,
            name=names[path],
            population=people,
            due=due,
            started=started,
            sets=None,
            hours=None,
        )
    made.add(
        schema.place,
        path="vn",
        name="Việt Nam",
        population=sum(provinces.values()),
        due=due,
        started=started,
        sets=None,
        hours=None,
    )
    assert started < today < due


def _local_day(ms: int) -> int:
    import datetime

    day = datetime.datetime.fromtimestamp((ms + ZONE_MS) / 1000, datetime.UTC)
    return day.year * 10_000 + day.month * 100 + day.day


def _booth(dice: random.Random, made: RegionOfData, booth: Made, days: int) -> None:
    now = made.now
    online = booth.state != "offline"
    died = None if online else now - dice.randint(3, 300) * 60_000
    born = made.midnight + OPENS * 60_000 - dice.randint(0, 1800) * 1000
    group = "VN-" + booth.code[:2]
    made.add(
        schema.station,
        station=booth.code,
        group=group,
        name=booth.name,
        place=booth.place,
        online=online,
        bd_seq=dice.randint(0, 255),
        born_at=born,
        died_at=died,
        heard_at=died or now - dice.randint(0, 40_000),
        changed_at=died or now - 60_000,
    )
    _spells(dice, made, booth, born, died, days)
    province = random.Random(booth.province)  # the same weather for all of a province
    per_day = dice.randint(150, 260)
    for back in range(days, 0, -1):
        midnight = made.midnight - back * DAY_MS
        weather = max(0.3, province.gauss(1, 0.16)) * (0.6 if midnight // DAY_MS % 7 == 2 else 1.0)
        grown = 0.55 + 0.45 * min(1.0, (days - back) / 14)
        sealed = max(0, round(per_day * weather * grown * dice.gauss(1, 0.1)))
        made.add(schema.hour, **_hour(dice, booth.code, midnight + 12 * HOUR_MS, sealed))


def _spells(
    dice: random.Random, made: RegionOfData, booth: Made, born: int, died: int | None, days: int
) -> None:
    """There since the beginning but for the last night and a few bad hours of a few booths."""
    start, night = made.now - days * DAY_MS, born - 8 * HOUR_MS
    bad = dice.sample(range(1, days), min(3, days - 1)) if dice.random() < 0.12 else []
    for device in ("", *DEVICES):
        broken = died if device == "" else None
        if device and device == booth.device:
            broken = made.now - dice.randint(4, 90) * MINUTE_MS
        edges = [start]
        for back in sorted(bad, reverse=True):
            if not device:
                noon = made.midnight - back * DAY_MS + dice.randint(8, 14) * HOUR_MS
                edges += [noon, noon + dice.randint(1, 7) * HOUR_MS]
        edges += [night, born, *([broken] if broken is not None else [])]
        for index, since in enumerate(edges):
            until = edges[index + 1] if index + 1 < len(edges) else None
            made.add(
                schema.spell,
                station=booth.code,
                device=device,
                since=since,
                until=until,
                up=index % 2 == 0,
            )


def _hour(dice: random.Random, code: str, at: int, sealed: int) -> dict[str, Any]:
    return {
        "station": code,
        "at": at,
        "sealed": sealed,
        "referred": sealed // 40,
        "refused": sealed // 90,
        "abandoned": sealed // 120,
        "forced": sealed // 150,
        "retries": sealed * 2,
        "missing_fingers": sealed // 30,
        "waited_s": sealed * 900,
        "identify_s": sealed * 35,
        "portrait_s": sealed * 40,
        "fingers_s": sealed * 80,
        "review_s": sealed * 30,
        "papers_s": sealed * 25,
        "device_wait_s": sealed * 12,
        "total_s": sealed * dice.randint(200, 240),
    }


def _today(dice: random.Random, made: RegionOfData, booth: Made, *, with_facts: bool) -> None:
    target = dice.choice((200, 220, 240))
    elapsed = max(0.0, min(1.0, ((made.now - made.midnight) / 60_000 - OPENS) / (CLOSES - OPENS)))
    part = {"behind": dice.uniform(0.45, 0.75), "paused": 0.6}.get(booth.state, 0.0)
    aim = round(target * elapsed * (part or dice.uniform(0.97, 1.15)))
    first_hour = made.midnight + OPENS * 60_000
    hours = max(1, -(-(made.now - first_hour) // HOUR_MS))
    sealed = 0
    for index in range(int(hours)):
        share = aim // int(hours) + (1 if index < aim % int(hours) else 0)
        share = max(0, share + dice.randint(-2, 2))
        if booth.state == "offline" and index == hours - 1:
            share = 0
        if share:
            made.add(schema.hour, **_hour(dice, booth.code, first_hour + index * HOUR_MS, share))
        sealed += share
    booth.sealed = sealed
    booth.queue = dice.randint(0, 14) if booth.state != "idle" else dice.randint(6, 25)
    booth.facts = _facts(dice, made, booth, first_hour) if with_facts else sealed * 40
    if not with_facts:
        made.add(
            schema.ledger,
            station=booth.code,
            epoch=EPOCH,
            through=booth.facts,
            chain=chain.start(booth.code, EPOCH),
            rows=booth.facts * 9,
            total=booth.facts + (31 if booth.state == "offline" else 0),
            newest=booth.facts,
            since=made.midnight,
            quarrel=None,
        )
    _figures(dice, made, booth, target)


def _facts(dice: random.Random, made: RegionOfData, booth: Made, start: int) -> int:
    """Facts of today's dossiers as they came over the wire; their chain stands in the ledger."""
    found: list[AnyFact] = [StationStarted("0.3.0")]
    found += [_dossier(dice, booth.code, n) for n in range(1, booth.sealed + 1)]
    hash_ = chain.start(booth.code, EPOCH)
    step = max(1, (made.now - start) // (len(found) + 1))
    for number, fact in enumerate(found, start=1):
        at = start + number * step
        entry = Entry(number * 9 - 8, number * 9, at, at - start, "0a1b2c3d", True, fact)
        hash_ = chain.link(hash_, entry)
        tag = type(fact).__struct_config__.tag
        made.add(
            schema.fact,
            station=booth.code,
            epoch=EPOCH,
            number=number,
            first=entry.first,
            last=entry.last,
            kind=tag,
            at=at,
            boot=entry.boot,
            mono=entry.mono,
            trusted=True,
            dated=at,
            received_at=at + 300,
            entry=_encode(entry),
        )
    made.add(
        schema.ledger,
        station=booth.code,
        epoch=EPOCH,
        through=len(found),
        chain=hash_,
        rows=len(found) * 9,
        total=len(found),
        newest=len(found),
        since=made.midnight,
        quarrel=None,
    )
    return len(found)


def _dossier(dice: random.Random, code: str, number: int) -> DossierEnded:
    steps = [round(max(4, dice.gauss(mean, mean / 4))) for mean in (35, 42, 78, 30, 24)]
    return DossierEnded(
        dossier=f"{code}-{number:06d}-{number % 10}",
        outcome="sealed",
        reason=None,
        desk=1 + number % 2,
        ticket_kind=TicketKind.WALK_IN,
        opened_at=0,
        waited_s=dice.randint(60, 1500),
        identify_s=steps[0],
        portrait_s=steps[1],
        fingers_s=steps[2],
        review_s=steps[3],
        papers_s=steps[4],
        device_wait_s=dice.randint(0, 20),
        total_s=sum(steps),
        software_ms=dice.randint(600, 1400),
        source=IdentitySource.QR_SCANNER,
        roster=RosterOutcome.UNCHANGED,
        contradictions=0,
        portrait_quality=dice.randint(70, 99),
        portrait_takes=1,
        forced=None,
        fingers=tuple(dice.randint(60, 98) for _ in range(10)),
        finger_retries=dice.randint(0, 3),
        corrections=0,
        delivery=Delivery.POST,
        packet_kb=1800,
        without_ticket=False,
    )


def _figures(dice: random.Random, made: RegionOfData, booth: Made, target: int) -> None:
    idle = dice.randint(400, 2400) if booth.state == "idle" else dice.randint(0, 50)
    waited = dice.randint(25, 70) if booth.state == "idle" else dice.randint(1, 20)
    numbers: dict[str, float] = {
        "Station/Running": 1,
        "Station/Unlocked": 1,
        "Station/Lid open": 0,
        "Station/Intake": 0 if booth.state == "paused" else 1,
        "Target/Per day": target,
        "Target/Opens": OPENS,
        "Target/Closes": CLOSES,
        "Queue/Walk-in": booth.queue,
        "Queue/Priority": dice.randint(0, 2),
        "Queue/Group": 0,
        "Line/Open dossiers": 2,
        "Queue/Oldest since": made.now - waited * 60_000,
        "Line/Pace": 0 if booth.state in ("idle", "alarm") else dice.randint(12, 19),
        "Line/Idle while waiting": idle,
        "Today/Sealed": booth.sealed // 5 * 5,
        "Today/Ended otherwise": booth.sealed // 25,
        "Packets/Waiting": dice.randint(0, 60),
        "Clock/Trusted": 1,
        "Clock/Offset": dice.randint(-400, 400),
        "Host/Temperature": dice.uniform(44, 68),
        "Host/Disk free": dice.randint(4_000, 20_000),
        "Host/Memory free": dice.randint(500, 2_600),
        "Uplink/Dropped samples": 0,
        "Facts/Total": booth.facts,
    }
    texts = {
        "Properties/Version": "0.3.0",
        "Properties/Firmware": "c0ffee12",
        "Properties/Name": booth.name,
        "Properties/Region": booth.place,
        "Facts/Epoch": EPOCH,
    }
    at, stale = made.now - dice.randint(1_000, 30_000), booth.state == "offline"
    for name, number in numbers.items():
        made.add(
            schema.figure,
            station=booth.code,
            device="",
            name=name,
            number=number,
            text=None,
            at=at,
            stale=stale,
        )
    for name, text in texts.items():
        made.add(
            schema.figure,
            station=booth.code,
            device="",
            name=name,
            number=None,
            text=text,
            at=at,
            stale=stale,
        )
    for device in DEVICES:
        failed = device == booth.device
        state = {
            "State": "failed" if failed else "works",
            "Fault": FAULTS[device] if failed else "",
        }
        for name, text in state.items():
            made.add(
                schema.figure,
                station=booth.code,
                device=device,
                name=name,
                number=None,
                text=text,
                at=at,
                stale=stale,
            )
        counts = {"Faults today": float(failed + (dice.random() < 0.1))}
        if device == "peripherals":
            counts |= {"Temperature": dice.uniform(31, 46), "Supply": dice.randint(11_800, 12_300)}
        for name, number in counts.items():
            made.add(
                schema.figure,
                station=booth.code,
                device=device,
                name=name,
                number=number,
                text=None,
                at=at,
                stale=stale,
            )


def _alarms(made: RegionOfData) -> None:
    now, lost = made.now, path_of("Cà Mau")

    def alarm(kind: str, booth: Made | None, severity: int, since: int, **more: Any) -> None:
        row = {
            "kind": kind,
            "place": booth.place if booth else lost,
            "station": booth.code if booth else None,
            "device": "",
            "severity": severity,
            "raised_at": since,
            "cleared_at": None,
            "held": False,
            "detail": "{}",
        }
        made.add(schema.alarm, **(row | more))

    gone = sum(b.state == "offline" and b.province == lost for b in made.booths)
    if gone:
        detail = json.dumps({"booths": gone, "fault": ""})
        alarm("outage", None, 1, now - 47 * MINUTE_MS, detail=detail)
    for index, booth in enumerate(made.booths):
        since = now - (4 + index * 13 % 170) * MINUTE_MS
        if booth.state == "alarm":
            fault = json.dumps({"fault": FAULTS[booth.device]})
            held = index % 4 == 0
            alarm("device_failed", booth, 1, since, device=booth.device, held=held, detail=fault)
        elif booth.state == "offline" and booth.province != lost:
            alarm("offline", booth, 1, since)
        elif booth.state == "idle":
            alarm("machine_idle" if index % 3 else "wait_long", booth, 2, since)
        elif index % 60 == 9:
            alarm(
                "device_failed",
                booth,
                1,
                since - 9 * HOUR_MS,
                device="printer",
                cleared_at=since - 8 * HOUR_MS,
                detail=json.dumps({"fault": "paper_out"}),
            )
