"""A technician sees every mistake of the configuration at once, each with its key and the rule."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from controller.config import Config, Lines, load, parse
from edge.journal.events import Position
from ground.config import ConfigErrors, key_paths
from ground.error import InputError

EXAMPLE = Path(__file__).parents[3] / "docs" / "station.toml"
STATION = """
[station]
code = "TH0417"
name = "Bỉm Sơn"
address = "Nhà văn hoá"
region = "vn/thanh-hoa/bim-son"
"""


def complaints(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigErrors) as refused:
        parse(text.encode())
    return refused.value.lines


def test_a_station_needs_four_lines_and_has_sensible_values_for_the_rest() -> None:
    config = parse(STATION.encode())
    assert config.station.code == "TH0417"
    assert (config.console.host, config.console.port) == ("127.0.0.1", 8080)
    assert config.policy.identity.minimum_age == 14
    assert config.paths.data == Path("/var/lib/tram")


def test_a_copy_of_the_example_is_no_booth_until_it_is_filled_in() -> None:
    with pytest.raises(ConfigErrors) as refused:
        load(EXAMPLE)
    begins = [line.split(": must be")[0] for line in refused.value.lines]
    assert begins == [f"station.{key}: fill in" for key in ("code", "name", "region", "address")]


def test_the_example_filled_in_is_a_configuration_and_says_the_true_defaults() -> None:
    opened = load_with_every_comment_opened()
    filled_in = parse(filled(EXAMPLE.read_text()).encode())
    assert filled_in == replace(
        opened, uplink=None, lines=Lines(), devices=replace(opened.devices, lines="")
    ), "a copy of it reports to nobody, and has no wires at the Pi's pins"
    wires = dict.fromkeys(("mains_fail", "battery_low", "service", "pico_run"))
    assert replace(opened.lines, **wires) == Lines()  # type: ignore[arg-type]
    least = parse(f'{STATION}[uplink]\nhost = "mqtt.vn-thanh-hoa.example"'.encode()).uplink
    assert opened.uplink is not None
    assert least == replace(
        opened.uplink,
        ca=None,
        cert=None,
        key=None,
        username="",
        password_file=None,
        command_key=b"",
        primary_host="",
    )


def filled(text: str) -> str:
    """With the values that the example's remarks name."""
    return re.sub(r'(?m)^([a-z]+ = )""( +# )(".+?")', r"\1\3\2", text)


def load_with_every_comment_opened() -> Config:
    text = filled(EXAMPLE.read_text()).replace('# lines = ""', 'lines = "lgpio:/dev/gpiochip0"')
    return parse(re.sub(r"(?m)^# (?=[a-z_]+ = |\[uplink\]$)", "", text).encode())


def test_the_example_names_every_key_outside_the_policy() -> None:
    text = EXAMPLE.read_text()
    for section, *keys in key_paths(Config):
        if section == "policy" or not keys:
            continue
        part = text.split(f"[{section}]")[1].split("\n[")[0]
        assert re.search(rf"(?m)^(# )?{keys[0]} = ", part), f"{section}.{keys[0]}"


def test_all_errors_come_at_once_each_with_key_rule_and_what_was_there() -> None:
    assert complaints(
        """
        [station]
        code = "TH41"
        name = "a\\tb"
        region = 2024-01-01
        time_zone = "Asia/Hanoi"
        desks = 9
        [console]
        port = "http"
        idle_lock_s = nan
        [printer]
        width_px = 400
        [voice]
        enabled = "yes"
        [policy.portrait]
        sharpness_min = "abc"
        tilt_max_deg = -1
        [paths]
        data = "var/lib"
        """
    ) == (
        'station.code: must be two capital letters and four digits, such as "TH0417" (was "TH41")',
        'station.name: must be one line of text of 1 to 120 characters (was "a\\tb")',
        "station.region: must be a path of small letters without accents, "
        'such as "vn/thanh-hoa/bim-son" (was 2024-01-01)',
        'station.time_zone: must be a time zone of the IANA list, such as "Asia/Ho_Chi_Minh" '
        '(was "Asia/Hanoi")',
        "station.address: is missing: must be one line of text of 1 to 120 characters",
        "station.desks: must be a whole number from 1 to 8 (was 9)",
        'console.port: must be a whole number from 0 to 65535 (was "http")',
        "console.idle_lock_s: must be a number > 0 and ≤ 86400 (was nan)",
        "printer.width_px: must be one of 384, 576 (was 400)",
        'voice.enabled: must be true or false (was "yes")',
        "policy.portrait.tilt_max_deg: must be a number ≥ 0 (was -1)",
        'policy.portrait.sharpness_min: must be a number ≥ 0 (was "abc")',
        'paths.data: must be an absolute path (was "var/lib")',
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[consol]\n", "consol: unknown key; did you mean console?"),
        ("[console]\nprot = 1", "console.prot: unknown key; did you mean console.port?"),
        ("[printer]\ndesks = 1", "printer.desks: unknown key; desks belongs at station.desks"),
        ("[voice]\nxyz = 1", "voice.xyz: unknown key; known here: enabled"),
        (
            "[policy.capture]\nfinger_trys = 2",
            "policy.capture.finger_trys: unknown key; did you mean policy.capture.finger_tries?",
        ),
        ('[voice]\n"a b" = 1', 'voice."a b": unknown key; known here: enabled'),
    ],
)
def test_an_unknown_key_is_told_with_the_one_that_was_meant(text: str, complaint: str) -> None:
    assert complaints(STATION + text) == (complaint,)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("finger_tries = 0", "a whole number from 1 to 9 (was 0)"),
        ("finger_tries = 0.5", "a whole number from 1 to 9 (was 0.5)"),
        ("finger_tries = 1.0", "a whole number from 1 to 9 (was 1.0)"),
        ("finger_quality_min = 101", "a whole number from 0 to 100 (was 101)"),
        ("portrait_automatic = 1", "true or false (was 1)"),
        (f"portrait_frames = {2**70}", "from 1 to 30 (was an integer beyond 64 bits)"),
    ],
)
def test_the_policy_has_limits_too(line: str, rule: str) -> None:
    (complaint,) = complaints(f"{STATION}[policy.capture]\n{line}")
    assert complaint.endswith(rule)


