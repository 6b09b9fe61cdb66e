"""The link loses nothing and does nothing twice, whatever the cable does."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.devices.peripherals.link import Command, Happened, Link, LinkLost, RoundTrip, Why
from firmware import wire
from tests.unit.link.joined import Cable, Joined

GOOD = Cable()
CABLES = {
    "good": GOOD,
    "one byte at a time": Cable(one_byte=True),
    "a fifth lost": Cable(loss=0.2),
    "a fifth doubled": Cable(duplicate=0.2),
    "a fifth overtaken": Cable(late=0.2),
    "a fifth corrupted": Cable(corrupt=0.2),
    "garbage between": Cable(garbage=0.5),
    "oversize lines between": Cable(oversize=0.5),
    "all of it": Cable(0.1, 0.1, 0.1, 0.2, 0.1, 0.1, one_byte=True),
}
SEEDS = range(3)


def busy(joined: Joined, seconds: float) -> list[str]:
    """A station at work: a command every 50 ms and a press of the button every 130 ms."""
    names = [f"command-{n}" for n in range(int(seconds / 0.05))]
    for n, name in enumerate(names):
        joined.at(0.5 + n * 0.05, lambda name=name: joined.command(name))  # type: ignore[misc]
    for n in range(int(seconds / 0.13)):
        joined.at(0.5 + n * 0.13, joined.press)
    return names


def ring_until_heard(joined: Joined, end: float) -> None:
    """The Pico repeats its notice while it keeps events."""
    for n in range(int(end / 0.25)):
        joined.at(n * 0.25, joined.ring)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cable", CABLES)
def test_every_command_acts_once_and_every_event_comes_once_in_order(cable: str, seed: int) -> None:
    joined = Joined(CABLES[cable], seed)
    joined.plug()
    names = busy(joined, 5.0)
    ring_until_heard(joined, 60.0)
    joined.run_until(60.0)
    assert sorted(joined.answered) == sorted(names)
    assert joined.pico.acted == dict.fromkeys(names, 1)
    pressed = [(joined.pico.boot, no) for no in range(1, int(5.0 / 0.13) + 1)]
    assert joined.happened == pressed
    assert joined.pico.events == []
    assert joined.downs == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cable", CABLES)
def test_the_lease_never_lapses(cable: str, seed: int) -> None:
    joined = Joined(CABLES[cable], seed)
    joined.plug()
    busy(joined, 20.0)
    joined.run_until(20.0)
    gaps = [b - a for a, b in itertools.pairwise([*joined.pico.shown, 20.0])]
    assert max(gaps) < wire.LEASE_MS / 1000


def test_a_port_opened_anew_ends_what_was_under_way() -> None:
    joined = Joined(GOOD, 1)
    joined.plug()
    joined.at(1.0, lambda: joined.command("under way"))
    joined.at(1.0, joined.plug)
    joined.run_until(2.0)
    assert joined.lost == ["under way"]
    assert [down.why for down in joined.downs] == [Why.UNPLUGGED]
    assert len(joined.ups) == 2


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    resets=st.lists(st.floats(0.5, 5.0), max_size=4),
    unplugs=st.lists(st.floats(0.5, 5.0), max_size=4),
    cable=st.builds(
        Cable,
        loss=st.floats(0, 0.3),
        duplicate=st.floats(0, 0.3),
        corrupt=st.floats(0, 0.2),
        garbage=st.floats(0, 0.3),
        oversize=st.floats(0, 0.1),
        late=st.floats(0, 0.3),
        one_byte=st.booleans(),
    ),
)
def test_resets_and_unplugging_lose_no_event_and_repeat_no_command(
    seed: int, resets: list[float], unplugs: list[float], cable: Cable
) -> None:
    joined = Joined(cable, seed)
    joined.plug()
    names = busy(joined, 5.0)
    for time in resets:
        joined.at(time, joined.reset)
    for time in unplugs:
        joined.at(time, joined.unplug)
        joined.at(time + 0.05, joined.plug)
    ring_until_heard(joined, 40.0)
    joined.run_until(10.0)
    joined.cable = GOOD  # the cable is mended: all that was owed has to come in
    joined.run_until(40.0)
    assert sorted(joined.answered + joined.lost) == sorted(names)
    assert all(count == 1 for count in joined.pico.acted.values())
    assert set(joined.answered) <= set(joined.pico.acted)
    assert len(joined.happened) == len(set(joined.happened)) == int(5.0 / 0.13)
    for boot in {boot for boot, _ in joined.happened}:
        numbers = [no for of_boot, no in joined.happened if of_boot == boot]
        assert numbers == sorted(numbers)
    assert joined.pico.events == []


def test_an_event_is_kept_until_acknowledged_and_given_once_meanwhile() -> None:
    joined = Joined(GOOD, 1)
    joined.acknowledge = False
    joined.plug()
    joined.at(1.0, joined.press)
    ring_until_heard(joined, 5.0)
    joined.run_until(5.0)
    assert joined.happened == [("00000001", 1)]
    assert len(joined.pico.events) == 1
    joined.link.acknowledge("00000001", 1)
    joined.run_until(8.0)
    assert joined.pico.events == []


def test_an_acknowledged_event_that_a_reset_brought_back_is_acknowledged_again() -> None:
    joined = Joined(GOOD, 1)
    joined.plug()
    joined.at(1.0, joined.press)
    joined.run_until(2.0)
    saved = [("00000001", 1, "ticket", 0)]
    joined.reset()
    joined.pico.events = saved
    joined.run_until(5.0)
    assert joined.happened == [("00000001", 1)]
    assert joined.pico.events == []


def test_a_late_duplicate_of_a_session_before_does_not_act() -> None:
    joined = Joined(GOOD, 1)
    sent: list[bytes] = []
    joined.plug()
    joined.run_until(1.0)
    joined.link.submit(Command("echo", ("once",)))
    out, _ = joined.link.step(joined.now)
    sent.append(out)
    joined.pico.receive(out, 1.0)
    joined.unplug()
    joined.plug()
    joined.run_until(2.0)
    joined.pico.receive(sent[0], 2.0)
    assert joined.pico.acted == {"once": 1}


def test_a_silent_pico_is_reported_with_its_lease_and_greeted_for_ever() -> None:
    joined = Joined(GOOD, 1)
    joined.plug()
    joined.run_until(1.0)
    joined.cable = Cable(loss=1.0)
    joined.run_until(10.0)
    assert [down.why for down in joined.downs] == [Why.NO_ANSWER] * 2  # lost, then no greeting
    with pytest.raises(LinkLost):
        joined.link.submit(Command("nop"))
    joined.cable = GOOD
    joined.run_until(10.5)
    assert joined.link.up
    assert not joined.ups[-1].restarted


@pytest.mark.parametrize("serves_s", [0.1, 0.2, 0.3])
def test_a_slow_pico_is_not_lost(serves_s: float) -> None:
    """What is repeated meanwhile it has to answer, too."""
    joined = Joined(GOOD, 1)
    joined.serves_s = serves_s
    joined.plug()
    names = [f"command-{n}" for n in range(8)]
    for name in names:  # all at once
        joined.at(2.0, lambda name=name: joined.command(name))  # type: ignore[misc]
    joined.run_until(12.0)
    assert joined.downs == []
    assert joined.answered == names
    assert joined.pico.acted == dict.fromkeys(names, 1)


def test_a_pico_that_becomes_slow_is_not_lost() -> None:
    joined = Joined(GOOD, 1)
    joined.plug()
    names = busy(joined, 4.0)

    def tires() -> None:
        joined.serves_s = 0.2

    joined.at(2.0, tires)
    joined.run_until(100.0)
    assert joined.downs == []
    assert joined.answered == names


def test_a_reset_is_noticed_at_once_and_named() -> None:
    joined = Joined(GOOD, 1)
    joined.plug()
    joined.at(1.0, joined.reset)
    joined.run_until(1.05)
    assert [down.why for down in joined.downs] == [Why.RESTARTED]
    assert joined.ups[-1].restarted


def test_a_refusal_ends_the_command_with_its_reason() -> None:
    joined = Joined(GOOD, 1)
    joined.plug()
    joined.run_until(1.0)
    command = Command("unheard-of", ("x",))
    joined.link.submit(command)
    joined._step()
    joined.run_until(1.5)
    assert joined.refused == ["x"]
    assert str(command.error) == "unheard-of refused: op"


def test_another_firmware_is_left_alone() -> None:
    joined = Joined(GOOD, 1)
    joined.link = Link("f" * 16)
    joined.plug()
    joined.run_until(5.0)
    assert not joined.ups[0].ours
    assert joined.pico.shown == []
    with pytest.raises(LinkLost):
        joined.link.submit(Command("nop"))


def test_a_command_that_fits_no_frame_is_refused_before_it_is_queued() -> None:
    joined = Joined(GOOD, 1)
    joined.plug()
    joined.run_until(1.0)
    with pytest.raises(ValueError, match="too long"):
        joined.link.submit(Command("echo", ("x" * wire.LINE_MAX,)))
    joined.command("short")
    joined.run_until(2.0)
    assert joined.answered == ["short"]


def test_the_trace_keeps_the_last_hundred_frames_without_what_is_printed() -> None:
    joined = Joined(GOOD, 1)
    joined.plug()
    joined.run_until(1.0)
    for _ in range(60):
        joined.link.submit(Command("print", (7, 0, "c2VjcmV0")))
        joined._step()
        joined.run_until(joined.now + 0.1)
    assert len(joined.link.trace) == 100
    assert any("'print', 7, 0, '<8>'" in line for line in joined.link.trace)
    assert not any("c2VjcmV0" in line for line in joined.link.trace)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_no_bytes_from_outside_make_the_machine_fail(pieces: list[bytes]) -> None:
    link = Link()
    link.plugged(0.0)
    for n, piece in enumerate(pieces):
        link.step(n * 0.1, piece)
    assert not link.up


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ok", "no", "boot", "events", "?"]),
            st.lists(st.integers(-5, 5) | st.sampled_from(["", "hello", "ticket"]), max_size=5),
        ),
        max_size=20,
    )
)
def test_no_valid_frame_makes_the_machine_fail(answers: list[tuple[str, list[int | str]]]) -> None:
    """A Pico that keeps the framing but says nonsense."""
    link = Link()
    link.plugged(0.0)
    now = 0.0
    for op, arguments in answers:
        now += 0.05
        out, _ = link.step(now)
        seqs = [0] + [int(wire.decode(line)[0]) for line in out.splitlines()]
        for seq in seqs:
            _, happenings = link.step(now, wire.encode([seq, op, *arguments]))
            assert not any(isinstance(h, Happened) for h in happenings)


def test_the_retransmission_timer_follows_the_line() -> None:
    trip = RoundTrip()
    for _ in range(50):
        trip.measured(0.040)
    assert 0.040 <= trip.timeout_s < 0.060
    for _ in range(50):
        trip.measured(0.001)
    assert trip.timeout_s < 0.030
