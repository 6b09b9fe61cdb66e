"""A booth's folder gives nobody away: no name, number or picture in any file."""

from __future__ import annotations

import unicodedata

import pyrage

from edge.journal.events import Identified, IdentitySource, RosterOutcome
from tests.unit.vault.conftest import DOSSIER, NAME, NUMBER, Booth


def spellings(text: str) -> set[bytes]:
    """``text`` as it could lie in a file: composed, decomposed, without accents, any case."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    forms = {
        unicodedata.normalize("NFC", text),
        unicodedata.normalize("NFD", text),
        bare.replace("đ", "d").replace("Đ", "D"),
    }
    forms |= {form.replace(" ", separator) for form in forms for separator in "_-"}
    forms |= {change(form) for form in forms for change in (str.upper, str.lower)}
    return {form.encode(code) for form in forms for code in ("utf-8", "utf-16-le")} | {
        text.encode("unicode_escape")
    }


def test_names_numbers_and_pictures_are_in_no_file(booth: Booth, files: dict[str, bytes]) -> None:
    digests = {name: booth.artefacts.put(DOSSIER, name, data) for name, data in files.items()}
    booth.journal.append(
        Identified(
            outcome=RosterOutcome.UNCHANGED,
            source=IdentitySource.QR_SCANNER,
            person=booth.keys.person_digest(NUMBER),
            sealed=digests["data.json"],
        ),
        dossier=DOSSIER,
    )
    packet = booth.seal(files)

    family_name, *_, given_name = NAME.split()
    needles = {
        needle
        for text in (NAME, f"{family_name} {NAME.split()[1]}", f"Ánh {given_name}", NUMBER)
        for needle in spellings(text)
    }
    needles |= {data[40:72] for data in files.values()}
    paths = [path for path in booth.data.rglob("*") if path.is_file()]
    assert {"journal.db", f"{DOSSIER}.tram", "portrait.png.age"} <= {path.name for path in paths}
    for path in paths:
        content = path.read_bytes() + str(path).encode()
        assert not any(needle in content for needle in needles), path

    # The same search finds them once the region opens the packet: it can fail.
    opened = pyrage.decrypt(packet.path.read_bytes(), [booth.region])
    assert sum(needle in opened for needle in needles) >= len(files)
