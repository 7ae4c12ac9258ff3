"""What a message can add about the words of a command line, and what it must leave out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Any, get_args, get_origin, get_type_hints

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
OTHER_PROGRAM = re.compile(r"\b(riboswitch|snakemake|chemprop|pip) ")
SENTENCE_END = re.compile(r"(?<=[.])\s+(?=[A-Z-])")


def followable(hint: str, options: Collection[str]) -> str:
    """The sentences of a hint that name no option but these; those about another command stay, too.

    Parameters
    ----------
    hint : str
        Readers serve many verbs. Their hints name an option as ``--option``, in a sentence of its own.
    options : collection of str
        The options of the verb, with dashes.
    """
    kept = [
        sentence
        for sentence in SENTENCE_END.split(hint)
        if OTHER_PROGRAM.search(sentence) or {*OPTION.findall(sentence)} <= {*options}
    ]
    return " ".join(kept)


def about_dashes(words: Sequence[str], problem: str) -> str:
    """A hint if a value that starts with a dash was taken for an option; else empty.

    Parameters
    ----------
    words : sequence of str
        The command line.
    problem : str
        What the parser says: an option requires an argument, or an option is not known.
    """
    for option, value in pairwise(words):
        if not value.startswith("-") or len(value) == 1:
            continue
        lacks_value = f"{option} requires an argument" in problem
        unknown = any(
            f"{said}: {value.partition('=')[0]}" in problem for said in ("Unknown option", "Unknown")
        )
        if option.startswith("--") and "=" not in option and (lacks_value or unknown):
            return f"If {value} is a value, write {option}={value}."
        if unknown and not value.startswith("--"):
            return f"If {value} is a file, write ./{value}."
    return ""


def about_lists(words: Sequence[str], word: str, command: Callable[..., Any]) -> str:
    """A hint if ``word`` stands where a second value of an option would; such options are repeated."""
    lists = _repeated_options(command)
    for option, first, second in zip(words, words[1:], words[2:], strict=False):
        if option in lists and second == word and not first.startswith("-") and not word.startswith("-"):
            return f"If it is a value of {option}, repeat the option: {option}={first} {option}={second}."
    return ""


def _repeated_options(command: Callable[..., Any]) -> set[str]:
    """Options that take one value each time; several values are several options."""
    found = set()
    for name, annotation in get_type_hints(command, include_extras=True).items():
        annotated = hasattr(annotation, "__metadata__")
        plain = get_args(annotation)[0] if annotated else annotation
        if any(get_origin(part) is list for part in (plain, *get_args(plain))):
            found.add("--" + name.replace("_", "-"))
    return found
