"""Reading SMILES, with a short reason for each that cannot be read."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rdkit import Chem, rdBase

from riboswitch.chem import extension
from riboswitch.chem.size import MAX_CHARACTERS, too_large
from riboswitch.errors import InputError, Problem, shorten

_DEFINITE = frozenset(
    {
        Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE, Chem.BondType.QUADRUPLE,
        Chem.BondType.AROMATIC, Chem.BondType.DATIVE,
    }
)  # fmt: skip
_STRANGE = re.compile(r"[^!-~]")
_EXTENSION = re.compile(r"(\S++)\s+\|([^|]*)\|$")


def parse(smiles: str, max_atoms: int = MAX_CHARACTERS, whole: bool = False) -> Chem.Mol | Problem:
    """Read a SMILES or CXSMILES; a `Problem` says why it cannot be read.

    A text of more heavy atoms than ``max_atoms`` is not parsed; for ``whole`` see `size.too_large`.
    Codes: ``EMPTY TOO_LARGE BAD_SMILES BAD_VALENCE NO_ATOMS QUERY_ATOMS``, and of a CXSMILES extension also
    ``POLYMER BAD_EXTENSION``. Stereo groups of the extension are those of the molecule.
    """
    text, fields = parts(smiles)
    if not text:
        return Problem("EMPTY", "no structure in this row")
    if problem := too_large(text, max_atoms, whole):
        return problem
    # RDKit ignores everything from the first unknown character on, without a message: so check here.
    odd = " " in text or not (text.isascii() and text.isprintable())
    if odd and (strange := _STRANGE.search(text)):
        found = "white space" if strange[0].isspace() else f"the character {strange[0]!r}"
        hint = "One structure a row; put names into their own column."
        return Problem("BAD_SMILES", f"{found} at position {strange.start() + 1}", hint)
    mol = Chem.MolFromSmiles(text)
    if mol is None:
        return _explain(text)
    if not mol.GetNumAtoms():
        return Problem("NO_ATOMS", "a structure without atoms")
    problem = indefinite_bond(mol) if "~" in text or ":" in text else None
    return problem or (_extended(text, fields) if fields else mol)


def _extended(smiles: str, fields: str) -> Chem.Mol | Problem:
    """Read a SMILES, which RDKit can read, with the fields of its extension."""
    if len(fields) > MAX_CHARACTERS:
        reason = f"a CXSMILES extension of {len(fields)} characters, more than {MAX_CHARACTERS}"
        return Problem("TOO_LARGE", reason)
    said = extension.read(fields, smiles)
    if isinstance(said, Problem):
        return said
    options = Chem.SmilesParserParams()
    options.removeHs = False  # type: ignore[assignment]
    problem = extension.unmarked_wedge(fields, Chem.MolFromSmiles(smiles, options))
    if problem:
        return problem
    mol = Chem.MolFromSmiles(f"{smiles} |{said.meant}|", Chem.SmilesParserParams())
    if mol is None:
        reason = f"RDKit cannot apply {shorten(said.meant, 60)!r}"
        return Problem("BAD_EXTENSION", reason, "Correct it, or leave the text between the bars out.")
    return mol


def indefinite_bond(mol: Chem.Mol) -> Problem | None:
    """Find a bond that is a query, such as any bond, or of no definite order; code ``QUERY_ATOMS``."""
    for bond in mol.GetBonds():
        kind = bond.GetBondType()
        ends = f"the bond between {bond.GetBeginAtom().GetSymbol()} and {bond.GetEndAtom().GetSymbol()}"
        if kind not in _DEFINITE or bond.HasQuery():
            hint = "Give one definite molecule, with covalent bonds only."
            return Problem("QUERY_ATOMS", f"{ends} is a query, or of no definite order", hint)
        if kind == Chem.BondType.AROMATIC and not bond.IsInRing():
            hint = "Draw it as a single or double bond."
            return Problem("QUERY_ATOMS", f"{ends} is aromatic, but in no ring", hint)
    return None


def _explain(smiles: str) -> Problem:
    """Find out why RDKit cannot read a SMILES."""
    raw = Chem.MolFromSmiles(smiles, sanitize=False)
    if raw is not None:
        for problem in Chem.DetectChemistryProblems(raw):
            code = "BAD_VALENCE" if "Valence" in problem.GetType() else "BAD_SMILES"
            return Problem(code, shorten(problem.Message().strip(), 120), _hint(problem.GetType()))
    with rdkit_messages() as messages:
        Chem.MolFromSmiles(smiles)
    message = " ".join(messages)
    reason = re.search(r"Parse Error: (.+?)(?: while parsing| for input|$)", message)
    position = re.search(r"around position (\d+)", message)
    where = f" at position {position[1]}" if position else ""
    hint = "A reaction, not a molecule." if ">" in smiles else ""
    return Problem("BAD_SMILES", (shorten(reason[1], 100) if reason else "not a SMILES") + where, hint)


def _hint(kind: str) -> str:
    if "Kekulize" in kind:
        return "An aromatic ring lacks a hydrogen, as in c1cc[nH]c1, or is not aromatic."
    if "Valence" in kind:
        return "A charge is missing, as in C[N+](C)(C)C, or a bond is drawn too often."
    return ""


class _Collector(logging.Handler):
    def __init__(self, messages: list[str]):
        super().__init__()
        self.messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(re.sub(r"^\[[\d:]+\] ", "", record.getMessage()))


@contextmanager
def rdkit_messages() -> Iterator[list[str]]:
    """Collect what RDKit would print on the terminal; the list fills within the ``with`` block."""
    messages: list[str] = []
    logger = logging.getLogger("rdkit")
    handlers, logger.handlers = logger.handlers, [_Collector(messages)]
    disabled = re.findall(r"(rdApp\.\w+):disabled", rdBase.LogStatus())
    rdBase.LogToPythonLogger()
    try:
        yield messages
    finally:
        rdBase.LogToCppStreams()  # also enables all logs
        for log in disabled:
            rdBase.DisableLog(log)
        logger.handlers = handlers


def parts(smiles: str) -> tuple[str, str]:
    """Split a text into its SMILES and the fields of its CXSMILES extension, without white space around."""
    text = smiles.strip()
    extended = _EXTENSION.fullmatch(text) if text.endswith("|") else None
    return (extended[1], extended[2].strip()) if extended else (text, "")


def meant(smiles: str) -> str:
    """The SMILES, with the fields of the extension that change the molecule."""
    text, fields = parts(smiles)
    said = extension.read(fields, text) if fields else None
    return f"{text} |{said.meant}|" if isinstance(said, extension.Extension) and said.meant else text


def says_groups(smiles: str) -> bool:
    """Whether the extension has racemic or relative stereo groups, even if they have no effect."""
    return bool(re.search(r"\|.*[&o]\d", meant(smiles)))


def ignored(smiles: str) -> tuple[str, ...]:
    """Say which fields of the extension only tell how to draw the molecule."""
    text, fields = parts(smiles)
    said = extension.read(fields, text) if fields else None
    names = said.ignored if isinstance(said, extension.Extension) else ()
    return (f"CXSMILES ignored: {', '.join(names)}",) if names else ()


def molecules(inputs: Sequence[str], ids: Sequence[str] | None = None) -> Iterator[Chem.Mol]:
    """Parse SMILES of accepted records, one at a time.

    Raises
    ------
    InputError
        If RDKit cannot parse one, or it has no atoms; names its id (or its number).
    """
    with rdBase.BlockLogs():
        for i, smiles in enumerate(inputs):
            mol = Chem.MolFromSmiles(smiles)
            if mol is None or not mol.GetNumAtoms():
                raise InputError(
                    "RDKit cannot read this molecule",
                    where=ids[i] if ids is not None else f"molecule {i + 1}",
                    found=smiles,
                    hint="Encode records that were read before, not raw structures.",
                )
            yield mol
