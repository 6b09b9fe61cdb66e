"""What the broker lets whom do follows from the region's configuration, and from nothing else."""

from __future__ import annotations

from monitor.config import read
from monitor.rights import rights

TWO_WORKERS = {"workers": [["vn-thanh-hoa"], ["vn-quang-tri", "vn-bac-lieu"]]}


def lines(**more: object) -> list[str]:
    return rights(read(TWO_WORKERS | more)).splitlines()


def test_a_booth_has_its_own_name_in_each_group_of_the_region_and_no_other() -> None:
    of_booths = [line for line in lines() if line.startswith("pattern")]
    assert "pattern write spBv1.0/vn-quang-tri/DDATA/%u/+" in of_booths
    assert "pattern read spBv1.0/vn-thanh-hoa/NCMD/%u" in of_booths
    written = [line for line in of_booths if line.startswith("pattern write")]
    assert all(line.split("/")[3] == "%u" for line in written)
    assert {line.split("/")[1] for line in written} == {
        "vn-thanh-hoa",
        "vn-quang-tri",
        "vn-bac-lieu",
    }


def test_nobody_but_the_region_says_whether_it_is_there() -> None:
    of_state = [line for line in lines() if "/STATE/" in line]
    assert of_state == [
        "pattern read spBv1.0/STATE/+",
        "topic readwrite spBv1.0/STATE/tram-0",
        "topic readwrite spBv1.0/STATE/tram-1",
    ]


def test_the_region_goes_by_the_name_that_its_configuration_has() -> None:
    assert "user region" in lines()
    named = lines(broker={"user": "thanh-hoa", "password_file": __file__})
    assert "user thanh-hoa" in named
