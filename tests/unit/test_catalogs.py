"""Catalogs are read as Babel reads them, and what is no plain catalog is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from hypothesis import given
from hypothesis import strategies as st

import controller.texts
import monitor.texts
from edge.catalogs import read_catalog

HEAD = 'msgid ""\nmsgstr "Language: vi\\n"\n\n'
CATALOGS = [
    path
    for room in (controller.texts, monitor.texts)
    for path in sorted(room.LOCALE.glob("*/LC_MESSAGES/*.po"))
]


def of_babel(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}


@pytest.mark.parametrize("path", CATALOGS, ids=lambda p: f"{p.stem}-{p.parts[-3]}")
def test_every_catalog_of_ours_is_read_as_babel_reads_it(path: Path) -> None:
    ours = read_catalog(path)
    assert ours == of_babel(path)
    assert len(ours) > 100


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"])
    | st.sampled_from('\n\t"\\')
)


@given(messages=st.dictionaries(words.filter(str.strip), words))
def test_what_babel_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, messages: dict[str, str]
) -> None:
    catalog = Catalog(locale="vi")
    for message, translation in messages.items():
        catalog.add(message, translation)
    path = tmp_path_factory.mktemp("catalog") / "some.po"
    with path.open("wb") as file:
        write_po(file, catalog, omit_header=True)
    assert read_catalog(path) == {id: text for id, text in messages.items() if text}


@pytest.mark.parametrize(
    "lines",
    [
        'msgctxt "menu"\nmsgid "Open"\nmsgstr "Mở"',
        'msgid "a day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} ngày"',
        '#, fuzzy\nmsgid "Close"\nmsgstr "Mở"',
        'msgid "Close',
        "msgid Close",
        'msgstr "Đóng"',
        '"Close"',
    ],
    ids=["context", "plural", "fuzzy", "cut short", "not quoted", "no id", "nothing before"],
)
def test_what_we_do_not_use_is_refused_with_its_line(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "some.po"
    path.write_text(lines if lines.startswith(('"', "msgstr")) else HEAD + lines)
    with pytest.raises(ValueError, match=r"some\.po:\d+: "):
        read_catalog(path)
