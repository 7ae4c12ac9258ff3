"""Structures: the sketch of each hit and of the training compounds nearest to it, each drawn once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from riboswitch.drawing.sketch import Sketch
from riboswitch.modalities import find
from riboswitch.modalities.optional_parts import Drawer
from riboswitch.reporting.findings import TaskResult


class Nearest(NamedTuple):
    """The training compound that is most like a hit.

    Attributes
    ----------
    task, id : str
    similarity : float or None
    label : str
        Its label in training; empty if the bundle does not say.
    structure : str
        Empty if the bundle does not hold it.
    """

    task: str
    id: str
    similarity: float | None
    label: str
    structure: str


@dataclass
class Sketches:
    """Sketches by structure; each is made once, when it is first asked for."""

    modality: str
    made: dict[str, Sketch | None] = field(default_factory=dict)

    def __getitem__(self, structure: str) -> Sketch | None:
        if structure not in self.made:
            drawer: Drawer | None = find(self.modality).drawer
            self.made[structure] = drawer.sketch(structure) if drawer and structure else None
        return self.made[structure]


def nearest(row: dict[str, Any], tasks: dict[str, TaskResult]) -> list[Nearest]:
    """The nearest training compound of each task that names one."""
    found = []
    for name, task in tasks.items():
        known = row.get(f"{name}.nearest_training")
        if known is None or known != known or known == "":
            continue
        similarity = row.get(f"{name}.similarity")
        label, structure = task.training.get(str(known), ("", ""))
        label = label.removesuffix(".0")
        found.append(Nearest(name, str(known), None if similarity is None or similarity != similarity
                             else float(similarity), label, structure))  # fmt: skip
    return found
