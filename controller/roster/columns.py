"""The roster's columns: what is kept in memory and, byte for byte, in the sealed file.

Rows as Python objects would take some 600 bytes a person; columns of machine integers and packed
texts take about a tenth and can be searched at once. Everything is little-endian, so that a file
sealed on one machine opens on another.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from controller.identity.birth import BirthDate
from controller.identity.names import fold
from controller.identity.person import Person, Sex

SCHEMA = 1
WORDS_MAX = 8
"""Words of a name that are searched; more are kept but not indexed."""
NO_WORD = 0xFFFF_FFFF
SEXES: tuple[Sex | None, ...] = (None, Sex.MALE, Sex.FEMALE)


class Packed(msgspec.Struct, frozen=True):
    """Many short texts. ``starts``: n + 1 uint32 offsets into the UTF-8 ``text``."""

    text: memoryview
    starts: memoryview

    def __repr__(self) -> str:
        return "Packed(…)"

    def __len__(self) -> int:
        return len(self.starts) // 4 - 1

    def __getitem__(self, index: int) -> str:
        begin, end = np.frombuffer(self.starts, "<u4", 2, index * 4)
        return str(self.text[begin:end], "utf-8")


class Columns(msgspec.Struct, frozen=True):
    """n rows. Integer columns as raw little-endian bytes of the type named.

    numbers, old_numbers       uint64: ``number_key``, 0 = none
    births, enrolments         uint32: yyyymmdd, unknown parts 00
    sexes                      uint8: index into ``SEXES``
    residence_ids, hamlet_ids  uint32: row of the distinct texts
    words                      (words of the longest name, n): rows of ``vocabulary``, or the
                               type's maximum for no word; ``word_type``
    vocabulary                 folded words of all names, sorted by code point
    """

    schema: int
    numbers: memoryview
    old_numbers: memoryview
    births: memoryview
    enrolments: memoryview
    sexes: memoryview
    names: Packed
    residence_ids: memoryview
    residences: Packed
    hamlet_ids: memoryview
    hamlets: Packed
    words: memoryview
    vocabulary: tuple[str, ...]

    def __post_init__(self) -> None:
        """Anybody can seal to the public shift key: ValueError when columns are not of one length
        (msgspec turns it into a ValidationError when decoding)."""
        n = len(self.numbers) // 8
        words = word_type(len(self.vocabulary)).itemsize * n
        if not (
            {len(self.numbers), len(self.old_numbers)} == {8 * n}
            and {len(c) for c in (self.births, self.enrolments)} == {4 * n}
            and {len(c) for c in (self.residence_ids, self.hamlet_ids)} == {4 * n}
            and len(self.sexes) == len(self.names) == n
            and (len(self.words) % words == 0 if words else not self.words)
        ):
            raise ValueError("columns of different length")

    def __repr__(self) -> str:
        return "Columns(…)"


def word_type(vocabulary: int) -> np.dtype[np.unsignedinteger[Any]]:
    """Smallest type for that many word ids and one more for "no word"."""
    return np.dtype("<u2" if vocabulary < 0xFFFF else "<u4")


def number_key(number: str) -> int:
    """9 and 12 digits as one integer each that keeps leading zeros; 0 for no number."""
    return int("1" + number) if number else 0


def number_of(key: int) -> str:
    return str(key)[1:] if key else ""


def birth_key(birth: BirthDate) -> int:
    return birth.year * 10_000 + birth.month * 100 + birth.day


def birth_of(key: int) -> BirthDate:
    return BirthDate(key // 10_000, key // 100 % 100, key % 100)


def day_key(iso: str) -> int:
    return int(iso.replace("-", "")) if iso else 0


def day_of(key: int) -> str:
    return f"{key // 10_000:04d}-{key // 100 % 100:02d}-{key % 100:02d}" if key else ""


def pack(people: Iterable[Person]) -> Columns:
    """Columns of validated people, in their order. One pass; people are not kept."""
    numbers, old_numbers = array("Q"), array("Q")
    births, enrolments, sexes = array("I"), array("I"), bytearray()
    names, residences, hamlets = _Texts(), _Texts(), _Texts()
    residence_ids, hamlet_ids = array("I"), array("I")
    words, vocabulary = array("I"), _Vocabulary()
    for person in people:
        numbers.append(number_key(person.number))
        old_numbers.append(number_key(person.old_number))
        births.append(birth_key(person.birth))
        enrolments.append(day_key(person.enrolled_on))
        sexes.append(SEXES.index(person.sex))
        names.add(person.name)
        residence_ids.append(residences.add_once(person.residence))
        hamlet_ids.append(hamlets.add_once(person.hamlet))
        words.extend(vocabulary.ids(person.name))
    return Columns(
        schema=SCHEMA,
        numbers=_column(numbers, "<u8"),
        old_numbers=_column(old_numbers, "<u8"),
        births=_column(births, "<u4"),
        enrolments=_column(enrolments, "<u4"),
        sexes=memoryview(bytes(sexes)),
        names=names.packed(),
        residence_ids=_column(residence_ids, "<u4"),
        residences=residences.packed(),
        hamlet_ids=_column(hamlet_ids, "<u4"),
        hamlets=hamlets.packed(),
        words=vocabulary.sorted_matrix(words),
        vocabulary=tuple(sorted(vocabulary.known)),
    )


def _column(values: array[int], dtype: str) -> memoryview:
    return _block(np.array(values, dtype))


def _block(values: NDArray[np.generic]) -> memoryview:
    return memoryview(values.tobytes())


class _Texts:
    def __init__(self) -> None:
        self._text = bytearray()
        self._starts = array("I", [0])
        self._rows: dict[str, int] = {}

    def add(self, text: str) -> None:
        self._text += text.encode()
        self._starts.append(len(self._text))

    def add_once(self, text: str) -> int:
        row = self._rows.get(text)
        if row is None:
            row = self._rows[text] = len(self._starts) - 1
            self.add(text)
        return row

    def packed(self) -> Packed:
        return Packed(memoryview(bytes(self._text)), _column(self._starts, "<u4"))


class _Vocabulary:
    """Word ids in order of appearance, turned into ids in sorted order at the end, so that the
    words with one prefix are one range of ids."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self._written: dict[str, tuple[int, ...]] = {}

    def ids(self, name: str) -> list[int]:
        found: list[int] = []
        for written in name.split():
            ids = self._written.get(written)
            if ids is None:
                plain = fold(written).split()
                ids = tuple(self.known.setdefault(word, len(self.known)) for word in plain)
                self._written[written] = ids
            found.extend(ids)
        return (found + [NO_WORD] * WORDS_MAX)[:WORDS_MAX]

    def sorted_matrix(self, words: array[int]) -> memoryview:
        matrix = np.array(words, "<u4").reshape(-1, WORDS_MAX).T
        matrix = matrix[(matrix != NO_WORD).any(axis=1)]
        dtype = word_type(len(self.known))
        place = np.full(len(self.known) + 1, np.iinfo(dtype).max, dtype)
        for row, word in enumerate(sorted(self.known)):
            place[self.known[word]] = row
        return _block(np.ascontiguousarray(place[np.minimum(matrix, len(self.known))]))
