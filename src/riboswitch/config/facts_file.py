"""Files of facts: JSON values with a schema and sums that must be right, as an audit or a scorecard."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from riboswitch.errors import InputError
from riboswitch.io.atomic_files import write_json
from riboswitch.io.strict_json import read_json


@dataclass(frozen=True)
class FactsFile(ABC):
    """Facts that are checked when they are made and when they are read.

    Attributes
    ----------
    facts : dict
        JSON values.
    WHAT, MADE_BY : str
        What a kind of facts is called in messages, and the command that makes it.
    """

    facts: dict[str, Any]
    WHAT: ClassVar[str]
    MADE_BY: ClassVar[str]

    def __post_init__(self) -> None:
        if problem := self.problem(self.facts):
            raise ValueError(f"not {self.WHAT}: {problem}")

    @staticmethod
    @abstractmethod
    def problem(facts: Any) -> str:
        """How a JSON value differs from such facts, in one clause; empty if it does not."""

    def save(self, path: str | Path) -> None:
        """Write JSON; equal facts give equal bytes."""
        write_json(self.facts, path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file that `save` wrote; `InputError` if it is none."""
        facts = read_json(path)
        if problem := cls.problem(facts):
            hint = f"{cls.MADE_BY} writes one."
            raise InputError(f"not {cls.WHAT}", where=str(path), found=problem, hint=hint)
        return cls(facts)
