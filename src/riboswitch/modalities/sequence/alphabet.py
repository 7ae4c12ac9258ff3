"""What letters a sequence may have.

Policy
------
- Letters are upper-cased; nothing else is repaired.
- IUPAC ambiguity codes are kept (``N`` and the others in DNA and RNA, ``B J X Z`` in proteins), and so are
  selenocysteine ``U`` and pyrrolysine ``O``.
- DNA holds T and RNA holds U. U is read as T only where the caller says that the DNA came written as RNA.
- ``-`` and ``.`` are gaps of an alignment, and a gapped sequence is refused rather than closed up.
- ``*`` is a stop: taken off the end of a protein, refused anywhere else.
- Letters alone cannot always tell a short peptide from DNA with ambiguity codes. A "DNA" of which more than
  half are ambiguity codes other than N is refused as protein, and a "protein" of 20 or more letters that are
  all A, C, G, T, U or N is refused as DNA.
"""

from __future__ import annotations

from typing import NamedTuple

from riboswitch.errors import UsageError

AMBIGUOUS = b"RYSWKMBDHVN"
LETTERS = {
    "dna": b"ACGT" + AMBIGUOUS,
    "rna": b"ACGU" + AMBIGUOUS,
    "protein": b"ACDEFGHIKLMNPQRSTVWY" + b"BJOUXZ",
}
NUCLEOTIDES = b"ACGTUN"
# A natural protein of this many residues is made of A, C, G, T, N alone once in about 1e11.
SHORTEST_MISTAKEN_DNA = 20
COMPLEMENT = str.maketrans("ACGTURYSWKMBDHVN", "TGCAAYRSWMKVHDBN")


class Problem(NamedTuple):
    """Why a sequence is refused: a stable code, and a reason and a hint for people."""

    code: str
    reason: str
    hint: str = ""


def check(sequence: str, alphabet: str = "dna", *, rna: bool = False) -> tuple[str, Problem | None]:
    """Upper-case a sequence and say what is wrong with it, if anything.

    Parameters
    ----------
    sequence : str
    alphabet : {"dna", "rna", "protein"}
    rna : bool
        The DNA is written as RNA: U is read as T.

    Returns
    -------
    clean : str
        The sequence in upper case, without a protein's final ``*``.
    problem : Problem or None
        Codes ``EMPTY``, ``NUL_BYTE``, ``GAP``, ``INTERNAL_STOP``, ``PROTEIN_IN_DNA``, ``PROTEIN_IN_RNA``,
        ``DNA_IN_PROTEIN``, ``NOT_DNA``, ``NOT_RNA``, ``NOT_PROTEIN``.
    """
    allowed = letters(alphabet)
    # Before upper-casing: str.upper would turn some letters of other scripts into A-Z.
    raw = sequence.encode("ascii", "replace").upper()
    if rna and alphabet == "dna" and b"T" not in raw:
        raw = raw.replace(b"U", b"T")
    if alphabet == "protein":
        raw = raw.removesuffix(b"*")
    if not raw:
        return "", Problem("EMPTY", "the sequence is empty")
    foreign = raw.translate(None, allowed)
    problem = _explain(sequence, raw, foreign, alphabet) if foreign else _implausible(raw, alphabet)
    return raw.decode("ascii"), problem


def letters(alphabet: str) -> bytes:
    """The letters of an alphabet, or a UsageError."""
    if alphabet not in LETTERS:
        raise UsageError("no such alphabet", found=alphabet, hint=f"Choose one of: {', '.join(LETTERS)}.")
    return LETTERS[alphabet]


def guess(sequence: str) -> str:
    """Most likely alphabet: nucleic if nine letters in ten are A, C, G, T, U or N, and RNA if U without T."""
    raw = sequence.encode("ascii", "replace").upper().translate(None, b"-.*")
    if len(raw.translate(None, NUCLEOTIDES)) > len(raw) / 10:
        return "protein"
    return "rna" if b"U" in raw and b"T" not in raw else "dna"


def reverse_complement(sequence: str) -> str:
    """The other strand of an upper-case DNA sequence; ambiguity codes are complemented too."""
    return sequence.translate(COMPLEMENT)[::-1]


def _explain(sequence: str, raw: bytes, foreign: bytes, alphabet: str) -> Problem:
    if b"\0" in foreign:
        return Problem("NUL_BYTE", f"NUL byte at position {raw.index(0) + 1}", "The file may be damaged.")
    if foreign[0] in b"-.":
        position = raw.index(foreign[0])
        reason = f"gap {sequence[position]!r} at position {position + 1}"
        return Problem("GAP", reason, "Give unaligned sequences.")
    if alphabet == "protein" and foreign[0] in b"*":
        reason = f"stop '*' at residue {raw.index(b'*') + 1} of {len(raw)}"
        return Problem("INTERNAL_STOP", reason, "It is a pseudogene, a wrong frame or a wrong genetic code.")
    if (
        alphabet != "protein"
        and guess(sequence) == "protein"
        and not foreign.translate(None, b"*EFILOPQJXZUT")
    ):
        return _protein_in(alphabet)
    position = raw.index(foreign[0])
    reason = f"{sequence[position]!r} at position {position + 1} is no letter of {_name(alphabet)}"
    return Problem(f"NOT_{alphabet.upper()}", reason, _hint(raw, foreign, alphabet))


def _implausible(raw: bytes, alphabet: str) -> Problem | None:
    if alphabet == "protein":
        if len(raw) >= SHORTEST_MISTAKEN_DNA and not raw.translate(None, NUCLEOTIDES):
            reason = "the protein has no letters but A, C, G, T, U and N"
            return Problem("DNA_IN_PROTEIN", reason, "Read it with alphabet dna; translate if it is a gene.")
        return None
    ambiguous = len(raw.translate(None, NUCLEOTIDES))
    return _protein_in(alphabet) if ambiguous > len(raw) / 2 else None


def _protein_in(alphabet: str) -> Problem:
    reason = f"{_name(alphabet)} was asked for and this looks like protein"
    return Problem(f"PROTEIN_IN_{alphabet.upper()}", reason, "Read it with alphabet protein.")


def _hint(raw: bytes, foreign: bytes, alphabet: str) -> str:
    if alphabet == "dna" and foreign.strip(b"U") == b"":
        if b"T" in raw:
            return "It has both T and U."
        return "It is RNA: read it with alphabet rna, or with rna: true to have U read as T."
    if alphabet == "rna" and foreign.strip(b"T") == b"":
        return "It is written as DNA: read it with alphabet dna."
    return "Remove numbers, spaces and marks from the sequence." if not foreign.isalpha() else ""


def _name(alphabet: str) -> str:
    return alphabet if alphabet == "protein" else alphabet.upper()
