"""Tokens of a text: words and single marks, and what each is made of as numbers.

A token is a run of letters, digits and underscores, or one other mark. White space separates tokens and is
part of none, so a text that was cut into tokens elsewhere and joined by blanks gives these tokens or finer
ones.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np

TOKEN = re.compile(r"\w+|[^\w\s]")
CHARACTERS = 20  # of a longer token the first and the last ten
HIDDEN = 0
"""Word of a token that was hidden."""
PADDING, LOWER, UPPER, OTHER = 0, 95, 96, 97
KINDS = 98
"""Number of characters that are told apart: those of ASCII, other small and capital letters, and all else."""
_MOST_CACHED = 2**17


class Span(NamedTuple):
    """A token: its text, and its begin and end in the whole text."""

    text: str
    begin: int
    end: int


def spans(text: str) -> list[Span]:
    """Return the tokens of a text, in order; what lies between two is white space."""
    return [Span(found[0], *found.span()) for found in TOKEN.finditer(text)]


def tokens(text: str) -> list[str]:
    """Return the texts of the tokens."""
    return TOKEN.findall(text)


def normal(token: str) -> str:
    """Return a token in small letters, every digit as 0."""
    return re.sub(r"\d", "0", token.lower())


@lru_cache(_MOST_CACHED)
def word_code(token: str) -> int:
    """Return a number of 63 bits that is the same for tokens of equal `normal` form; never `HIDDEN`."""
    digest = hashlib.blake2b(normal(token).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "little") >> 1) or 1


@lru_cache(_MOST_CACHED)
def character_codes(token: str) -> bytes:
    """Return the codes of its characters, as many as `CHARACTERS`, with `PADDING` at the end."""
    half = CHARACTERS // 2
    shown = token if len(token) <= CHARACTERS else token[:half] + token[-half:]
    return bytes(_code(letter) for letter in shown).ljust(CHARACTERS, b"\0")


def _code(letter: str) -> int:
    number = ord(letter)
    if 32 < number < 127:
        return number - 32
    return LOWER if letter.islower() else UPPER if letter.isupper() else OTHER


def shown(codes: np.ndarray) -> str:
    """Return the text of a token from the codes of its characters; those outside ASCII are ``?``."""
    letters = ["?" if code >= LOWER else chr(code + 32) for code in codes.tolist() if code != PADDING]
    if len(letters) == CHARACTERS:
        letters.insert(CHARACTERS // 2, "…")  # letters may be missing here
    return "".join(letters) or "(hidden)"
