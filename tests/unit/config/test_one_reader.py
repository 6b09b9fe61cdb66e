"""One grammar for every file: the same mistake has the same words, whoever reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import controller.config
import edge.config
import monitor.config
from ground.config import ConfigErrors, key_paths
from ground.text import catalog
from tram.config_cli import config as command

BAD = """
[station]
code = "th0417"
name = "Bỉm Sơn"
address = "Nhà văn hoá"
region = "vn/thanh-hoa"
[uplink]
host = "10.0.0.1"
keep_alive_s = 60
port = 99999
"""
LINES = (
    "uplink.keep_alive_s: unknown key; did you mean uplink.keepalive_s?",
    'station.code: must be two capital letters and four digits, such as "TH0417" (was "th0417")',
    "uplink.port: must be a whole number from 1 to 65535 (was 99999)",
)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(BAD)
    return path


@pytest.mark.parametrize("load", [controller.config.load, edge.config.load])
def test_station_and_uplink_say_the_same_of_one_file(load: object, bad: Path) -> None:
    with pytest.raises(ConfigErrors) as refused:
        load(bad)  # type: ignore[operator]
    assert refused.value.lines == LINES


def test_the_region_tells_what_was_given_and_what_was_meant() -> None:
    with pytest.raises(ConfigErrors) as refused:
        monitor.config.read({"workers": [["a"]], "brokr": {}, "web": {"port": 99999}})
    assert refused.value.lines == (
        "brokr: unknown key; did you mean broker?",
        "web.port: must be a whole number from 0 to 65535 (was 99999)",
    )


def test_every_line_is_vietnamese_for_who_reads_vietnamese(bad: Path) -> None:
    with pytest.raises(ConfigErrors) as refused:
        controller.config.load(bad)
    said = refused.value.told("vi").splitlines()
    assert said[0] == f"Cấu hình {bad} có lỗi. Sửa các lỗi sau rồi khởi động lại:"
    assert said[1:] == [
        "  uplink.keep_alive_s: không có mục này; có phải uplink.keepalive_s không?",
        '  station.code: phải là hai chữ in hoa và bốn chữ số, ví dụ "TH0417" (đang là "th0417")',
        "  uplink.port: phải là số nguyên từ 1 đến 65535 (đang là 99999)",
    ]


def test_the_uplink_does_not_look_at_what_only_the_station_reads(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    good = BAD.replace("th0417", "TH0417").replace("keep_alive_s = 60\nport = 99999\n", "")
    path.write_text(good.replace('address = "Nhà văn hoá"', "desks = 99") + "[consol]\nport = 1\n")
    assert edge.config.load(path).uplink.group == "vn-thanh-hoa"


@pytest.mark.parametrize(
    "type_", [controller.config.Config, monitor.config.Settings, edge.config.EdgeConfig]
)
def test_every_rule_in_words_has_its_vietnamese(type_: type) -> None:
    from ground.config.rules import tables_of
    from ground.config.rules import words as rule

    assert len(key_paths(type_)) > 5
    for _, key in tables_of(type_):
        assert rule(key.type, key.rule).message in catalog().texts, key.name


def test_a_file_is_checked_before_a_program_is_started(bad: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(command, ["check", str(bad)])
    assert run.exit_code == 1
    for line in LINES:
        assert line in run.output
    good = tmp_path / "good.toml"
    good.write_text(
        BAD.replace("th0417", "TH0417")
        .replace("keep_alive_s", "keepalive_s")
        .replace("99999", "8883")
    )
    run = CliRunner().invoke(command, ["check", str(good)])
    assert (run.exit_code, run.output) == (
        0,
        f"{good}: whole; station TH0417, Bỉm Sơn, vn/thanh-hoa\n",
    )


def test_a_region_s_file_is_checked_as_the_region_s(tmp_path: Path) -> None:
    path = tmp_path / "some.toml"
    path.write_text('workers = [["vn-thanh-hoa"]]\n[web]\nprot = 1\n')
    run = CliRunner().invoke(command, ["check", str(path)])
    assert run.exit_code == 1
    assert "web.prot: unknown key; did you mean web.port?" in run.output


TREE = (
    "Mã;Tên địa bàn;Số người;Hạn;Bắt đầu;Số bộ;Số giờ\n"
    "vn;Việt Nam;;;;;\nvn/hue;Huế;80.000;31/12/2026;;2;8,5\n"
)


def checked_tree(tmp_path: Path, content: bytes) -> tuple[int, list[str]]:
    """Exit code and lines for a region whose tree holds ``content``."""
    tree, path = tmp_path / "region.csv", tmp_path / "monitor.toml"
    tree.write_bytes(content)
    path.write_text(f'workers = [["vn-hue"]]\nregion = "{tree}"\n')
    run = CliRunner().invoke(command, ["check", str(path)])
    return run.exit_code, run.output.replace(f"{tmp_path}/", "").splitlines()


def test_a_region_s_tree_is_checked_with_it_and_told_as_it_was_read(tmp_path: Path) -> None:
    assert checked_tree(tmp_path, TREE.replace("80.000", "80000").encode("utf-16")) == (
        0,
        [
            "monitor.toml: whole; the region, workers: 1",
            "2 places in the region tree",
            "Columns read: path = “Mã”, name = “Tên địa bàn”, population = “Số người”, "
            "due = “Hạn”, started = “Bắt đầu”, sets = “Số bộ”, hours = “Số giờ”.",
        ],
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            TREE.encode(),
            "  line 3, Số người: “80.000” is not a whole number of 0 or more; write digits only.",
        ),
        (TREE.encode("utf-16-be"), "  is not UTF-8 text"),
    ],
)
def test_what_is_wrong_with_a_tree_stops_the_region(
    tmp_path: Path, content: bytes, told: str
) -> None:
    code, lines = checked_tree(tmp_path, content)
    assert code == 1
    assert lines[0] == "The configuration region.csv has errors. Correct them and start again:"
    assert told in lines
