"""Stage times taken from a region's store, and the command line over them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random

import msgspec
import pytest
from sqlalchemy import Connection, insert
from typer.testing import CliRunner

from edge.journal.terms import TicketKind
from edge.report.facts import DossierEnded, Entry
from monitor.store.database import open_store
from monitor.store.durations import STEPS, durations
from monitor.store.schema import fact, station
from plan.line import simulate
from plan.measured import ENOUGH, Measured, TooFew, line_of, measure
from plan.scenario import Day, Scenario
from tram.cli import app
from tram.plan import plan

BIM_SON = "vn/thanh-hoa/bim-son"
NOW_MS = time.time_ns() // 1_000_000
SECONDS = {"identify": 42.0, "portrait": 18.0, "fingers": 61.0, "review": 14.0, "papers": 8.0}
if "plan" not in {command.name for command in app.registered_commands}:
    app.command()(plan)
runner = CliRunner()


def measured(connection: Connection, place: str, since_ms: int) -> Measured:
    """As the command line does."""
    return measure(*durations(connection, place, since_ms))


def add_dossiers(
    connection: Connection, code: str, place: str, count: int, at_ms: int, outcome: str = "sealed"
) -> None:
    """Facts of ``count`` dossiers with the times of ``SECONDS``, as they are on the wire."""
    dice = Random(code + outcome)
    known = {row.station for row in connection.execute(station.select())}
    if code not in known:
        connection.execute(insert(station).values(station=code, group="g", place=place))
    for n in range(count):
        took = {f"{s}_s": round(t * dice.lognormvariate(0, 0.3)) for s, t in SECONDS.items()}
        told = DossierEnded(
            dossier=f"{code}-{n:06d}-0",
            outcome=outcome,
            reason=None if outcome == "sealed" else "birth_incomplete",
            desk=1,
            ticket_kind=TicketKind.WALK_IN,
            opened_at=at_ms,
            waited_s=600,
            device_wait_s=4,
            total_s=sum(took.values()),
            software_ms=300,
            source=None,
            roster=None,
            contradictions=0,
            portrait_quality=80,
            portrait_takes=1,
            forced=None,
            fingers=(70,) * 10,
            finger_retries=0,
            corrections=0,
            delivery=None,
            packet_kb=500,
            without_ticket=False,
            **took,
        )
        entry = Entry(n + 1, n + 1, at_ms + n, n, "00000001", True, told)
        connection.execute(
            insert(fact).values(
                station=code,
                epoch="0123abcd",
                number=n + 1 + (outcome != "sealed") * 1000,
                first=1,
                last=1,
                kind=1,
                at=at_ms,
                boot="00000001",
                mono=n,
                trusted=True,
                dated=at_ms + n,
                received_at=at_ms,
                entry=msgspec.msgpack.encode(entry),
            )
        )


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A region with a busy commune, one that has hardly begun, and facts of last year."""
    url = f"sqlite:///{tmp_path / 'region.db'}"
    engine = open_store(url)
    with engine.begin() as connection:
        add_dossiers(connection, "TH0001", BIM_SON, 200, NOW_MS - 3_600_000)
        add_dossiers(connection, "TH0002", BIM_SON, 200, NOW_MS - 7_200_000)
        add_dossiers(connection, "TH0002", BIM_SON, 20, NOW_MS - 7_200_000, "referred")
        add_dossiers(connection, "HU0001", "vn/hue/phu-xuan", ENOUGH - 1, NOW_MS - 3_600_000)
        add_dossiers(connection, "TH0003", "vn/thanh-hoa/sam-son", 90, NOW_MS - 10**10)
    engine.dispose()
    return url


def test_medians_and_spreads_of_the_stages_are_those_of_the_facts(url: str) -> None:
    with open_store(url).connect() as connection:
        found = measured(connection, BIM_SON, NOW_MS - 86_400_000)
    assert (found.dossiers, found.booths) == (400, 2)
    assert found.referred == pytest.approx(20 / 420)
    for stage in found.stages:
        assert stage.seconds == pytest.approx(SECONDS[stage.name], rel=0.08)
        assert stage.spread == pytest.approx(0.3, abs=0.08)


