"""The uplink's part of station.toml: every mistake at once, with its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import NO_REGION, load
from edge.journal.terms import Device
from ground.config import ConfigErrors

STATION = (
    '[station]\ncode = "TH0417"\nname = "Bỉm Sơn"\naddress = "x"\nregion = "vn/thanh-hoa/bim-son"\n'
)
KEY = "6b" * 32


def written(folder: Path, text: str) -> Path:
    path = folder / "station.toml"
    path.write_text(text)
    return path


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    config = load(written(tmp_path, STATION + '[uplink]\nhost = "mqtt.example"\n'))
    assert (config.code, config.time_zone) == ("TH0417", "Asia/Ho_Chi_Minh")
    assert config.data == Path("/var/lib/tram")
    assert config.devices == ()
    uplink = config.uplink
    assert (uplink.group, uplink.port, uplink.tls) == ("vn-thanh-hoa", 8883, True)


def test_all_of_it(tmp_path: Path) -> None:
    text = (
        STATION + '[devices]\npico = "/dev/pico"\ncamera = ""\n[paths]\ndata = "/srv/tram"\n'
        '[uplink]\nhost = "10.0.0.1"\nport = 1884\ngroup = "g"\n'
        'cert = "/c"\nkey = "/k"\nca = "/a"\n'
        f'keepalive_s = 60\ncommand_key = "{KEY}"\nprimary_host = "h"\nspool_mb = 2\n'
    )
    config = load(written(tmp_path, text))
    assert config.devices == (Device.PERIPHERALS, Device.PRINTER)
    assert config.uplink.command_key == bytes.fromhex(KEY)
    assert (config.uplink.cert, config.uplink.key) == (Path("/c"), Path("/k"))


def test_without_a_broker_there_is_no_tls_port(tmp_path: Path) -> None:
    config = load(written(tmp_path, STATION + '[uplink]\nhost = "h"\ntls = false\n'))
    assert config.uplink.port == 1883


def test_a_booth_without_a_region_is_told_how_to_join_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as error:
        load(written(tmp_path, STATION))
    assert error.value.advice == NO_REGION


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = (
        '[station]\ncode = "th1"\nname = "x"\nregion = "VN"\n'
        '[uplink]\nport = "1883"\ntls = 1\nkeepalive_s = 0\ncommand_key = "abc"\ncert = "/c"\n'
        'username = "u"\nspool_mb = true\nhots = "x"\n'
    )
    with pytest.raises(ConfigErrors) as error:
        load(written(tmp_path, text))
    keys = [line.split(":")[0] for line in error.value.lines]
    assert keys == [
        "uplink.hots",
        "station.code",
        "station.region",
        "uplink.host",
        "uplink.port",
        "uplink.tls",
        "uplink.keepalive_s",
        "uplink.command_key",
        "uplink.spool_mb",
        "uplink.cert, uplink.key",
        "uplink.username, uplink.password_file",
    ]


def test_a_secret_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as error:
        load(written(tmp_path, STATION + '[uplink]\nhost = "h"\ncommand_key = "s3cret"\n'))
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("text", ["[", "\x00", 'a = "\\ud800"', "[uplink]\nhost = 1979-05-27\n"])
def test_what_is_no_configuration_is_said_so(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigErrors):
        load(written(tmp_path, text))
