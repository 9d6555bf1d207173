"""Text as an index sees it: normalised code points, and hashed windows of them.

Everything works on many texts at once, laid end to end in one array beside an array that says whose each item is:
a Python loop over the characters of a tenant's documents would take seconds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Owners = NDArray[np.int32]
Hashes = NDArray[np.uint32]
Numbers = NDArray[np.float64]

_SPACE = 32
_PLANE = 0x10000
_DIGITS = (ord("0"), ord("9"))
_VOWELS = np.array([ord(letter) for letter in "аеиоуыэюяйьъ"], np.uint32)
_MIX = np.uint64(0x9E3779B97F4A7C15)


def _table() -> Codes:
    """Return what each code point counts as: letters in lower case, ё as е, all that is no word as a space."""
    table = np.full(_PLANE + 1, _SPACE, np.uint32)
    for code in range(_PLANE):
        character = chr(code)
        if character.isalnum():
            lower = character.lower()
            table[code] = ord(lower) if len(lower) == 1 else code
    table[[ord("ё"), ord("Ё")]] = ord("е")
    return table


_TABLE = _table()


def codes(texts: Sequence[str]) -> tuple[Codes, Owners]:
    """Return the normalised code points of the texts, and the place in `texts` each is from.

    Every text begins and ends with a space, and no two spaces of a text stand together.
    """
    joined = "".join(f" {text} " for text in texts)
    raw = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    owners = np.repeat(np.arange(len(texts), dtype=np.int32), [len(text) + 2 for text in texts])
    return _single_spaced(_TABLE[np.minimum(raw, _PLANE)], owners)


def skeleton(letters: Codes, owners: Owners) -> tuple[Codes, Owners]:
    """Drop Russian vowels and the second of two like letters: what endings and most typing errors leave alone."""
    kept = ~np.isin(letters, _VOWELS)
    letters, owners = letters[kept], owners[kept]
    is_digit = (letters >= _DIGITS[0]) & (letters <= _DIGITS[1])
    is_second = np.zeros(len(letters), bool)
    is_second[1:] = (letters[1:] == letters[:-1]) & ~is_digit[1:] & (letters[1:] != _SPACE)
    return _single_spaced(letters[~is_second], owners[~is_second])


def grams(letters: Codes, owners: Owners, length: int) -> tuple[Hashes, Owners]:
    """Return the hash of every window of `length` code points that lies within one text, and whose it is.

    With 32 bits about one pair in a vocabulary of 100 000 collides.
    """
    count = max(len(letters) - length + 1, 0)
    hashes = np.zeros(count, np.uint64)
    for place in range(length):
        hashes += letters[place : place + count]
        hashes *= _MIX
        hashes ^= hashes >> np.uint64(29)
    is_whole = owners[:count] == owners[length - 1 :]
    return (hashes[is_whole] >> np.uint64(32)).astype(np.uint32), owners[:count][is_whole]


def words(letters: Codes) -> tuple[NDArray[np.int64], Numbers]:
    """Return for each code point the place of its word, and how many letters that has, at least one.

    A space belongs to the word after it.
    """
    places = np.cumsum(letters == _SPACE)
    return places, np.maximum(np.bincount(places)[places] - 1.0, 1.0)


def is_within_word(letters: Codes, length: int) -> NDArray[np.bool_]:
    """Tell of each window whether it crosses no border of words; it may take in the one before a word.

    Of a word that is shorter than a window, that is all of it with both of its borders.
    """
    is_space = np.lib.stride_tricks.sliding_window_view(letters == _SPACE, length)
    within: NDArray[np.bool_] = ~is_space[:, 1:-1].any(axis=1) & (is_space[:, 0] | ~is_space[:, -1])
    return within


def _single_spaced(letters: Codes, owners: Owners) -> tuple[Codes, Owners]:
    kept = np.ones(len(letters), bool)
    kept[1:] = (letters[1:] != _SPACE) | (letters[:-1] != _SPACE) | (owners[1:] != owners[:-1])
    return letters[kept], owners[kept]
