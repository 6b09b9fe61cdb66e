"""The roster in memory: found by number, or by name and birth date without accents.

Search works on whole columns at once: the words that begin with what was typed are one range of
word ids, so "who has a word with this prefix" is one comparison over all rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.identity.birth import BirthDate
from controller.identity.names import fold
from controller.identity.person import Person
from controller.roster.columns import (
    SEXES,
    WORDS_MAX,
    Columns,
    birth_key,
    birth_of,
    day_of,
    number_key,
    number_of,
    pack,
    word_type,
)
from ground.error import InputError
from ground.text import N_

_LAST = "\U0010ffff"  # sorts after every continuation of a prefix


class Roster:
    """Read-only. Iterating gives every ``Person`` in the order of the file."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._numbers = np.frombuffer(columns.numbers, "<u8")
        self._old_numbers = np.frombuffer(columns.old_numbers, "<u8")
        self._births = np.frombuffer(columns.births, "<u4")
        self._enrolments = np.frombuffer(columns.enrolments, "<u4")
        self._residences = np.frombuffer(columns.residence_ids, "<u4")
        self._hamlets = np.frombuffer(columns.hamlet_ids, "<u4")
        self._words = np.frombuffer(columns.words, word_type(len(columns.vocabulary)))
        self._words = self._words.reshape(-1, max(1, len(self)))
        self._years = (self._births // 10_000).astype(np.uint16)
        both = np.concatenate((self._numbers, self._old_numbers))
        order = np.argsort(both, kind="stable")
        order = order[np.searchsorted(both[order], 1) :]  # without the rows that have no number
        self._keys = both[order]
        self._rows = (order % max(1, len(self))).astype(np.uint32)

    @classmethod
    def of(cls, people: Iterable[Person]) -> Roster:
        return cls(pack(people))

    def __repr__(self) -> str:
        return f"Roster({len(self)} people)"

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Person]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, row: int) -> Person:
        columns = self.columns
        return Person(
            number=number_of(int(self._numbers[row])),
            old_number=number_of(int(self._old_numbers[row])),
            name=columns.names[row],
            birth=birth_of(int(self._births[row])),
            sex=SEXES[columns.sexes[row]],
            residence=columns.residences[int(self._residences[row])],
            hamlet=columns.hamlets[int(self._hamlets[row])],
            enrolled_on=day_of(int(self._enrolments[row])),
        )

    @property
    def nbytes(self) -> int:
        """Memory of all columns and indexes; what Python adds is constant."""
        c = self.columns
        blocks = [c.numbers, c.old_numbers, c.births, c.enrolments, c.sexes, c.residence_ids]
        blocks += [c.hamlet_ids, c.words]
        blocks += [b for p in (c.names, c.residences, c.hamlets) for b in (p.text, p.starts)]
        indexes = self._years.nbytes + self._keys.nbytes + self._rows.nbytes
        return sum(block.nbytes for block in blocks) + indexes

    @property
    def hamlets(self) -> list[str]:
        """Every hamlet that is named, in order of appearance."""
        hamlets = self.columns.hamlets
        return [hamlets[row] for row in range(len(hamlets)) if hamlets[row]]

    def by_number(self, number: str) -> Person | None:
        """Who has or had this number (9 or 12 digits, see ``parse_number``).

        InputError when an old number leads to several people: provinces gave the same CMND number
        twice. The holder of a 12-digit number is always the one.
        """
        key = np.uint64(number_key(number))  # a Python int would have all keys converted
        begin, end = np.searchsorted(self._keys, key), np.searchsorted(self._keys, key, "right")
        rows = sorted({int(row) for row in self._rows[begin:end]}) if key else []
        if len(number) == 12 and len(rows) > 1:
            rows = [row for row in rows if self._numbers[row] == key] or rows
        if len(rows) > 1:
            raise InputError(
                "old number of several people",
                N_("{count} people have this number. Search by name and birth date instead."),
                count=len(rows),
            )
        return self[rows[0]] if rows else None

    def search(self, name: str, birth: BirthDate | None = None, limit: int = 20) -> list[Person]:
        """People whose name has a word beginning with each word of ``name``, in any order.

        Accents and case do not matter. ``birth`` narrows by what it states; people whose own date
        lacks that part stay in, because it is them who have to be found and referred. Best first:
        exact date, whole words, words in their place, no further words.
        """
        words = fold(name).split()[:WORDS_MAX]
        wanted = birth or BirthDate()
        if not words and not wanted.stated:
            return []
        rows = self._born(wanted)
        everybody = len(rows) == len(self)
        table = self._words if everybody else self._words.take(rows, axis=1)
        fits = np.ones(len(rows), bool)
        score = np.zeros(len(rows), np.int8)
        if wanted.stated:
            score += (self._births[rows] == birth_key(wanted)).view(np.int8) << 3
        for place, word in enumerate(words):
            self._narrow(table, fits, score, place, word)
        if len(words) < len(table):
            score += table[len(words)] == np.iinfo(table.dtype).max
        found = np.flatnonzero(fits)
        best = found[np.argsort(-score[found], kind="stable")[:limit]]
        return [self[int(row)] for row in rows[best]]

    def _born(self, wanted: BirthDate) -> NDArray[np.intp]:
        """Rows that the date does not exclude."""
        if not wanted.year:
            rows = np.arange(len(self))
        else:
            rows = np.flatnonzero((self._years == wanted.year) | (self._years == 0))
        for part, divisor in ((wanted.month, 100), (wanted.day, 1)):
            if part:
                value = self._births[rows] // np.uint32(divisor) % np.uint32(100)
                rows = rows[(value == part) | (value == 0)]
        return rows

    def _narrow(
        self,
        table: NDArray[np.unsignedinteger[Any]],
        fits: NDArray[np.bool_],
        score: NDArray[np.int8],
        place: int,
        word: str,
    ) -> None:
        """Leave the columns of ``table`` with a word that begins so; 4 points for the whole word,
        2 for its place. One pass over all takes less than picking out those that are left.
        """
        vocabulary, number = self.columns.vocabulary, table.dtype.type
        begin, end = bisect_left(vocabulary, word), bisect_left(vocabulary, word + _LAST)
        # unsigned: what sorts before the first id wraps round and is too big as well
        hits = (table - number(begin)) < number(end - begin)
        fits &= hits.any(axis=0)
        if place < len(hits):
            score += hits[place].view(np.int8) << 1
        if begin < end and vocabulary[begin] == word:
            score += (table == number(begin)).any(axis=0).view(np.int8) << 2