@pytest.mark.parametrize("order", ["[]", '["left_thumb", "left_thumb"]', '["thumb"]'])
def test_a_finger_order_is_of_known_fingers_none_twice(order: str) -> None:
    (complaint,) = complaints(f"{STATION}[policy.capture]\nfinger_order = {order}")
    assert complaint.startswith("policy.capture.finger_order")
    assert '"left_thumb"' in complaint


def test_a_region_may_set_its_own_finger_order() -> None:
    text = f'{STATION}[policy.capture]\nfinger_order = ["left_thumb", "right_thumb"]'
    order = parse(text.encode()).policy.capture.finger_order
    assert order == (Position.LEFT_THUMB, Position.RIGHT_THUMB)


def test_a_least_above_its_most_is_told_even_when_the_most_is_the_default() -> None:
    assert complaints(f"{STATION}[policy.portrait]\nface_light_min = 250") == (
        "policy.portrait.face_light_min: must be at most face_light_max, 225.0 (was 250)",
    )


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"a = 1\n[station", "line 2, column 9"),
        (b'a = 1\nb = "', "line 2, column 6"),
        (b"a = 1\nb\xff = 2", "is not UTF-8 text (line 2, column 2)"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_not_toml_is_told_with_its_place(data: bytes, complaint: str) -> None:
    with pytest.raises(ConfigErrors) as refused:
        parse(data)
    assert len(refused.value.lines) == 1
    assert complaint in refused.value.lines[0]


def test_an_editor_that_writes_a_byte_order_mark_does_no_harm() -> None:
    assert parse(b"\xef\xbb\xbf" + STATION.encode()).station.code == "TH0417"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.toml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(InputError) as refused:
            load(path)
        assert str(path) in str(refused.value)
        assert reason in str(refused.value)


def test_a_missing_section_names_the_keys_it_needs() -> None:
    assert [line.split(":")[0] for line in complaints("")] == [
        "station.code",
        "station.name",
        "station.region",
        "station.address",
    ]


@pytest.mark.parametrize("camera", ["", "picamera2:", "picamera2:1", "twin:/tmp/dev/camera"])
def test_the_ways_to_name_a_camera(camera: str) -> None:
    config = parse(f'{STATION}[devices]\ncamera = "{camera}"'.encode())
    assert config.devices.camera == camera


def test_mistakes_of_the_uplink_are_told_with_all_the_others() -> None:
    assert complaints(
        STATION.replace("TH0417", "TH41")
        + """
        [uplink]
        hots = "mqtt.vn-thanh-hoa.example"
        port = "mqtt"
        cert = "/etc/tram/station.pem"
        """
    ) == (
        "uplink.hots: unknown key; did you mean uplink.host?",
        'station.code: must be two capital letters and four digits, such as "TH0417" (was "TH41")',
        'uplink.host: is missing: must be a name or address, such as "mqtt.vn-thanh-hoa.example"',
        'uplink.port: must be a whole number from 1 to 65535 (was "mqtt")',
        "uplink.cert, uplink.key: a client certificate needs both",
    )


def test_the_uplinks_group_is_country_and_province_of_the_stations_region() -> None:
    config = parse(f'{STATION}[uplink]\nhost = "10.0.0.1"\ntls = false'.encode())
    assert config.uplink is not None
    assert (config.uplink.group, config.uplink.port) == ("vn-thanh-hoa", 1883)


def test_a_configuration_cannot_be_changed_behind_anyones_back() -> None:
    config = parse(STATION.encode())
    with pytest.raises(AttributeError):
        config.station.desks = 3  # type: ignore[misc]


def test_the_stages_are_known_ones_and_none_is_left_out_that_every_packet_needs() -> None:
    def with_stages(names: str) -> str:
        return f"{STATION}[policy.capture]\nstages = {names}\n"

    unknown, missing = complaints(with_stages('["fingers", "aura"]'))
    assert "there is no stage" in unknown
    assert "aura" in unknown
    assert missing == "policy.capture.stages: portrait is missing; no packet is without it"
    (twice,) = complaints(with_stages('["portrait", "portrait"]'))
    assert "none twice" in twice
    assert parse(with_stages('["portrait"]').encode()).policy.capture.stages == ("portrait",)
