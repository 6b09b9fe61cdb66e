"""The demo's region: a broker of its own, the monitor, the account to look with, and the proof."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, func, select

from edge.journal.store import read_rows
from edge.report.fold import Fold
from edge.report.orders import Role
from hw.twins.broker import Broker, running
from monitor import access
from monitor.config import public_half, write_command_key
from monitor.store.database import open_store
from monitor.store.places import put_tree
from monitor.store.schema import ledger
from monitor.tree import Place
from tram.certificates.authority import for_broker
from tram.demo.booth import Booth, private
from tram.demo.children import Child, child, read_until
from tram.demo.silence import Silence

ADMINISTRATOR = "admin"
ACKNOWLEDGED_S = 120.0
"""An uplink that was silent asks at the latest after a minute."""
LOOK_AGAIN_S = 0.2
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NAMES = {
    "vn": "Việt Nam",
    "vn/thanh-hoa": "Thanh Hoá",
    "vn/thanh-hoa/bim-son": "Bỉm Sơn",
    "vn/thanh-hoa/quang-phu": "Quảng Phú",
    "vn/quang-tri": "Quảng Trị",
    "vn/quang-tri/dong-ha": "Đông Hà",
    "vn/quang-tri/hai-lang": "Hải Lăng",
}
POPULATION, DAYS = 20_000, 60
"""Of a made-up commune, and until when all of it must be done."""


@dataclass(frozen=True)
class Region:
    """``console``: address of the monitor's pages; ``password``: of the demo's administrator."""

    console: str
    password: str
    engine: Engine
    broker: Broker
    uplink: str
    """The table ``[uplink]`` of every booth's configuration."""
    log: Path = Path(os.devnull)
    """The monitor's."""


@contextlib.contextmanager
def opened(folder: Path, groups: Sequence[str], port: int) -> Iterator[Region]:
    """Broker and monitor, ended together. ``port`` of the pages; 0: any that is free."""
    folder.mkdir(parents=True, exist_ok=True)
    key, public = _command_key(folder)
    engine = open_store(f"sqlite:///{folder / 'region.db'}")
    password = _administrator(engine, folder)
    today = date.today()
    put_tree(engine, [_place(path, today) for path in NAMES])
    with running(folder / "broker", tls=for_broker(folder / "tls")) as broker:
        assert broker.authority is not None
        config = folder / "monitor.toml"
        config.write_text(
            f'db = "sqlite:///{folder / "region.db"}"\nworkers = [{list(groups)}]\n'.replace(
                "'", '"'
            )
            + f'command_key = "{key}"\n'
            f'[broker]\nhost = "{broker.host}"\nport = {broker.port}\n'
            f'ca = "{broker.authority.ca}"\n'
            f"[web]\nport = {port}\n"
        )
        command = ["-m", "tram", "monitor", "--config", str(config)]
        with child(command, folder / "monitor.log") as monitor:
            console = read_until(monitor, "web").split()[1]
            uplink = (
                f'\n[uplink]\nhost = "{broker.host}"\nport = {broker.port}\n'
                f'ca = "{broker.authority.ca}"\ncommand_key = "{public}"\n'
            )
            yield Region(console, password, engine, broker, uplink, monitor.log)
    engine.dispose()


@contextlib.contextmanager
def reporting(booth: Booth) -> Iterator[Child]:
    """``tram edge`` of a booth."""
    command = ["-m", "tram", "edge", "--config", str(booth.config)]
    with child(command, booth.data / "edge.log") as edge:
        yield edge


def _command_key(folder: Path) -> tuple[Path, str]:
    path = folder / "command.key"
    if not path.exists():
        write_command_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return path, public_half(key)


def _administrator(engine: Engine, folder: Path) -> str:
    """The demo's account; its password lies in the folder, where its keys lie too."""
    file = folder / "admin.password"
    if not file.exists():
        private(file, f"region-{secrets.token_hex(4)}\n")
    password = file.read_text().strip()
    now = int(time.time() * 1000)
    with contextlib.suppress(access.AccessError):  # it is there already
        role = Role.ADMINISTRATOR
        access.add_account(engine, ADMINISTRATOR, password, role, "", by="demo", now=now)
    return password


def _place(path: str, today: date) -> Place:
    if path.count("/") < 2:
        return Place(path, NAMES[path])
    due = today + timedelta(days=DAYS)
    return Place(path, NAMES[path], POPULATION, due, today, sets=1, hours=10.0)


# ---- the proof -----------------------------------------------------------------------------------


def acknowledged(region: Region, booths: Sequence[Booth]) -> tuple[int, int]:
    """Facts that the region proves to have, and facts that it lacks, of all booths.

    Every journal is folded from its first row here, and the chain over its facts compared with the
    region's: what the programs say of themselves is not asked.
    """
    there = missing = 0
    for booth in booths:
        fold = Fold(booth.code, ZONE)
        for row in read_rows(booth.data / "journal.db"):
            fold.apply(row)
        c = ledger.c
        with region.engine.connect() as connection:
            held = connection.execute(
                select(c.through, c.chain).where(c.station == booth.code, c.epoch == fold.epoch)
            ).one_or_none()
        whole = held is not None and (held.through, bytes(held.chain)) == (fold.number, fold.chain)
        through = held.through if held is not None else 0
        there += fold.number if whole else min(through, fold.number)
        missing += 0 if whole else max(1, fold.number - through)
    return there, missing


def held(region: Region) -> int:
    """Facts that the region has without a gap, by its own word: whether it moves."""
    with region.engine.connect() as connection:
        return connection.execute(select(func.sum(ledger.c.through))).scalar() or 0


def silence(region: Region, booths: Sequence[Booth]) -> Silence:
    """The uplinks' words before the region's: they are nearer to what is missing."""
    logs = {booth.code: booth.data / "edge.log" for booth in booths}
    return Silence(lambda: held(region), logs | {"region": region.log})


def wait_until_acknowledged(
    region: Region,
    booths: Sequence[Booth],
    patience_s: float = ACKNOWLEDGED_S,
    meanwhile: Callable[[], None] = lambda: None,
) -> tuple[int, int]:
    """``acknowledged`` once nothing is missing, or after ``patience_s``."""
    deadline = time.monotonic() + patience_s
    while True:
        meanwhile()
        there, missing = acknowledged(region, booths)
        if not missing or time.monotonic() > deadline:
            return there, missing
        time.sleep(LOOK_AGAIN_S)  # between looks at another program's store
