"""How long the sentences of a page are: its prose, without code, tables, headings and addresses."""

from __future__ import annotations

import re

DROPPED = re.compile(r"^ *```.*?^ *```|^(?:    [^\n]*\n)+|<!--.*?-->|^#.*?$|^ *\|.*?$", re.M | re.S)
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
ITEM = re.compile(r"^ *(?:[-*]|\d+\.) +", re.M)
SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”»)*_`]*\s+(?=[\"'“«(*_`\[]*[A-Z0-9`])")
WORD = re.compile(r"[^\W_]+(?:[-'’./,][^\W_]+)*")


def prose(text: str) -> list[str]:
    """Paragraphs and items of a list, with code words in place of code."""
    text = LINK.sub(r"\1", re.sub(r"`[^`]*`", "Code", DROPPED.sub("\n\n", text)))
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", ITEM.sub("\n\n", text)) if part.strip()]


def sentences(text: str) -> list[str]:
    """The sentences of a page."""
    found = [sentence for part in prose(text) for sentence in SENTENCE_END.split(part)]
    return [sentence for sentence in found if len(WORD.findall(sentence)) > 1]


def mean_length(text: str) -> float:
    """Words of a sentence, on average."""
    lengths = [len(WORD.findall(sentence)) for sentence in sentences(text)]
    return sum(lengths) / len(lengths) if lengths else 0.0
