"""A real station without devices, served by the real server on a port the system gave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from queue import Queue

import httpx
import pytest

from controller import server
from controller.config import Console
from controller.station.station import Station
from hw.twins.population import people
from tests.hil.premises import OPERATOR, PASSPHRASE, Keyring, configuration
from tests.patience import CEILING_S
from tram.station import devices_of


@dataclass(frozen=True)
class Served:
    url: str
    rows: tuple[dict[str, str], ...]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """NiceGUI is one per process, so the server is one per session."""
    folder = tmp_path_factory.mktemp("api")
    rows = tuple(people(40, seed=1))
    Keyring.cut(folder / "keyring").furnish(folder / "data", rows)
    config = configuration(folder / "data", {}, speed=1.0)
    config = replace(config, console=Console(port=0))
    begun: Queue[str | Exception] = Queue()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        station = Station(config, devices_of(config))
        await station.start()
        try:
            await server.serve(station, config.console, ready=begun.put)
        finally:
            await station.stop()

    task = loop.create_task(run())

    def live() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        except Exception as error:  # told to who waits for its address
            begun.put(error)

    thread = threading.Thread(target=live)
    thread.start()
    try:
        address = begun.get(timeout=CEILING_S)
        if isinstance(address, Exception):
            raise address
        yield Served(address, rows)
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(CEILING_S)
        assert not thread.is_alive(), "the server did not stop when it was cancelled"
        loop.close()


@pytest.fixture(scope="session")
def signed_in(served: Served) -> Iterator[httpx.Client]:
    """A client with an operator's session."""
    with httpx.Client(base_url=f"{served.url}/api/v1", timeout=CEILING_S) as client:
        body = {"operator": OPERATOR, "passphrase": PASSPHRASE}
        token = client.post("/unlock", json=body).raise_for_status().json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture
def stranger(served: Served) -> Iterator[httpx.Client]:
    """A client without a session."""
    with httpx.Client(base_url=f"{served.url}/api/v1", timeout=CEILING_S) as client:
        yield client
