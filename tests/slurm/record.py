"""What a scenario found: checks that hold or not, figures, and what a user saw of each fault."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Failed(Exception):
    """A scenario cannot go on."""


@dataclass
class Record:
    """Grows while a scenario runs, and says aloud what comes."""

    name: str
    started: float = field(default_factory=time.monotonic)
    checks: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""

    def check(self, what: str, holds: object, otherwise: object = "") -> bool:
        """Note whether something holds; ``otherwise`` says what was found in its place."""
        self.checks.append({"check": what, "holds": bool(holds)})
        self.say(
            f"{'PASS' if holds else 'FAIL'} {what}" + (f": {otherwise}" if otherwise and not holds else "")
        )
        return bool(holds)

    def need(self, what: str, holds: object, otherwise: object = "") -> None:
        """A check without which the rest makes no sense."""
        if not self.check(what, holds, otherwise):
            raise Failed(what)

    def same(self, names: Iterable[str], here: Path, there: Path) -> None:
        """Check that files have equal bytes in two folders."""
        for name in names:
            self.check(f"{name} has the same bytes", equal(here / name, there / name))

    def figure(self, **values: Any) -> None:
        """Note figures."""
        for name, value in values.items():
            self.figures[name] = round(value, 3) if isinstance(value, float) else value
            self.say(f"     {name} = {self.figures[name]}")

    def fault(self, fault: str, injected: str, seen: list[str]) -> None:
        """Note a fault, how it was brought about and the lines that a user found."""
        self.faults.append({"fault": fault, "injected": injected, "seen": seen})
        for line in (f"     {fault}: {injected}", *(f"       | {line}" for line in seen)):
            self.say(line)

    def say(self, line: str) -> None:
        """A line with the seconds since the scenario began."""
        print(f"{self.name:<11}{time.monotonic() - self.started:6.0f} s  {line}", flush=True)

    def summary(self) -> dict[str, Any]:
        """What goes into the results."""
        faults = {"faults": self.faults} if self.faults else {}
        error = {"error": self.error} if self.error else {}
        return {
            "passed": not self.error and bool(self.checks) and all(c["holds"] for c in self.checks),
            "seconds": round(time.monotonic() - self.started),
            "checks": self.checks,
            "figures": self.figures,
            **faults,
            **error,
        }


def equal(one: Path, other: Path) -> bool:
    """Whether both files are there and have the same bytes."""
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()
