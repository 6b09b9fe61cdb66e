"""Catalogs are read as Babel reads them, and one that is not plain is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from hypothesis import given
from hypothesis import strategies as st

from ground.text import LOCALE
from ground.text.catalog import joined, read_catalog

HEAD = 'msgid ""\nmsgstr "Language: vi\\n"\n\n'
CATALOGS = sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))


def of_babel(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Texts and plurals."""
    with path.open("rb") as file:
        read = [m for m in read_po(file) if m.id]
    texts = {str(m.id): str(m.string) for m in read if isinstance(m.id, str) and m.string}
    plurals = {}
    for message in read:
        if not isinstance(message.id, str):
            one, many = message.id
            texts[one], plurals[one] = next(iter(message.string or ())), many
    return texts, plurals


@pytest.mark.parametrize("path", CATALOGS, ids=lambda p: f"{p.stem}-{p.parts[-3]}")
def test_every_catalog_of_ours_is_read_as_babel_reads_it(path: Path) -> None:
    ours = read_catalog(path)
    assert (ours.texts, ours.plurals) == of_babel(path)
    assert len(ours.texts) > 40


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
    assert read_catalog(path).texts == {id: text for id, text in messages.items() if text}


def test_two_files_may_say_the_same_but_not_differ(tmp_path: Path) -> None:
    one, same, other = (tmp_path / f"{name}.po" for name in ("one", "same", "other"))
    for path, said in ((one, "Mở"), (same, "Mở"), (other, "Mở ra")):
        path.write_text(f'{HEAD}msgid "Open"\nmsgstr "{said}"\n')
    assert joined([one, same]).texts == {"Open": "Mở"}
    with pytest.raises(ValueError, match=r"other\.po: said otherwise"):
        joined([one, other])


@pytest.mark.parametrize(
    "lines",
    [
        'msgctxt "menu"\nmsgid "Open"\nmsgstr "Mở"',
        'msgid "a day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} ngày"\nmsgstr[1] "{n} ngày"',
        'msgid "a day"\nmsgid_plural "{n} days"\nmsgstr "{n} ngày"',
        'msgid "a day"\nmsgstr[0] "{n} ngày"',
        'msgid "Open"\nmsgstr "Mở"\n\nmsgid "Open"\nmsgstr "Mở ra"',
        '#, fuzzy\nmsgid "Close"\nmsgstr "Mở"',
        'msgid "Close',
        "msgid Close",
        'msgstr "Đóng"',
        '"Close"',
    ],
    ids=[
        "context",
        "two forms",
        "plural without forms",
        "form without plural",
        "twice",
        "fuzzy",
        "cut short",
        "not quoted",
        "no id",
        "nothing before",
    ],
)
def test_what_we_do_not_use_is_refused_with_its_line(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "some.po"
    path.write_text(lines if lines.startswith(('"', "msgstr")) else HEAD + lines)
    with pytest.raises(ValueError, match=r"some\.po:(\d+:)? "):
        read_catalog(path)
