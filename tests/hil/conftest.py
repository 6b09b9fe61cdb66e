"""One suite for virtual hardware and benches: ``--rig FILE`` says which (default: the sim).

``rig`` is the fixture; ``@pytest.mark.needs("lid", "camera")`` skips where the rig lacks these.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from hw.bench.hand import Unable
from tests.hil.pigpio_daemon import Daemon
from tests.hil.premises import Keyring, Premises
from tests.hil.rig import DEVICES, LiveRig, RigError, held, load

_HERE = Path(__file__).parent
_live = pytest.StashKey[LiveRig]()


@pytest.fixture(scope="session")
def _session_rig(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveRig]:
    """The rig of the whole run, held, its twins ended afterwards."""
    try:
        plan = load(request.config.getoption("rig"))
        with held(plan):
            live = LiveRig(plan, tmp_path_factory.mktemp("rig"))
            request.config.stash[_live] = live
            yield live
            live.close()
    except RigError as error:
        pytest.exit(f"rig: {error}", returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture
def rig(request: pytest.FixtureRequest, _session_rig: LiveRig) -> Iterator[LiveRig]:
    """The rig, healed after each test. Skips what it lacks, and everything once it is broken."""
    needs = [name for mark in request.node.iter_markers("needs") for name in mark.args]
    if lacking := _session_rig.lacks(*needs):
        pytest.skip(f"rig {_session_rig.rig.name} lacks: {', '.join(lacking)}")
    if _session_rig.broken:
        pytest.skip(f"rig is broken: {_session_rig.broken}")
    yield _session_rig
    _session_rig.settle()


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """One set of keys for the whole run: they cost seconds of scrypt."""
    return Keyring.cut(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def premises(rig: LiveRig, keyring: Keyring, tmp_path: Path) -> Premises:
    """A booth's folder and the rig's devices, ready for stations to be opened on them."""
    return Premises(rig, keyring, tmp_path / "station")


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    twin = Daemon(tmp_path / "dev")
    yield twin
    twin.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """What a bench's hand cannot do is skipped, with its reason; as the features' marks do."""
    try:
        yield
    except Unable as error:
        pytest.skip(str(error))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure's report shows what each twin said."""
    report = yield
    live = item.config.stash.get(_live, None)
    if report.failed and live is not None and "rig" in getattr(item, "fixturenames", ()):
        for device in DEVICES:
            if words := live.twins.stderr(device):
                report.sections.append((f"stderr of the twin: {device}", words))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    config = terminalreporter.config
    ran = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call" and (config.rootpath / report.fspath).is_relative_to(_HERE)
    ]
    if ran:
        name = load(config.getoption("rig")).name
        terminalreporter.write_line(f"{len(ran)} tests ran on: {name}")
