"""Make up texts: random words of random letters. They stem from no data."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from typing import Any

TOKENS = 20, 60  # the least and the most
LETTERS = 2, 9
WORDS = 400


def invent(number: int, seed: int, reading: Mapping[str, Any], encoder: Mapping[str, Any]) -> list[str]:
    """Return texts of as many tokens as the reading allows."""
    chance = random.Random(seed)
    words = [
        "".join(chance.choices(string.ascii_lowercase, k=chance.randint(*LETTERS))) for _ in range(WORDS)
    ]
    least = max(TOKENS[0], reading.get("min_tokens", 1))
    most = max(TOKENS[1], least)
    if (longest := reading.get("max_tokens")) is not None:
        least, most = min(least, longest), min(most, longest)
    return [" ".join(chance.choices(words, k=chance.randint(least, most))) for _ in range(number)]
