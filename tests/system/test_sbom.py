"""The bill of materials: valid CycloneDX, and what the lock holds, no more and no less."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.patience import CEILING_S

REPO = Path(__file__).parents[2]
SETS = ("booth", "region", "dev")


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The bill of each set, as text."""
    folder = tmp_path_factory.mktemp("sbom")
    subprocess.run(
        [REPO / "setup" / "sbom", folder], check=True, capture_output=True, timeout=CEILING_S
    )
    return {name: (folder / f"tram-{name}.cdx.json").read_text() for name in SETS}


def hashes(component: dict[str, Any]) -> set[str]:
    return {
        found["content"]
        for reference in component["externalReferences"]
        for found in reference.get("hashes", [])
    }


@pytest.mark.parametrize("name", SETS)
def test_the_bill_is_valid_cyclonedx(bills: dict[str, str], name: str) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(bills[name]) is None
    nameless = re.sub(r'"name":', '"nome":', bills[name], count=1)
    assert validator.validate_str(nameless) is not None, "it would complain"


@pytest.mark.parametrize("name", SETS)
def test_the_bill_is_the_lock_with_every_hash(bills: dict[str, str], name: str) -> None:
    lock = (REPO / "setup" / "lock" / f"{name}.txt").read_text().replace("\\\n", " ")
    locked = {
        f"pkg:pypi/{package}@{version}": set(re.findall(r"--hash=sha256:([0-9a-f]{64})", rest))
        for package, version, rest in re.findall(r"(?m)^([a-z0-9-]+)==([^ ;]+)(.*)$", lock)
    }
    billed = {part["purl"]: hashes(part) for part in json.loads(bills[name])["components"]}
    assert billed == locked


def test_the_bill_says_whose_it_is(bills: dict[str, str]) -> None:
    component = json.loads(bills["booth"])["metadata"]["component"]
    assert component["name"] == "tram"
    assert component["licenses"][0]["license"]["id"] == "Apache-2.0"
