"""docs/technician.md, typed line by line on a blank machine by a user with sudo.

What needs hardware stands under headings that say so; everything else is here, as it is written.
"""

from __future__ import annotations

from tests.install.technician import (
    CODE,
    IN_CLEAR,
    JOINING,
    MENDING,
    NEEDS_THINGS,
    PAGE,
    SETTING_UP,
    TRIAL,
    Technician,
)


def test_every_line_of_the_page_works(booth: Technician) -> None:
    print(booth.table())
    failed = [result for result in booth.results if result.code != 0]
    assert not failed, "\n".join(f"{r.line}\n  {r.code}: {r.said[-1500:]}" for r in failed)


def test_the_reader_is_told_which_lines_need_something_on_the_table() -> None:
    headings = [
        heading for part in (SETTING_UP, JOINING, MENDING) for heading in PAGE.sections(part)
    ]
    assert [heading for heading in headings if heading.startswith(NEEDS_THINGS)] == [
        "### With the card in your own computer",
        "### With the devices plugged in",
        "### With the Pico on the table",
        "### With a screen at the booth",
    ]


def test_before_the_start_everything_but_the_clock_is_well(booth: Technician) -> None:
    (checked,) = [result for result in booth.results if "--check" in result.line]
    lines = checked.said.splitlines()
    assert lines[0].startswith(f"configuration: whole; station {CODE}, Nhà văn hoá Đông Hà")
    assert "clock: The clock is not set yet." in checked.said
    assert "keys: whole" in lines
    assert "journal: none yet" in lines


def test_no_copy_of_the_roster_lies_on_the_card_in_clear(booth: Technician) -> None:
    found = booth.machine.sh(
        f"grep --recursive --files-with-matches --binary-files=text {IN_CLEAR} "
        "/etc /home /opt/tram/data /root /tmp /var || true"
    )
    assert found == ""


def test_a_trial_can_be_discarded_and_the_booth_begins_anew(booth: Technician) -> None:
    (discarded,) = [
        result for result in booth.results if result.heading == TRIAL and "discard" in result.line
    ]
    assert "1 × station_started" in discarded.said
    (verified,) = [result for result in booth.results if "journal verify" in result.line]
    assert verified.said == "/var/lib/tram/journal.db: 1 row, whole\n", "one start, no more"


def test_files_are_of_root_and_readable_and_the_stations_own_are_its_alone(
    booth: Technician,
) -> None:
    modes = booth.machine.sh(
        "stat --format='%a %U %n' /etc/tram/station.toml /etc/systemd/system/tram.service "
        "/var/lib/tram /var/lib/tram/journal.db /opt/tram"
    ).splitlines()
    assert modes == [
        "644 root /etc/tram/station.toml",
        "644 root /etc/systemd/system/tram.service",
        "700 tram /var/lib/tram",
        "600 tram /var/lib/tram/journal.db",
        "755 root /opt/tram",
    ]
