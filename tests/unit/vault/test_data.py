"""``data.json``: the bytes are those of before, and two judges agree on what it may be: ours, and
a validator of JSON Schema that knows nothing but the published file."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller import stages
from controller.dossier.data import SCHEMA, Data, Part
from controller.stages.portrait.stage import PortraitStage
from controller.vault import packet
from controller.vault.packet import JournalLink, Manifest, Signer
from controller.vault.report import Report
from controller.vault.schema import check_data, published
from edge.journal import events as e
from edge.report.stages import Told

from .conftest import Booth
from .dossiers import DAO, ENDED
from .forgery import contents, forge, problems, resigned

BEFORE = Path(__file__).parent / "sealed_before"
"""``data.json`` as booths wrote it before there was a schema. These files never change."""
REPO = Path(__file__).parents[3]
DOCS = REPO / "docs" / "schema"


def by_schema(name: str = f"data-{SCHEMA}.json") -> Any:
    """A judge that has read the published file only."""
    schema = json.loads((DOCS / name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def manifest_of(data: dict[str, Any]) -> Manifest:
    """A manifest that says the same as ``data``."""
    same: Any = {key: data.get(key) for key in ("dossier", "station", "capture_class")}
    return Manifest(
        schema=1, created="", journal=JournalLink(1, ""), signer=Signer("", ""), files={}, **same
    )


def told(data: dict[str, Any], manifest: Manifest | None = None) -> list[str]:
    """What our check finds in ``data``."""
    report = Report()
    check_data(msgspec.json.encode(data), manifest or manifest_of(data), report)
    return [str(problem) for problem in report.problems]


@pytest.fixture
def data() -> dict[str, Any]:
    return json.loads(ENDED["by_card"]().written())  # type: ignore[no-any-return]


# ---- what was sealed before there was a schema ------------------------------------------------


@pytest.mark.parametrize("name", ENDED)
def test_the_bytes_are_those_of_before(name: str) -> None:
    assert ENDED[name]().written() == (BEFORE / f"{name}.json").read_bytes()


@pytest.mark.parametrize("path", sorted(BEFORE.iterdir()), ids=lambda path: path.stem)
def test_what_was_sealed_before_is_read(path: Path) -> None:
    data = json.loads(path.read_bytes())
    by_schema().validate(data)
    assert told(data) == []


# ---- the published files -----------------------------------------------------------------------


def test_the_published_schemas_are_what_the_program_goes_by() -> None:
    """Else: setup/schema. What makes a new version of them stands in docs/schema/README.md."""
    files = {path.name: path.read_bytes() for path in DOCS.glob("*.json")}
    assert files == published()


def test_a_manifest_is_of_its_schema(sealed: Booth) -> None:
    judge = by_schema(f"manifest-{packet.SCHEMA}.json")
    manifest = json.loads(contents(sealed)["manifest.json"])
    judge.validate(manifest)
    for change in ({"schema": 2}, {"notes": ""}, {"files": {"x": "y"}}):
        assert not judge.is_valid(manifest | change)


def test_every_key_is_explained_or_its_type_is() -> None:
    """Whoever writes a reader has the published file and nothing else."""

    def keys(shape: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        yield from shape.get("properties", {}).items()

    for name, content in published().items():
        schema = json.loads(content)
        for shape in (schema, *schema["$defs"].values()):
            for key, of in keys(shape):
                there = of.get("description") or "$ref" in of
                assert there or key in {"residence", "seq", "dossier"}, (name, key)


# ---- what is wrong -----------------------------------------------------------------------------


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in ``value``, itself not."""
    if not isinstance(value, dict | list):
        return
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, step)
        yield from places(inner, (*path, step))


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


ODD = [None, True, -1, 11, 101, 1.5, "", "x", "male", [], ["x"], {}, {"x": 1}]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_both_judges_agree_on_every_changed_file(draw: st.DataObject) -> None:
    name = draw.draw(st.sampled_from(sorted(ENDED)))
    data = json.loads((BEFORE / f"{name}.json").read_bytes())
    for _ in range(draw.draw(st.integers(1, 3))):
        path = draw.draw(st.sampled_from(list(places(data))))
        holder = at(data, path[:-1])
        match draw.draw(st.sampled_from(["gone", "odd", "more", "moved"])):
            case "gone":
                del holder[path[-1]]
            case "odd":
                holder[path[-1]] = copy.deepcopy(draw.draw(st.sampled_from(ODD)))
            case "more" if isinstance(holder, dict):
                holder[draw.draw(st.sampled_from(["notes", "signature", "x"]))] = 1
            case _:
                holder[path[-1]] = copy.deepcopy(
                    at(data, draw.draw(st.sampled_from(list(places(data)))))
                )
        if not data:
            break
    found = told(data)
    assert (not found) == by_schema().is_valid(data), found


