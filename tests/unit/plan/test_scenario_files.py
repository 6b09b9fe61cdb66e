"""A scenario file that is wrong is refused with the place of the mistake."""

from __future__ import annotations

from datetime import date

import pytest

from plan.campaign import with_sets_and_hours
from plan.scenario import BadScenario, parse

GOOD = """
name = "one"
[line]
sets = 2
places = { desk = 1 }
stages = [{ name = "all", at = "desk", seconds = 240 }]
[day]
opens = "06:30"
closes = "24:00"
[campaign]
target = 100
start = 2021-02-01
"""


def test_a_scenario_is_read() -> None:
    scenario = parse(GOOD)
    assert scenario.day.hours.open_min == 17.5 * 60
    assert scenario.campaign is not None
    assert scenario.campaign.start == date(2021, 2, 1)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("sets = 2", "sets = 0", "line.sets"),
        ("sets = 2", 'sets = "two"', "line.sets"),
        ("sets = 2", "sets = 2\nset = 2", "`set`"),
        ('at = "desk"', 'at = "table"', "line.places has no “table”"),
        ("seconds = 240", "seconds = -1", "seconds"),
        ("seconds = 240", 'seconds = 240, after = ["nothing"]', "no stage “nothing”"),
        ('opens = "06:30"', 'opens = "6:30"', "day.opens"),
        ('opens = "06:30"', 'opens = "24:00"', "day and night is 00:00 to 24:00"),
        ('closes = "24:00"', 'closes = "24:00"\nbreaks = [["12:00", "11:00"]]', "12:00 is not"),
        ('closes = "24:00"', 'closes = "24:00"\nclosed = [0,1,2,3,4,5,6]', "every weekday"),
        ("target = 100", "target = 0", "campaign.target"),
        ("start = 2021-02-01", "start = 2021-02-30", "not TOML"),
        ("stages = [", "stages = []\nx = [", "x"),
    ],
)
def test_a_mistake_is_named_with_its_place(right: str, wrong: str, said: str) -> None:
    assert right in GOOD
    with pytest.raises(BadScenario) as found:
        parse(GOOD.replace(right, wrong))
    assert said in str(found.value)


def test_a_stage_that_stands_twice_is_named() -> None:
    twice = GOOD.replace("240 }]", '240 }, { name = "all", at = "desk", seconds = 1 }]')
    with pytest.raises(BadScenario, match="stands there twice"):
        parse(twice)


@pytest.mark.parametrize(
    ("hours", "opens", "closes"),
    [
        (8, "06:30", "14:30"),
        (17.5, "06:30", "24:00"),
        (20, "04:00", "24:00"),
        (24, "00:00", "24:00"),
    ],
)
def test_more_hours_close_later_and_at_midnight_open_earlier(
    hours: float, opens: str, closes: str
) -> None:
    day = with_sets_and_hours(parse(GOOD), 5, hours).day
    assert (day.opens, day.closes) == (opens, closes)
    assert day.hours.open_min == hours * 60
