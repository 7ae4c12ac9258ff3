"""Words of the command line that give names to something: NAME=VALUE."""

from __future__ import annotations

from collections.abc import Sequence

from riboswitch.errors import UsageError


def named_words(words: Sequence[str], problem: str, hint: str) -> dict[str, str]:
    """Values by their names, from NAME=VALUE; `UsageError` unless each has a name of its own and a value."""
    pairs = [word.partition("=") for word in words]
    names = [name for name, _, _ in pairs]
    if len({*names}) < len(names) or not all(name and value for name, _, value in pairs):
        raise UsageError(problem, found=[*words], hint=hint)
    return {name: value for name, _, value in pairs}
