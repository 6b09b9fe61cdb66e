"""What a packet's JSON must look like: checked by ``tram verify``, published in ``docs/schema``.

Both are made from the structs that the booth writes from, and from nothing else: ``Data``, the part
of every stage that this program knows, and ``Manifest``. A reader is as strict as the writer. What
it does not know, be it a key or a version, it refuses by name: half-read data could turn "forced"
into "good".
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
from msgspec.structs import fields

from controller import stages
from controller.dossier.data import SCHEMA, Data, Part
from controller.stages import Stage
from controller.vault import packet as form
from controller.vault.report import Report, shown
from ground.decode import Malformed, convert, from_json
from ground.text import N_

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_object = from_json(dict[str, Any])
_SAME = ("dossier", "station", "capture_class")
"""Keys that manifest and data both have, for whoever holds one of them alone."""


def check_data(content: bytes, manifest: form.Manifest, report: Report) -> None:
    """Tell ``report`` of everything that is wrong with ``content``, the signed ``data.json``.

    No value of it is quoted: most are somebody's name, number or address.
    """
    try:
        plain = _object(content)
    except Malformed as error:
        report.wrong(N_("data.json is malformed: {reason}."), reason=_reason(error)[0])
        return
    version = plain.get("schema")
    if type(version) is int and version > SCHEMA:
        report.wrong(
            N_("data.json has schema {found}; this program knows schema {known}. Update it first."),
            found=version,
            known=SCHEMA,
        )
        return
    before = len(report.problems)
    if msgspec.json.encode(plain) != content:
        report.wrong(N_("data.json is not in the station's form, or has a key twice."))
    known: set[str] = set()
    parts: dict[type[Part], bool] = {Data: True}
    parts |= {stage.part: _always(stage) for stage in stages.registered()}
    for part, needed in parts.items():
        known |= set(part.__struct_fields__)
        _check_part(plain, part, needed, report)
    for key in sorted(plain.keys() - known):
        report.wrong(
            N_("data.json has a key that this program does not know: {key}."), key=shown(key)
        )
    for key in _SAME:
        if isinstance(plain.get(key), str) and plain[key] != getattr(manifest, key):
            report.wrong(N_("data.json and manifest.json differ in {key}."), key=key)
    if len(report.problems) == before:
        report.proven(N_("data.json is of schema {known}"), known=SCHEMA)


def _always(stage: Stage) -> bool:
    """No packet is without this stage, whatever a booth takes."""
    return bool(stage.required)


def _check_part(plain: dict[str, Any], part: type[Part], needed: bool, report: Report) -> None:
    """All keys of a part are there, or none of one that a booth need not take."""
    if not needed and plain.keys().isdisjoint(part.__struct_fields__):
        return
    for field in fields(part):
        if field.name not in plain:
            report.wrong(N_("data.json lacks {key}."), key=field.name)
            continue
        try:
            convert(plain[field.name], field.type)
        except Malformed as error:
            reason, place = _reason(error)
            report.wrong(
                N_("data.json is wrong at {place}: {reason}."),
                place=shown(place.replace("$", field.name)),
                reason=reason,
            )


def _reason(error: Malformed) -> tuple[str, str]:
    """What msgspec says is wrong, without the value that it may quote, and where."""
    said = re.sub(r" (['\"]).*\1", "", str(error.__cause__), flags=re.DOTALL)
    reason, _, place = said.rpartition(" - at `") if " - at `" in said else (said, "", "$")
    return shown(reason), place.replace("`", "")


# ---- to be published -----------------------------------------------------------------------------


def published() -> dict[str, bytes]:
    """Files of ``docs/schema``, of the stages that this program knows (``setup/schema``)."""
    return {
        f"{name}-{version}.json": json.dumps(made, indent=2, ensure_ascii=False).encode() + b"\n"
        for name, version, made in (
            ("data", SCHEMA, data_schema()),
            ("manifest", form.SCHEMA, manifest_schema()),
        )
    }


def data_schema() -> Schema:
    """JSON Schema (draft 2020-12) of ``data.json``: ``Data`` and every stage's part in one."""
    every = stages.registered()
    _, shapes = msgspec.json.schema_components(
        (Data, *(stage.part for stage in every)), ref_template="#/$defs/{name}"
    )
    whole = shapes.pop(Data.__name__)
    together: dict[str, list[str]] = {}
    for stage in every:
        part = shapes.pop(stage.part.__name__)
        whole["properties"] |= part["properties"]
        if _always(stage):
            whole["required"] += part["required"]
        elif len(part["required"]) > 1:
            together |= {key: part["required"] for key in part["required"]}
    if together:
        whole["dependentRequired"] = together
    return _named("data", SCHEMA, whole, shapes)


def manifest_schema() -> Schema:
    """JSON Schema (draft 2020-12) of ``manifest.json``."""
    _, shapes = msgspec.json.schema_components((form.Manifest,), ref_template="#/$defs/{name}")
    whole = shapes.pop(form.Manifest.__name__)
    whole["properties"]["schema"]["const"] = form.SCHEMA
    return _named("manifest", form.SCHEMA, whole, shapes)


def _named(name: str, version: int, whole: Schema, shapes: Schema) -> Schema:
    head = {"$schema": DRAFT, "$id": f"urn:tram:schema:{name}:{version}", "title": f"{name}.json"}
    made: Schema = _plain(whole | head | {"$defs": shapes})  # ``title`` is the file's, not ours
    return {key: made[key] for key in (*head, *made)}


def _plain(value: Any) -> Any:
    """Descriptions in one line, and patterns in the dialect of JSON Schema (ECMA-262), which writes
    the end of a text as ``$``."""
    if isinstance(value, dict):
        return {key: _text(key, inner) for key, inner in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _text(key: str, value: Any) -> Any:
    if key == "description" and isinstance(value, str):
        return " ".join(value.replace("``", "").split())
    if key == "pattern" and isinstance(value, str):
        return value.replace(r"\Z", "$")
    return _plain(value)
