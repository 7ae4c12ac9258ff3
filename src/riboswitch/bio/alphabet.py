"""The letters that a sequence may have, and what happens to letters that are no plain base or residue.

Policy
------
- Letters become upper-case. Lower case may mean masked repeats: it is counted, and masked only on request.
- IUPAC ambiguity codes are kept and counted (``N`` and the others in DNA and RNA, ``B J X Z`` in proteins);
  selenocysteine ``U`` and pyrrolysine ``O`` are plain residues. A sequence with more codes than the limit is
  refused.
- DNA has T and RNA has U. U is read as T only if the caller says that the DNA is written as RNA.
- ``-`` and ``.`` are gaps of an alignment: the sequence is refused, or the gaps are removed and counted.
- ``*`` is a stop. It is removed at the end of a protein. Elsewhere the protein is refused, or the stop is
  read as X and counted.
- Letters alone cannot always tell a short peptide from DNA with ambiguity codes. A "DNA" of which more than
  half are ambiguity codes other than N is refused as protein, and a "protein" of 20 or more letters that are
  all A, C, G, T, U or N is refused as DNA.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from riboswitch.config.settings import fraction, one_of
from riboswitch.errors import Problem, UsageError

AMBIGUOUS = b"RYSWKMBDHVN"
LETTERS = {
    "dna": b"ACGT" + AMBIGUOUS,
    "rna": b"ACGU" + AMBIGUOUS,
    "protein": b"ACDEFGHIKLMNPQRSTVWY" + b"BJOUXZ",
}
NUCLEOTIDES = b"ACGTUN"
# A natural protein of this many residues is made of A, C, G, T, N alone once in about 1e11.
SHORTEST_MISTAKEN_DNA = 20
COMPLEMENT = str.maketrans("ACGTURYSWKMBDHVNacgturyswkmbdhvn", "TGCAAYRSWMKVHDBNtgcaayrswmkvhdbn")
PLAIN = {"dna": b"ACGT", "rna": b"ACGU", "protein": b"ACDEFGHIKLMNPQRSTVWYOU"}
UNKNOWN = {"dna": b"N", "rna": b"N", "protein": b"X"}
UPPER = bytes(range(ord("A"), ord("Z") + 1))
LOWER = bytes(range(ord("a"), ord("z") + 1))
COUNTS = ("ambiguous", "lower", "gaps", "stops")
"""Counts of a sequence that may become fields of its record."""


@dataclass(frozen=True)
class Policy:
    """The alphabet of a file, and what happens to letters that are no plain base or residue.

    Attributes
    ----------
    alphabet : {"dna", "rna", "protein"}
    rna : bool
        The DNA is written as RNA: U is read as T.
    max_ambiguous : float
        Largest fraction of ambiguity codes; a sequence with more is refused.
    gaps : {"reject", "remove"}
    lower : {"keep", "mask"}
        Lower-case letters are read as upper-case ones, or as N (X in proteins).
    stops : {"reject", "mask"}
        Stops inside a protein are refused, or read as X.
    """

    alphabet: str = "dna"
    rna: bool = False
    max_ambiguous: float = 1.0
    gaps: str = "reject"
    lower: str = "keep"
    stops: str = "reject"

    def __post_init__(self) -> None:
        letters(self.alphabet)
        fraction("max_ambiguous", self.max_ambiguous, below_one=False)
        one_of("policy for gaps", self.gaps, ("reject", "remove"))
        one_of("policy for lower case", self.lower, ("keep", "mask"))
        one_of("policy for stops", self.stops, ("reject", "mask"))
        if self.rna and self.alphabet != "dna":
            raise UsageError("rna is an option of alphabet dna", found=self.alphabet, hint="Leave --rna out.")

    @cached_property
    def repairs(self) -> bool:
        """Whether the policy may change more than the case of letters."""
        return self.rna or self.gaps == "remove" or self.stops == "mask"


class Cleaned(NamedTuple):
    """A sequence after its policy was applied, the counts, and the reason if it is refused."""

    sequence: str
    counts: dict[str, int]
    problem: Problem | None


def clean(sequence: str, policy: Policy) -> Cleaned:
    """Apply a policy to one sequence.

    Returns
    -------
    Cleaned
        The sequence in upper case, without a protein's final ``*``. Counts: ``ambiguous`` codes (masked
        letters are among them), ``lower``-case letters, and ``gaps`` and ``stops`` if the policy removes or
        masks them. Codes of problems: ``EMPTY``, ``NUL_BYTE``, ``GAP``, ``INTERNAL_STOP``, ``TOO_AMBIGUOUS``,
        ``PROTEIN_IN_DNA``, ``PROTEIN_IN_RNA``, ``DNA_IN_PROTEIN``, ``NOT_DNA``, ``NOT_RNA``, ``NOT_PROTEIN``.
    """
    alphabet, counts = policy.alphabet, {"ambiguous": 0, "lower": 0}
    # As bytes: str.upper would turn some letters of other scripts into A-Z.
    raw, counts["lower"] = _upper(sequence.encode("ascii", "replace"), policy)
    if policy.repairs:
        raw = _repaired(raw, policy, counts)
    if alphabet == "protein":
        raw = raw.removesuffix(b"*")
    if not raw:
        return Cleaned("", counts, Problem("EMPTY", "the sequence is empty"))
    odd, problem = raw.translate(None, PLAIN[alphabet]), None
    if odd:
        foreign = odd.translate(None, LETTERS[alphabet])
        counts["ambiguous"] = len(odd) - len(foreign)
        problem = _explain(sequence, raw, foreign, policy) if foreign else _ambiguity(raw, odd, policy)
    elif alphabet == "protein":
        problem = _implausible(raw, alphabet)
    return Cleaned(raw.decode("ascii"), counts, problem)


def check(sequence: str, alphabet: str = "dna", *, rna: bool = False) -> tuple[str, Problem | None]:
    """`clean` with the default policy, without counts."""
    cleaned = clean(sequence, _default(alphabet, rna))
    return cleaned.sequence, cleaned.problem


@lru_cache
def _default(alphabet: str, rna: bool) -> Policy:
    return Policy(alphabet, rna and alphabet == "dna")


def _upper(raw: bytes, policy: Policy) -> tuple[bytes, int]:
    """Upper-case or masked letters, and the number of lower-case ones."""
    if not raw.translate(None, UPPER):
        return raw, 0
    lower = len(raw) - len(raw.translate(None, LOWER))
    if lower and policy.lower == "mask":
        return raw.translate(bytes.maketrans(LOWER, UNKNOWN[policy.alphabet] * len(LOWER))), lower
    return raw.upper(), lower


def _repaired(raw: bytes, policy: Policy, counts: dict[str, int]) -> bytes:
    """Remove gaps and mask stops if the policy says so, and count them."""
    if policy.gaps == "remove":
        closed = raw.translate(None, b"-.")
        counts["gaps"], raw = len(raw) - len(closed), closed
    if policy.rna and b"T" not in raw:
        raw = raw.replace(b"U", b"T")
    if policy.stops == "mask" and policy.alphabet == "protein":
        inner = raw.removesuffix(b"*")
        counts["stops"], raw = inner.count(b"*"), inner.replace(b"*", b"X")
    return raw


def _ambiguity(raw: bytes, odd: bytes, policy: Policy) -> Problem | None:
    if len(odd) > policy.max_ambiguous * len(raw):
        reason = f"{len(odd)} of {len(raw)} letters are ambiguity codes, more than {policy.max_ambiguous:.1%}"
        return Problem("TOO_AMBIGUOUS", reason, "Raise --max-ambiguous to allow it.")
    return _implausible(raw, policy.alphabet)


def letters(alphabet: str) -> bytes:
    """The letters of an alphabet; raises `UsageError` if there is no such alphabet."""
    if alphabet not in LETTERS:
        raise UsageError("no such alphabet", found=alphabet, hint=f"Choose one of: {', '.join(LETTERS)}.")
    return LETTERS[alphabet]


def guess(sequence: str) -> str:
    """The likeliest alphabet: nucleic if nine letters in ten are A, C, G, T, U or N; RNA if U and no T."""
    raw = sequence.encode("ascii", "replace").upper().translate(None, b"-.*")
    if len(raw.translate(None, NUCLEOTIDES)) > len(raw) / 10:
        return "protein"
    return "rna" if b"U" in raw and b"T" not in raw else "dna"


def reverse_complement(sequence: str) -> str:
    """The other strand of a DNA sequence; ambiguity codes are complemented, too."""
    return sequence.translate(COMPLEMENT)[::-1]


def _explain(sequence: str, raw: bytes, foreign: bytes, policy: Policy) -> Problem:
    alphabet, odd = policy.alphabet, foreign[:1]
    if odd == b"\0":
        return Problem(
            "NUL_BYTE", f"NUL byte at position {_position_of(sequence, odd)}", "The file may be damaged."
        )
    if odd in (b"-", b"."):
        reason = f"gap {odd.decode()!r} at position {_position_of(sequence, odd)}"
        return Problem("GAP", reason, "Give unaligned sequences. With --gaps remove they are taken out.")
    if alphabet == "protein" and odd == b"*":
        reason = f"stop '*' at residue {raw.index(b'*') + 1} of {len(raw)}"
        return Problem("INTERNAL_STOP", reason, "It is a pseudogene, a wrong frame or a wrong genetic code.")
    if (
        alphabet != "protein"
        and guess(sequence) == "protein"
        and not foreign.translate(None, b"*EFILOPQJXZUT")
    ):
        return _protein_in(alphabet)
    position = _position_of(sequence, odd, upper=policy.lower == "keep")
    reason = f"{sequence[position - 1]!r} at position {position} is no letter of {_name(alphabet)}"
    return Problem(f"NOT_{alphabet.upper()}", reason, _hint(raw, foreign, alphabet))


def _position_of(sequence: str, letter: bytes, upper: bool = True) -> int:
    """Position of the first such letter in the sequence as it was given, from 1."""
    given = sequence.encode("ascii", "replace")
    return (given.upper() if upper else given).index(letter) + 1


def _implausible(raw: bytes, alphabet: str) -> Problem | None:
    if alphabet == "protein":
        if len(raw) >= SHORTEST_MISTAKEN_DNA and not raw.translate(None, NUCLEOTIDES):
            reason = "the protein has no letters but A, C, G, T, U and N"
            return Problem(
                "DNA_IN_PROTEIN",
                reason,
                "It looks like DNA. Read it with --alphabet dna. A gene is translated with --translate.",
            )
        return None
    ambiguous = len(raw.translate(None, NUCLEOTIDES))
    return _protein_in(alphabet) if ambiguous > len(raw) / 2 else None


def _protein_in(alphabet: str) -> Problem:
    reason = f"{_name(alphabet)} was asked for and this looks like protein"
    hint = f"Give {_name(alphabet)}. Proteins are read with --alphabet protein."
    return Problem(f"PROTEIN_IN_{alphabet.upper()}", reason, hint)


def _hint(raw: bytes, foreign: bytes, alphabet: str) -> str:
    if alphabet == "dna" and foreign.strip(b"U") == b"":
        if b"T" in raw:
            return "It has both T and U."
        return "It is RNA: write T for U. It is read with --alphabet rna, or with --rna as DNA."
    if alphabet == "rna" and foreign.strip(b"T") == b"":
        return "It is written as DNA: write U for T. It is read with --alphabet dna."
    return "Remove numbers, spaces and marks from the sequence." if not foreign.isalpha() else ""


def _name(alphabet: str) -> str:
    return alphabet if alphabet == "protein" else alphabet.upper()
