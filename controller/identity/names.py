"""Vietnamese names: tidied for keeping, folded for search, compared as a clerk would.

``hoà`` and ``hòa`` are two accepted spellings of one syllable (the tone mark wandered in the 1980s
school reform), so the comparison looks at letters and tone of each syllable, not at the place of
the mark.
"""

from __future__ import annotations

import re
import unicodedata

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")  # grave, acute, tilde, hook above, dot below
_MINORITY = "čČĕĔŏŎĭĬŭŬñÑƀɃ"  # letters of Ê Đê, Gia Rai and Ba Na names
_MARKED = frozenset(
    unicodedata.normalize("NFC", base + tone)
    for base in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    for tone in ("", *_TONES)
)
LETTERS = _MARKED | frozenset("đĐ" + _MINORITY)
"""Every marked letter (NFC) that a Vietnamese paper can carry, beside ASCII."""
_PUNCTUATION = "–—’‘“”…"
_READABLE = re.compile(f"[ ->@-~{''.join(sorted(LETTERS))}{_PUNCTUATION}]*")  # ASCII but for "?"


def tidy(written: str) -> str:
    """NFC, single spaces, none at the ends. Letter case is left as it is."""
    return " ".join(unicodedata.normalize("NFC", written).split())


def fold(name: str) -> str:
    """For search: lower case, no tones, no marks, đ = d, words parted by one space."""
    plain = unicodedata.normalize("NFD", name.casefold()).replace("đ", "d").replace("ƀ", "b")
    kept = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(kept).split())


def same(one: str, other: str) -> bool:
    """Equal but for letter case, spacing and the place of the tone mark within a syllable."""
    return _syllables(one) == _syllables(other)


def readable(written: str) -> bool:
    """Whether tidied text consists of letters and signs that Vietnamese papers use.

    False is a sign of mojibake: CJK from a Big5 guess, ``»`` and ``¯`` from a Latin-1 one, ``?``
    for letters that were lost.
    """
    return _READABLE.fullmatch(unicodedata.normalize("NFC", written)) is not None


def _syllables(name: str) -> list[tuple[str, str]]:
    result = []
    for word in unicodedata.normalize("NFD", name.casefold()).split():
        letters = "".join(c for c in word if c not in _TONES)
        tones = "".join(c for c in word if c in _TONES)
        result.append((unicodedata.normalize("NFC", letters), tones))
    return result
