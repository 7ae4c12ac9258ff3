"""Files with a token and its tag on each line, and a blank line after each sentence (CoNLL, IOB).

The first column is the token and the last one the tag, with tabs or blanks between them. A line that begins
with ``-DOCSTART-`` or ``###`` begins a document; what follows on it is its name. Tags are ``O`` and, for a
mention of a type, ``B-TYPE`` and ``I-TYPE``, or those of IOBES and BILOU.

A tag becomes one character for each of our tokens (`tokens`): the letter of its type, large where a mention
begins and small where it goes on, and ``-`` outside.

| code            | the sentence                                                            |
|-----------------|-------------------------------------------------------------------------|
| `NO_TAG`        | has a line with a token alone, while other lines have a tag              |
| `BAD_TAG`       | has a tag that is neither O nor a known mark, a hyphen and a type        |
| `UNKNOWN_TYPE`  | has a type without a letter among ``entities``                           |
| `BAD_ENCODING`  | is not UTF-8                                                            |
| `NUL_BYTE`      | holds a NUL character                                                   |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from riboswitch.config.named_words import named_words
from riboswitch.errors import InputError, Problem, UsageError, shorten
from riboswitch.io.opening import open_lines
from riboswitch.modalities.text.tokens import tokens

OUTSIDE = "-"
"""The label of a token outside of all mentions, and the letter of a type that is left out."""
UNITS = ("sentence", "document")
_TAG = re.compile(r"([BIESLUM])-(\S+)")
_BEGINS, _ALONE = "B", "SU"
_MARKS = ("-DOCSTART-", "###")
HINT = "Each line needs a token and its tag, as O, B-Chemical or I-Chemical; a blank line ends a sentence."


class Line(NamedTuple):
    """A line with a token: its number from 1, the token, and the tag (empty: there is none)."""

    number: int
    token: str
    tag: str


class Sentence(NamedTuple):
    """Lines that belong together.

    Attributes
    ----------
    lines : list of Line
    document : str or None
        Name of the document; None: the file has no marks of documents.
    problem : Problem or None
        Why it cannot be used, if the bytes of it show that.
    """

    lines: list[Line]
    document: str | None
    problem: Problem | None = None

    @property
    def text(self) -> str:
        """The tokens, with a blank between two."""
        return " ".join(line.token for line in self.lines)


def read_sentences(path: str | Path) -> list[Sentence]:
    """Read a file.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no token.
    """
    with open_lines(path) as lines:
        where = lines.where
        found: list[Sentence] = []
        document: str | None = None
        begun: list[Line] = []
        documents = 0
        problem: Problem | None = None
        for number, raw in enumerate(lines, 1):
            line = raw.strip("\r\n")
            faulty = _placed(lines.problem(line), number)
            problem = problem or faulty
            if line.startswith(_MARKS) or not line.strip():
                if begun:
                    found.append(Sentence(begun, document, problem))
                    begun, problem = [], None
                if line.strip():
                    documents += 1
                    document = _named(line) or f"document-{documents}"
                continue
            cells = line.split("\t") if "\t" in line else line.split()
            begun.append(Line(number, cells[0].strip(), cells[-1].strip() if len(cells) > 1 else ""))
        if begun:
            found.append(Sentence(begun, document, problem))
    if not found:
        raise InputError("the file holds no token", where=where, hint=HINT)
    return found


def _placed(problem: Problem | None, line: int) -> Problem | None:
    return problem and problem._replace(reason=f"line {line}: {problem.reason}")


def _named(line: str) -> str:
    for mark in _MARKS:
        line = line.removeprefix(mark)
    first = next(iter(line.split()), "")
    return "" if first in ("O", "-X-") else first.strip("()")


def joined(sentences: Sequence[Sentence], where: str) -> list[Sentence]:
    """Join the sentences of each document.

    Raises
    ------
    InputError
        If the file has no marks of documents.
    """
    if all(sentence.document is None for sentence in sentences):
        raise InputError("no line begins a document", where=where,
                         hint="Read sentences, or begin each document with -DOCSTART- NAME.")  # fmt: skip
    whole: dict[str | None, Sentence] = {}
    for lines, document, problem in sentences:
        before = whole.get(document, Sentence([], document))
        whole[document] = Sentence([*before.lines, *lines], document, before.problem or problem)
    return list(whole.values())


def letters_of(sentences: Sequence[Sentence], entities: Sequence[str], where: str) -> dict[str, str]:
    """The letter of each type of mention: that of ``entities``, as ``Chemical=C``, or its first letter.

    Raises
    ------
    UsageError
        If a word of ``entities`` has no name and letter.
    InputError
        If two types have one letter, or the name of a type does not begin with a letter.
    """
    if entities:
        given = named_words(entities, "a type of mention needs a name and a letter",
                            "As --entities Chemical=C, each type once; - leaves one out.")  # fmt: skip
        for letter in given.values():
            if letter != OUTSIDE and not re.fullmatch("[A-Z]", letter):
                raise UsageError("the letter of a type of mention is none from A to Z", found=letter,
                                 hint="Small letters are the rest of a mention.")  # fmt: skip
        return given
    types = sorted({found[2] for s in sentences for line in s.lines if (found := _TAG.fullmatch(line.tag))})
    letters = {name: name[0].upper() for name in types}
    for letter in letters.values():
        same = [other for other in types if letters[other] == letter]
        if len(same) > 1 or not re.fullmatch("[A-Z]", letter):
            hint = "--entities gives each a letter, as --entities Chemical=C --entities CellLine=L."
            several = "types of mentions begin with one letter"
            raise InputError(several if len(same) > 1 else "a type begins with no letter", where=where,
                             found=", ".join(same), hint=hint)  # fmt: skip
    return letters


def labels_of(sentence: Sentence, letters: Mapping[str, str]) -> str | Problem:
    """One character for each of our tokens; or why the tags cannot be used."""
    labels, before = [], ""
    for line in sentence.lines:
        if not line.tag:
            return Problem("NO_TAG", f"line {line.number} has a token and no tag", HINT)
        found = _TAG.fullmatch(line.tag)
        if found is None and line.tag != "O":
            return Problem("BAD_TAG", f"line {line.number} has the tag {shorten(line.tag, 30)!r}", HINT)
        if found is not None and found[2] not in letters:
            return Problem("UNKNOWN_TYPE", f"line {line.number} has the type {shorten(found[2], 30)!r}",
                           "--entities gives it a letter, or - to leave it out.")  # fmt: skip
        letter = letters[found[2]] if found else OUTSIDE
        parts = len(tokens(line.token))
        if letter == OUTSIDE or found is None:
            labels.append(OUTSIDE * parts)
        else:
            begins = found[1] in _BEGINS + _ALONE or before != letter
            labels.append(((letter if begins else letter.lower()) + letter.lower() * (parts - 1))[:parts])
        if parts:
            before = letter
    return "".join(labels)


def has_tags(sentences: Sequence[Sentence]) -> bool:
    """Whether any line has a tag."""
    return any(line.tag for sentence in sentences for line in sentence.lines)


def tagged(sentences: Sequence[Sentence], letters: Mapping[str, str]) -> Iterator[str | Problem | None]:
    """The labels of each sentence, or its problem; None if the file has no tags at all."""
    known = has_tags(sentences)
    for sentence in sentences:
        if sentence.problem is not None:
            yield sentence.problem
        else:
            yield labels_of(sentence, letters) if known else None