def test_everything_that_is_wrong_is_told_at_once(data: dict[str, Any]) -> None:
    del data["region"], data["finger_quality_measure"]
    data["notes"] = ""
    data["outcome"] = "perhaps"
    data["person"]["birth"]["year"] = "1999"
    data["fingers"]["left_toe"] = data["fingers"].pop("left_thumb")
    data["card"]["secret"] = ""
    assert told(data) == [
        "data.json lacks region.",
        "data.json is wrong at person.birth.year: Expected `int`, got `str`.",
        "data.json is wrong at card: Object contains unknown field `secret`.",
        "data.json is wrong at outcome: Invalid enum value.",
        "data.json is wrong at key in fingers: Invalid enum value.",
        "data.json lacks finger_quality_measure.",
        "data.json has a key that this program does not know: notes.",
    ]


@pytest.mark.parametrize("found", [2, 17])
def test_a_newer_version_is_told_so_and_not_half_read(data: dict[str, Any], found: int) -> None:
    assert told(data | {"schema": found, "person": "of another shape", "new": 1}) == [
        f"data.json has schema {found}; this program knows schema 1. Update it first."
    ]


@pytest.mark.parametrize("found", [0, "1", None, True, 1.5])
def test_a_version_that_never_was_is_told_so(data: dict[str, Any], found: object) -> None:
    assert [text.partition(":")[0] for text in told(data | {"schema": found})] == [
        "data.json is wrong at schema"
    ]


def test_a_booth_without_fingers_says_nothing_of_them(data: dict[str, Any]) -> None:
    del data["fingers"], data["finger_quality_measure"]
    assert told(data) == []
    del data["portrait"]
    assert told(data) == ["data.json lacks portrait."], "no packet is without"


def test_data_of_another_packet_are_told_so(data: dict[str, Any]) -> None:
    other = data | {"dossier": "TH0417-000124-5", "station": "TH0418", "capture_class": "none"}
    assert told(data, manifest_of(other)) == [
        "data.json and manifest.json differ in dossier.",
        "data.json and manifest.json differ in station.",
        "data.json and manifest.json differ in capture_class.",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "data.json is malformed: Input data was truncated."),
        (b"[1]", "data.json is malformed: Expected `object`, got `array`."),
        (b'{"name":"\xff"}', "data.json is malformed: "),
        (b"[" * 100_000, "data.json is malformed: "),
    ],
)
def test_what_is_no_json_is_told_so(data: dict[str, Any], content: bytes, said: str) -> None:
    report = Report()
    check_data(content, manifest_of(data), report)
    assert [str(problem).startswith(said) for problem in report.problems] == [True]


def test_two_readers_cannot_read_it_differently(data: dict[str, Any]) -> None:
    """Of a key that is there twice, one takes the first and another the last."""
    content = msgspec.json.encode(data)
    other = content.replace(b'"region":', b'"region":"vn/ha-noi","region":')
    for changed in (other, content + b"\n", content.replace(b",", b", ")):
        report = Report()
        check_data(changed, manifest_of(data), report)
        assert [str(problem) for problem in report.problems] == [
            "data.json is not in the station's form, or has a key twice."
        ]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_finding_quotes_what_it_found(draw: st.DataObject) -> None:
    data = json.loads(ENDED["by_card"]().written())
    secret = draw.draw(st.sampled_from([DAO.name, DAO.number, "Đào' - at `$.x", "a\nĐào'\n'b"]))
    path = draw.draw(st.sampled_from(list(places(data))))
    at(data, path[:-1])[path[-1]] = secret
    text = "\n".join(told(data))
    for word in (secret, ascii(secret)[1:-1], "ào", "e0o", DAO.number[:6]):
        assert word not in text


# ---- through the whole check -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"person": None}, "data.json is wrong at person: Expected `object`, got `null`."),
        ({"region": ...}, "data.json lacks region."),
        ({"notes": "x"}, "data.json has a key that this program does not know: notes."),
        (
            {"schema": 2},
            "data.json has schema 2; this program knows schema 1. Update it first.",
        ),
    ],
    ids=["type", "missing", "unknown", "newer"],
)
def test_a_packet_that_its_station_signed_is_refused_all_the_same(
    sealed: Booth, data: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    changed = {key: value for key, value in (data | change).items() if value is not ...}
    content = msgspec.json.encode(changed)
    files = contents(sealed) | {"data.json": content}

    def listed(manifest: Manifest) -> Manifest:
        digest = hashlib.sha256(content).hexdigest()
        return msgspec.structs.replace(manifest, files=manifest.files | {"data.json": digest})

    forge(sealed, resigned(sealed, files, listed))
    assert problems(sealed) == [said]


# ---- a stage's keys ----------------------------------------------------------------------------


class Taken(Part, frozen=True):
    delivery: int


class Grasping(PortraitStage):
    name = "grasping"
    part = Taken  # type: ignore[assignment]  # the portrait's other answers are not asked for
    device = e.Device.POWER
    events = frozenset()
    told = Told("grasping", e.Device.POWER, 0, {})


def test_a_stage_cannot_take_a_key_that_there_is() -> None:
    assert "delivery" in Data.__struct_fields__
    with pytest.raises(ValueError, match="has a key of the stage grasping already"):
        stages.register(Grasping())
    assert "grasping" not in stages.names()