def test_a_line_of_the_simulator_is_made_of_every_step_that_a_region_measures(url: str) -> None:
    assert set(STEPS) == set(SECONDS)
    with open_store(url).connect() as connection:
        found = durations(connection, "vn/nowhere", 0)
    assert found == ({step: [] for step in STEPS}, 0, 0.0)
    with pytest.raises(TooFew, match="0 dossiers"):
        measure(*found)


def test_a_branch_takes_in_its_places_and_only_those(url: str) -> None:
    with open_store(url).connect() as connection:
        assert measured(connection, "vn/thanh-hoa", NOW_MS - 86_400_000).dossiers == 400
        assert measured(connection, "", NOW_MS - 86_400_000).dossiers == 400 + ENOUGH - 1
        with pytest.raises(TooFew) as few:
            measured(connection, "vn/hue", NOW_MS - 86_400_000)
        assert few.value.found == ENOUGH - 1
        with pytest.raises(TooFew):
            measured(connection, "vn/thanh-hoa/sam-son", NOW_MS - 86_400_000)


def test_the_measured_line_is_limited_by_its_slowest_place(url: str) -> None:
    with open_store(url).connect() as connection:
        found = measured(connection, BIM_SON, 0)
    line = line_of(found, sets=1, desks=2)
    result = simulate(Scenario(name="x", line=line, day=Day(opens="07:00", closes="17:00")), 1)
    assert result.bottleneck == "fingers"
    fingers_s = 61 * 1.046  # mean of a lognormal of that spread
    assert result.open_s / result.sealed == pytest.approx(fingers_s, rel=0.08)


def test_the_command_plans_with_measured_times(url: str) -> None:
    done = runner.invoke(
        app, ["plan", "booth", "--db", url, "--place", BIM_SON, "--sets", "2", "--json"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["name"].endswith(f"measured at {BIM_SON}")
    assert told["bottleneck"] == "fingers"
    assert told["takt_min"] == pytest.approx(61 * 1.046 / 60, rel=0.1)


def test_the_command_says_what_to_do_when_it_cannot(url: str, tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        done = runner.invoke(app, ["plan", *arguments])
        assert done.exit_code == 1
        assert "Traceback" not in done.output
        return done.output

    assert "only 29 dossiers" in said("booth", "--db", url, "--place", "vn/hue")
    assert "Leave --db out" in said("booth", "--db", url, "--place", "vn/hue")
    assert "postgresql://user@server/name" in said("booth", "--db", "nonsense")
    assert "cannot be read" in said("booth", "--db", f"sqlite:///{tmp_path / 'no' / 'store.db'}")
    assert "no-such-file.toml" in said("no-such-file.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("name = 3\n")
    assert "docs/plan.md" in said(str(bad))


def test_a_plan_in_words_names_pace_end_and_what_if(tmp_path: Path) -> None:
    done = runner.invoke(
        app,
        ["plan", "quang-tri", "--sets", "1", "--due", "2021-04-30", "--what-if"],
    )
    assert done.exit_code == 0, done.output
    assert "per set and hour: one every 4.5 min" in done.stdout
    assert "in time for 2021-04-30: 0%; needs 389 each open day" in done.stdout
    assert "what if: a day / finished (! too late)" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 110


def test_without_a_scenario_the_built_in_ones_are_listed() -> None:
    done = runner.invoke(app, ["plan"])
    assert done.exit_code == 0
    assert "Sông Lô after: machines never wait" in done.stdout


def test_an_own_target_gets_an_end(tmp_path: Path) -> None:
    done = runner.invoke(
        app,
        [
            "plan",
            "aadhaar",
            "--target",
            "1000",
            "--done",
            "200",
            "--start",
            "2026-03-02",
            "--due",
            "2026-03-31",
            "--json",
        ],
    )
    end = json.loads(done.stdout)["finish"]
    assert end["left"] == 800
    assert "2026-03-19" <= end["day"] <= "2026-03-23"
    assert end["in_time"] == 1
