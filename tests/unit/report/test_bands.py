"""What is worth a message: out of the dead band, not too often, urgent things at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.report.bands import UNSAID_S, Bands
from edge.report.figures import Value
from edge.report.metrics import DEVICE, MIN_INTERVAL_S, NODE, Figure
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import Metric

PACE = Figure("Pace", DataType.INT32, dead_band=2)
QUEUE = Figure("Queue", DataType.INT32)
STATE = Figure("State", DataType.STRING, urgent=True)
TABLE = (PACE, QUEUE, STATE)
T0 = 1_760_054_400_000
LATER = T0 + round(MIN_INTERVAL_S * 1000)
START: dict[str, Value] = {"Pace": 20, "Queue": 3, "State": "works"}


def born() -> Bands:
    bands = Bands()
    bands.all(START, TABLE, T0)
    return bands


def names(metrics: list[Metric]) -> list[str | None]:
    return [metric.name for metric in metrics]


def test_a_birth_has_every_figure_of_the_table_null_where_there_is_none() -> None:
    assert Bands().all({"Pace": 20}, TABLE, T0) == [
        Metric("Pace", 20, DataType.INT32, T0),
        Metric("Queue", None, DataType.INT32, T0),
        Metric("State", None, DataType.STRING, T0),
    ]


def test_nothing_changed_nothing_is_said() -> None:
    assert born().changed(START, TABLE, LATER + 999_999_999) == []


def test_a_figure_is_said_when_it_left_its_dead_band() -> None:
    bands = born()
    assert bands.changed({"Pace": 21}, TABLE, LATER) == []
    assert bands.changed({"Pace": 22}, TABLE, LATER) == [Metric("Pace", 22, DataType.INT32, LATER)]
    assert bands.changed({"Pace": 21}, TABLE, LATER + 40_000) == []
    assert names(bands.changed({"Pace": 20}, TABLE, LATER + 40_000)) == ["Pace"]


def test_a_figure_without_a_band_is_said_at_any_change() -> None:
    assert names(born().changed({"Queue": 4}, TABLE, LATER)) == ["Queue"]


def test_null_is_outside_every_band() -> None:
    bands = born()
    assert names(bands.changed({"Pace": None}, TABLE, LATER)) == ["Pace"]
    assert names(bands.changed({"Pace": 0}, TABLE, LATER + 30_000)) == ["Pace"]


def test_messages_keep_their_distance_and_what_waited_goes_together() -> None:
    bands = born()
    assert bands.changed({"Queue": 4, "Pace": 20}, TABLE, LATER - 1) == []
    found = bands.changed({"Queue": 5, "Pace": 30}, TABLE, LATER)
    assert [(m.name, m.value) for m in found] == [("Pace", 30), ("Queue", 5)]


def test_what_came_back_meanwhile_is_not_said() -> None:
    bands = born()
    bands.changed({"Queue": 9}, TABLE, T0 + 1)
    assert bands.changed({"Queue": 3}, TABLE, LATER) == []


def test_an_urgent_figure_goes_at_once_and_takes_along_what_is_due() -> None:
    bands = born()
    values: dict[str, Value] = {"State": "failed", "Queue": 4, "Pace": 21}
    assert names(bands.changed(values, TABLE, T0 + 1)) == ["Queue", "State"]
    assert bands.changed(values | {"Queue": 5}, TABLE, T0 + 2) == []
    assert names(bands.changed(values | {"State": "works"}, TABLE, T0 + 3)) == ["State"]


def test_a_small_difference_is_said_when_it_has_lasted() -> None:
    bands = born()
    assert bands.changed({"Pace": 21}, TABLE, LATER) == []
    wait_ms = round(UNSAID_S * 1000)
    assert bands.changed({"Pace": 21}, TABLE, LATER + wait_ms - 1) == []
    assert names(bands.changed({"Pace": 21}, TABLE, LATER + wait_ms)) == ["Pace"]


def test_a_small_difference_that_comes_and_goes_has_not_lasted() -> None:
    bands = born()
    later_ms = LATER + round(UNSAID_S * 1000)
    bands.changed({"Pace": 21}, TABLE, LATER)
    bands.changed({"Pace": 20}, TABLE, LATER + 1)
    assert bands.changed({"Pace": 21}, TABLE, later_ms) == []


def test_a_clock_set_back_ends_the_waiting() -> None:
    bands = born()
    assert names(bands.changed({"Queue": 4}, TABLE, T0 - 86_400_000)) == ["Queue"]


def test_what_stops_somebody_from_working_is_urgent() -> None:
    urgent = {figure.name for figure in NODE + DEVICE if figure.urgent}
    assert urgent >= {
        "Station/Running",
        "Station/Unlocked",
        "Station/Intake",
        "Station/Lid open",
        "Clock/Trusted",
        "State",
        "Fault",
    }


VALUES = st.fixed_dictionaries(
    {"Pace": st.integers(0, 30), "Queue": st.none() | st.integers(0, 5)},
    optional={"State": st.sampled_from(["works", "failed"])},
)


@given(st.lists(st.tuples(st.integers(0, 40_000), VALUES), max_size=40))
def test_who_listens_is_never_further_off_than_the_band_for_longer_than_the_interval(
    course: list[tuple[int, dict[str, Value]]],
) -> None:
    bands, now_ms, last_ms = born(), T0, T0
    heard: dict[str, object] = dict(START)
    for wait_ms, values in course:
        now_ms += wait_ms
        said = bands.changed(values, TABLE, now_ms)
        urgent = any(metric.name == "State" for metric in said)
        assert not said or urgent or now_ms - last_ms >= MIN_INTERVAL_S * 1000
        last_ms = now_ms if said else last_ms
        heard |= {str(metric.name): metric.value for metric in said}
        assert heard.get("State") == values.get("State", heard.get("State"))
        if now_ms - last_ms >= MIN_INTERVAL_S * 1000:
            assert heard["Queue"] == values["Queue"]
            pace, told = values["Pace"], heard["Pace"]
            assert isinstance(pace, int)
            assert isinstance(told, int)
            assert abs(pace - told) < PACE.dead_band
