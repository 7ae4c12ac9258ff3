"""The forms of a racemate, or of a molecule with relative stereo: the stereoisomers that it may be."""

from __future__ import annotations

from riboswitch.chem.stereo_groups import forms, has_groups
from riboswitch.modalities.parts import Inputs


def several(inputs: Inputs) -> dict[int, dict[str, list[str]]]:
    """Return the forms of each molecule that has several, by its row; the first form is the drawn one."""
    grouped = [row for row, smiles in enumerate(inputs["molecule"]) if has_groups(smiles)]
    found = {row: forms(inputs["molecule"][row]) for row in grouped}
    return {row: {"molecule": values} for row, values in found.items() if len(values) > 1}
