"""The mol block of an SD record, V2000 or V3000, as SMILES or CXSMILES.

RDKit reads the block. It is checked here that nothing that the block says about the substance is lost: it
goes into the CXSMILES, into a note, or the block is a `Problem`.

References
----------
BIOVIA, "CTFile Formats" (2020), chapters "Ctab block" and "V3000".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rdkit import Chem, rdBase

from riboswitch.chem.ctfile import chiral_flag, counts, features
from riboswitch.chem.smiles import rdkit_messages
from riboswitch.errors import Problem, UsageError, shorten

LAST = "M  END"
"""The last line of a mol block."""

_EXTENDED = Chem.CXSmilesFields.CX_ENHANCEDSTEREO | Chem.CXSmilesFields.CX_POLYMER
# What RDKit raises for single blocks; SystemError, where its message about the block is not UTF-8.
_RDKIT_FAULTS = (SystemError, RuntimeError, ValueError, LookupError, ArithmeticError)
# Lines of RDKit's messages about faults that it meets unprepared: rules, stack, places in its source code.
_TRACE = re.compile(r"\W*$|WARNING|\s*\d+#|Stacktrace|Violation occurred|Failed Expression|LHS|RHS")
_HINT = "The row counts the records of the file."


@dataclass(frozen=True, slots=True)
class Options:
    """How mol blocks are read.

    Attributes
    ----------
    chiral_flag : {"stated", "absolute", "racemate"}
        See `chiral_flag.apply`.
    max_atoms : int
        Most heavy atoms of a molecule. Larger blocks are not parsed.
    """

    chiral_flag: str = "stated"
    max_atoms: int = 300

    def __post_init__(self) -> None:
        if self.chiral_flag not in chiral_flag.CHOICES:
            hint = f"Choose one of {[*chiral_flag.CHOICES]}."
            raise UsageError("no such reading of the chiral flag", found=self.chiral_flag, hint=hint)


class MolBlock(NamedTuple):
    """A structure as SMILES, or CXSMILES if a SMILES cannot say it all, and notes on how it was read."""

    structure: str
    notes: tuple[str, ...] = ()


def read(lines: Sequence[str], options: Options) -> MolBlock | Problem:
    """Read a mol block.

    Parameters
    ----------
    lines : sequence of str
        From the title to ``M  END``, without line ends.
    options : Options

    Returns
    -------
    MolBlock or Problem
        Codes: ``BAD_RECORD BAD_VALENCE NO_ATOMS POLYMER QUERY_ATOMS RADICAL TOO_LARGE``.
    """
    if problem := counts.check(lines, options.max_atoms):
        return problem
    mol = _parsed(lines)
    if isinstance(mol, Problem):
        return mol
    if not mol.GetNumAtoms():
        return Problem("NO_ATOMS", "a structure without atoms")
    if problem := features.problem(mol, lines):
        return problem
    smiles = Chem.MolToSmiles(mol)
    notes = chiral_flag.apply(mol, smiles, lines[1][2:10].strip(), options.chiral_flag)
    structure = _written(mol, smiles)
    if isinstance(structure, Problem):
        return structure
    return MolBlock(structure, (*notes, *features.notes(mol, lines)))


def _parsed(lines: Sequence[str]) -> Chem.Mol | Problem:
    block = "\n".join(lines)
    try:
        with rdBase.BlockLogs():
            mol = Chem.MolFromMolBlock(block)
        return _why(block) if mol is None else mol
    except _RDKIT_FAULTS as error:
        return Problem("BAD_RECORD", f"RDKit cannot read it: {_odd_character(lines) or error}", _HINT)


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def _why(block: str) -> Problem:
    """RDKit's message about a block that it cannot read."""
    with rdkit_messages() as messages:
        Chem.MolFromMolBlock(block)
    said = [_ascii(m.strip()) for m in messages if not _TRACE.match(m)]
    reason = shorten(said[-1], 150) if said else "no mol block"
    if "Range Error" in said:
        reason = "a line names an atom or a bond that does not exist"
    return Problem("BAD_VALENCE" if "valence" in reason else "BAD_RECORD", reason, _HINT)


def _odd_character(lines: Sequence[str]) -> str:
    """The first character, after the header, that RDKit may not expect."""
    for number, line in enumerate(lines[counts.COUNTS_LINE :], counts.COUNTS_LINE + 1):
        if odd := next((c for c in line if not " " <= c <= "~"), None):
            return f"the character {odd!a} in line {number} of the record"
    return ""


def _written(mol: Chem.Mol, smiles: str) -> str | Problem:
    """The structure as SMILES, or as CXSMILES with stereo groups and polymers, and nothing else."""
    groups = {group.GetGroupType() for group in mol.GetStereoGroups()}
    polymers = features.polymer_groups(mol)
    if groups <= {Chem.StereoGroupType.STEREO_ABSOLUTE} and not polymers:
        return smiles
    text = str(Chem.MolToCXSmiles(mol, Chem.SmilesWriteParams(), _EXTENDED))
    if text.count("Sg:") < len(polymers):
        reason = f"an S-group of the type {polymers[0]}"
        return Problem("POLYMER", reason, "Polymers and formulations are outside this model.")
    return text
