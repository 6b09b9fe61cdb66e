"""/metrics as Prometheus' own tool reads it, and the alert rules as it runs them."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, insert, update

from ground.hours import VIETNAM
from monitor.store.schema import alarm, figure, ledger, place
from monitor.watch.metrics import alert_rules, exposition
from tests.system.monitor.alarms_rows import add_booth, die, lose, seal, tell

TEN = int(datetime(2026, 11, 23, 10, tzinfo=VIETNAM).timestamp() * 1000)
BIM_SON = {"station": "TH0001", "place": "vn/thanh-hoa/bim-son"}
CASES = Path(__file__).parent / "metrics_cases.yml"
PROMTOOL = shutil.which("promtool") or "promtool (setup/apt.txt: prometheus)"


@pytest.fixture
def region(engine: Engine) -> Engine:
    """Three booths; one is away, one has a broken camera, one lacks facts and has an alarm."""
    with engine.begin() as connection:
        connection.execute(
            insert(place).values(path="vn/thanh-hoa/bim-son", name="Bỉm Sơn", population=44_000)
        )
        for code in ("TH0001", "TH0002", "TH0003"):
            add_booth(connection, code, TEN - 60_000)
        tell(connection, "TH0001", TEN, {"Queue/Walk-in": 7, "Queue/Priority": 2, "Line/Pace": 21})
        seal(connection, "TH0001", TEN, 55)
        tell(connection, "TH0002", TEN, {"State": "failed", "Fault": "hung"}, "camera")
        # A device that fails says so and dies: its figures are stale then (DDEATH).
        connection.execute(update(figure).where(figure.c.device == "camera").values(stale=True))
        lose(connection, "TH0001", TEN, "printer")
        die(connection, "TH0003", TEN)
        connection.execute(
            update(ledger).where(ledger.c.station == "TH0001").values(through=40, total=52)
        )
        for n, said in enumerate((None, None, TEN)):
            connection.execute(
                insert(alarm).values(
                    kind="lid_open",
                    place="vn/thanh-hoa/bim-son",
                    station=f"TH000{n}",
                    severity=1,
                    raised_at=TEN,
                    acknowledged_at=said,
                )
            )
    return engine


def value(text: bytes, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return None


def promtool(*arguments: str | Path, stdin: bytes = b"") -> str:
    done = subprocess.run(
        [PROMTOOL, *map(str, arguments)], input=stdin, capture_output=True, check=False
    )
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


def test_the_output_passes_prometheus_own_linter(region: Engine) -> None:
    said = promtool("check", "metrics", stdin=exposition(region, TEN))
    assert said.strip() == ""


def test_what_the_store_holds_is_what_is_told(region: Engine) -> None:
    text = exposition(region, TEN + 30_000)
    assert value(text, "tram_booth_online", **BIM_SON) == 1
    assert value(text, "tram_booth_online", station="TH0003") == 0
    assert value(text, "tram_booth_waiting", **BIM_SON) == 9
    assert value(text, "tram_booth_pace_per_hour", **BIM_SON) == 21
    assert value(text, "tram_booth_sealed_today", **BIM_SON) == 55
    assert value(text, "tram_device_failed", station="TH0002", device="camera", fault="hung") == 1
    assert value(text, "tram_device_failed", **BIM_SON, device="printer", fault="") == 1
    assert value(text, "tram_device_failed", **BIM_SON, device="camera") is None
    assert value(text, "tram_facts_missing", **BIM_SON) == 10
    assert value(text, "tram_facts_coming", **BIM_SON) == 2
    assert value(text, "tram_facts_missing", station="TH0002") == 0
    where = {"place": "vn/thanh-hoa/bim-son"}
    assert value(text, "tram_place_population", **where) == 44_000
    assert value(text, "tram_place_booths", **where) == 3
    assert value(text, "tram_place_booths_online", **where) == 2
    assert value(text, "tram_place_dossiers_today", **where, outcome="sealed") == 55
    assert value(text, "tram_place_dossiers_today", **where, outcome="referred") == 1
    assert value(text, "tram_alarms_open", kind="lid_open", acknowledged="no") == 2
    assert value(text, "tram_alarms_open", kind="lid_open", acknowledged="yes") == 1
    assert value(text, "tram_heard_age_seconds") == 30


def test_a_booth_that_is_away_has_no_figures_of_now(region: Engine) -> None:
    text = exposition(region, TEN)
    assert value(text, "tram_booth_waiting", station="TH0003") is None
    assert value(text, "tram_booth_pace_per_hour", station="TH0003") is None
    assert value(text, "tram_facts_held_total", station="TH0003") == 50


def test_an_empty_region_can_be_scraped_too(engine: Engine) -> None:
    assert promtool("check", "metrics", stdin=exposition(engine, TEN)).strip() == ""


def test_every_metric_of_the_rules_is_told(region: Engine) -> None:
    text = exposition(region, TEN).decode()
    rules = alert_rules().read_text()
    named = set(re.findall(r"\btram_[a-z_]+", rules))
    assert named
    for name in named:
        assert f"# TYPE {name} " in text, name


def test_the_rules_are_right_and_do_what_they_say(tmp_path: Path) -> None:
    """promtool runs them over made-up series: who is told, when, and who is not."""
    assert "7 rules found" in promtool("check", "rules", alert_rules())
    cases = tmp_path / "cases.yml"
    cases.write_text(CASES.read_text().replace("RULES", str(alert_rules())))
    assert "SUCCESS" in promtool("test", "rules", cases)
