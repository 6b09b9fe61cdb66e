"""The machine's clocks, and who vouches for the wall clock."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.uplink import host
from ground.clock import ClockRefused, SystemClock, kernel_synchronised
from ground.text import LANGUAGES, Language, text
from hw.twins.time_service import TimeService
from tests.unit.refusals import without

ASKING = ("adjtimex", "clock_adjtime")


def test_a_clock_that_a_battery_keeps_is_trusted_whatever_the_kernel_says() -> None:
    assert SystemClock(kept=True).trusted()
    assert without(ASKING, lambda: SystemClock(kept=True).trusted())


def test_the_time_service_makes_a_running_clock_trusted_and_takes_its_word_back(
    tmp_path: Path,
) -> None:
    service = TimeService(tmp_path / "time")
    clock = SystemClock(flag=service.flag)
    assert clock.trusted() is kernel_synchronised()
    service.synchronise()
    assert clock.trusted()
    service.stop()
    assert clock.trusted() is kernel_synchronised()


@pytest.mark.parametrize("set_", [False, True])
def test_a_kernel_that_does_not_answer_is_a_fault_and_not_an_untrusted_clock(
    tmp_path: Path, set_: bool
) -> None:
    """ProtectClock=yes, also where the time service has set the clock already."""
    service = TimeService(tmp_path)
    if set_:
        service.synchronise()
    with pytest.raises(ClockRefused, match="adjtimex: Operation not permitted"):
        without(ASKING, lambda: SystemClock(flag=service.flag))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_advice_names_the_line_of_the_unit(language: Language) -> None:
    with pytest.raises(ClockRefused) as caught:
        without(ASKING, SystemClock)
    said = text(language, caught.value.advice, **caught.value.params)
    assert "ProtectClock=yes" in said
    assert "Operation not permitted" in said


def test_a_flag_that_cannot_be_looked_at_is_a_fault_too(tmp_path: Path) -> None:
    flag = tmp_path / "synchronized"
    flag.symlink_to(flag)
    with pytest.raises(ClockRefused, match="Too many levels of symbolic links"):
        SystemClock(flag=flag)


def test_a_kept_clock_under_a_sandbox_has_no_offset_to_tell(tmp_path: Path) -> None:
    sample = without(ASKING, lambda: host.sample(SystemClock(kept=True), tmp_path))
    assert sample.trusted
    assert sample.offset_ms is None


def test_monotonic_time_goes_on_and_both_clocks_count_milliseconds() -> None:
    clock = SystemClock()
    first, wall = clock.mono_ms(), clock.now_ms()
    assert clock.mono_ms() >= first > 0
    assert wall > 1_700_000_000_000
    assert len(clock.boot) == 8


def test_no_demo_test_or_benchmark_goes_round_the_way_that_a_booths_trust_takes() -> None:
    """Their clocks are set by the twin of the time service, not declared to be right."""
    root = Path(__file__).parents[2]
    rooms = ("hw", "tram", "tests", "benchmarks")
    files = [file for room in rooms for file in (root / room).rglob("*.py")]
    kept = [file for file in files if re.search(r"clock_kept = tr[u]e", file.read_text("utf-8"))]
    assert len(files) > 100
    assert kept == []
