"""The machine's clocks."""

from __future__ import annotations

from edge.clock import SystemClock


def test_a_clock_that_somebody_keeps_is_trusted_whatever_the_kernel_says() -> None:
    assert SystemClock(kept=True).trusted()


def test_monotonic_time_goes_on_and_both_clocks_count_milliseconds() -> None:
    clock = SystemClock()
    first, wall = clock.mono_ms(), clock.now_ms()
    assert clock.mono_ms() >= first > 0
    assert wall > 1_700_000_000_000
    assert len(clock.boot) == 8
