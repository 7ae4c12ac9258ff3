"""A few inputs of each modality, for the laws of the contract. A new modality adds its own here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from modalities import toy, toy_pair
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality


@dataclass(frozen=True)
class Examples:
    """Inputs of one modality.

    Attributes
    ----------
    modality : Modality
    values : list
        Different inputs, as `Reader.read_list` takes them, which are good; at least six.
    twins : tuple
        Two of equal identity.
    bad : Any
        One that is rejected.
    suffix, lines : str, list of str
        A file: its suffix, and its text with the inputs of ``values`` and then ``bad``.
    reading, encoder : dict
        Options of `read` and `encode`; ``file`` has options of the file alone.
    """

    modality: Modality
    values: list[Any]
    twins: tuple[Any, Any]
    bad: Any
    suffix: str
    lines: list[str]
    file: dict[str, Any] = field(default_factory=dict)
    reading: dict[str, Any] = field(default_factory=dict)
    encoder: dict[str, Any] = field(default_factory=dict)


SMILES = [
    "CCO",
    "CC(=O)Oc1ccccc1C(=O)O",
    "c1ccccc1",
    "CCN",
    "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
    "C",
    "CCCl",
    "CCO[O]",
]
PROTEINS = ["MKVLAARND", "MKVLAARNDC", "MW", "MKKLLPTAAAGLLLLAAQPAMA", "ACDEFGHIKLMNPQRSTVWY", "MKVLAX", "M"]
GENES = ["ATGAAAGTTTAA", "ATGAAAGTTTGA", "ACG", "ATGNNNGTTTAACCGGTT", "TTTTTTTTTTTT", "ATGAAACCCGGGTTTTAA"]
VECTORS = ["1 2 3", "1.2 2 3", "-1 0 0", "5 5 5", "0 0 0", "10 20 -30"]


FEATURES = ["a", "b", "mi:c", "mi:d"]
PROFILES = [("1", "2", "3", "4", "x"), ("1.2", "2", "", "4", "y"), ("-1", "0", "0.5", "NA", "x"),
            ("5", "5", "5", "5", "y"), ("0", "0", "0", "0", "x"), ("10", "20", "-30", "1e3", "y"),
            ("", "", "7", "8", "x"), ("3", "1", "4", "1", "y")]  # fmt: skip
BAD_PROFILE = ("1", "two", "3", "4", "x")


def profile_text(cells: tuple[str, ...]) -> str:
    """A profile in one text."""
    return " ".join(f"{name}={cell}" for name, cell in zip([*FEATURES, "site"], cells, strict=True))


def fasta(sequences: list[str]) -> list[str]:
    """Lines of a FASTA file."""
    return [line for n, s in enumerate(sequences, 1) for line in (f">row-{n}", s)]


def sides(vectors: list[str]) -> list[dict[str, str]]:
    """Pairs in which most vectors occur twice."""
    return [{"left": a, "right": b} for a, b in zip(vectors, [*vectors[2:], *vectors[2:4]], strict=True)]


EXAMPLES = {
    "molecule": Examples(
        find("molecule"), SMILES[:7], ("OCC", "C(O)C"), "C(", ".csv",
        ["smiles,y", *(f"{s},1" for s in [*SMILES[:7], "C("])], {"format": "csv"},
    ),
    "sequence": Examples(
        find("sequence"), PROTEINS, ("MKV", "mkv"), "MK!", ".faa", fasta([*PROTEINS, "MK!"]),
        {"format": "fasta"}, {"alphabet": "protein"}, {"alphabet": "protein"},
    ),
    "sequence of DNA": Examples(
        find("sequence"), GENES, ("ACGT", "acgt"), "ACE", ".fna", fasta([*GENES, "ACE"]),
        {}, {"alphabet": "dna"}, {"alphabet": "dna"},
    ),
    "sequence of codons": Examples(
        find("sequence"), GENES, ("ATGAAA", "atgaaa"), "ACE", ".fna", fasta([*GENES, "ACE"]),
        {}, {"alphabet": "dna", "min_length": 3}, {"alphabet": "codon"},
    ),
    "profile": Examples(
        find("profile"), [profile_text(p) for p in PROFILES],
        ("a=1 b=2 mi:c= mi:d=0 site=x", "mi:d=-0 b=2.0 mi:c=NA a=1e0 site=y"),
        "a=1 b=two mi:c=3 mi:d=4 site=x", ".csv",
        ["id,a,b,mi:c,mi:d,site",
         *(f"row-{n},{','.join(p)}" for n, p in enumerate([*PROFILES, BAD_PROFILE], 1))],
        {}, {"feature_names": FEATURES, "batch": "site", "batches": ["x", "y"]},
        {"features": FEATURES, "batches": ["x", "y"]},
    ),
    "vector": Examples(
        toy.MODALITY, VECTORS, ("1 2 3", "1.0 2.0 3.0"), "1 2", ".csv",
        ["id,vector", *(f"row-{n},{v}" for n, v in enumerate([*VECTORS, "1 2"], 1))], {}, {"largest": 50.0},
    ),
    "pair": Examples(
        toy_pair.MODALITY, sides(VECTORS),
        ({"left": "1 2 3", "right": "0 0 1"}, {"left": "1 2 3.0", "right": "0 0 1"}),
        {"left": "1 2 3", "right": "1"}, ".csv",
        ["id,left,right", *(f"row-{n},{p['left']},{p['right']}"
                            for n, p in enumerate([*sides(VECTORS), {"left": "1 2 3", "right": "1"}], 1))],
    ),
}  # fmt: skip
