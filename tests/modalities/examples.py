"""A few inputs of each modality, for the laws of the contract. A new modality adds its own here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modalities import toy, toy_pair
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.pair import compose


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
IMAGES = Path(__file__).parents[1] / "data/images"
GREY = [str(IMAGES / f"grey{n}.png") for n in range(7)]
COLOURED = [str(IMAGES / f"colour{n}.png") for n in range(6)]
NO_IMAGE = str(IMAGES / "none.png")


FEATURES = ["a", "b", "mi:c", "mi:d"]
PROFILES = [("1", "2", "3", "4", "x"), ("1.2", "2", "", "4", "y"), ("-1", "0", "0.5", "NA", "x"),
            ("5", "5", "5", "5", "y"), ("0", "0", "0", "0", "x"), ("10", "20", "-30", "1e3", "y"),
            ("", "", "7", "8", "x"), ("3", "1", "4", "1", "y")]  # fmt: skip
BAD_PROFILE = ("1", "two", "3", "4", "x")


CHANNELS = ["hr", "bp"]
SERIES = [  # time, then the channels; None is a gap
    [(0, 1, 2), (1, 3, 4), (2, 5, 6)], [(0, 1, 2), (1, 3, None)], [(0, None, 0.5), (4, 7, None), (9.5, 8, 1)],
    [(0, 5, 5)], [(0, 0, 0), (1, 0, 0), (2, 0, 0)], [(0, 10, -30), (0.5, None, 1e3)], [(0, 1, 2), (1, 3, 4)],
    [(n, n % 3, n % 5) for n in range(20)],
]  # fmt: skip
BAD_SERIES = [(0, 1, 2), (1, "two", 4)]


def series_text(steps: list[tuple[Any, ...]]) -> str:
    """A series in one text of JSON."""
    columns = zip(*steps, strict=True)
    return json.dumps(dict(zip(["time", *CHANNELS], map(list, columns), strict=True)))


def series_lines(series: list[list[tuple[Any, ...]]]) -> list[str]:
    """Lines of a long table."""
    return [f"row-{n},{','.join('' if cell is None else str(cell) for cell in step)}"
            for n, steps in enumerate(series, 1) for step in steps]  # fmt: skip


TEXTS = [
    "Selegiline-induced postural hypotension in Parkinson's disease.", "No effect of 5-HT2A: a trial.",
    "Lithium carbonate raised plasma calcium levels in 12 of 30 rats.", "Mood.", "α-synuclein, naïve mice!",
    "Lithium carbonate raised plasma calcium levels in 15 of 30 rats.", "(+)-MK-801 and N-methyl-D-aspartate",
    "A very long name: methylenedioxymethamphetamine hydrochloride",
]  # fmt: skip


def profile_text(cells: tuple[str, ...]) -> str:
    """A profile in one text."""
    return " ".join(f"{name}={cell}" for name, cell in zip([*FEATURES, "site"], cells, strict=True))


def fasta(sequences: list[str]) -> list[str]:
    """Lines of a FASTA file."""
    return [line for n, s in enumerate(sequences, 1) for line in (f">row-{n}", s)]


def quoted(cell: str) -> str:
    """A cell of a CSV file."""
    return '"' + cell.replace('"', '""') + '"'


def pairs_of(names: tuple[str, str], left: list[str], right: list[str]) -> list[dict[str, str]]:
    """Pairs of these inputs; most inputs occur in several pairs."""
    return [dict(zip(names, pair, strict=True)) for pair in zip(left, right, strict=True)]


def table(names: tuple[str, str], rows: list[dict[str, str]]) -> list[str]:
    """Lines of a CSV file of pairs."""
    return [",".join(("id", *names)),
            *(",".join((f"row-{n}", *row.values())) for n, row in enumerate(rows, 1))]  # fmt: skip


def sides(vectors: list[str]) -> list[dict[str, str]]:
    """Pairs in which most vectors occur twice."""
    return [{"left": a, "right": b} for a, b in zip(vectors, [*vectors[2:], *vectors[2:4]], strict=True)]


TWO = "sequence", "molecule"
PROTEIN_PAIRS = pairs_of(TWO, [*PROTEINS[:4], *PROTEINS[:3]], [*SMILES[:3], *SMILES[:4]])
ANY = "vector", "molecule"
BOTH = "profile", "molecule"
PROFILE_PAIRS = pairs_of(BOTH, [profile_text(p) for p in (*PROFILES[:4], *PROFILES[:2])],
                         [*SMILES[:3], *SMILES[:3]])  # fmt: skip
WARD = "series", "molecule"
SERIES_PAIRS = pairs_of(
    WARD, [series_text(s) for s in (*SERIES[:4], *SERIES[:2])], [*SMILES[:3], *SMILES[:3]]
)
VECTOR_PAIRS = pairs_of(ANY, [*VECTORS[:4], *VECTORS[:2]], [*SMILES[:3], *SMILES[:3]])

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
    "series": Examples(
        find("series"), [series_text(one) for one in SERIES],
        (series_text(SERIES[2]),
         '{"bp": ["0.5", "NA", 1.0], "hr": [null, 7.0, 8], "time": [100, 104, 109.5]}'),
        series_text(BAD_SERIES), ".csv", ["id,time,hr,bp", *series_lines([*SERIES, BAD_SERIES])],
        {}, {"channel_names": CHANNELS}, {"channels": CHANNELS},
    ),
    "text": Examples(
        find("text"), TEXTS, ("Mood  in mice.", "Mood in\tmice ."), " \u2003 ", ".csv",
        ["id,text", *(f'row-{n},"{t}"' for n, t in enumerate([*TEXTS, " \u2003 "], 1))],
    ),
    "image": Examples(
        find("image"), GREY, (GREY[0], str(IMAGES / "grey0.tif")), NO_IMAGE, ".csv",
        ["id,image", *(f"row-{n},{path}" for n, path in enumerate([*GREY, NO_IMAGE], 1))],
        {}, {"channels": 1, "pixels": "uint8"}, {"channels": 1, "pixels": "uint8"},
    ),
    "image in colours": Examples(
        find("image"), COLOURED, (COLOURED[0], COLOURED[0]), NO_IMAGE, ".csv",
        ["id,image", *(f"row-{n},{path}" for n, path in enumerate([*COLOURED, NO_IMAGE], 1))],
        {}, {"channels": 3, "pixels": "uint8", "size": 16, "fit": "within", "step": 4},
        {"channels": 3, "pixels": "uint8", "size": 16, "scale": "none", "step": 4},
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
    "sequence+molecule": Examples(
        find("sequence+molecule"), PROTEIN_PAIRS,
        (dict(zip(TWO, ("MKV", "OCC"), strict=True)), dict(zip(TWO, ("mkv", "C(O)C"), strict=True))),
        dict(zip(TWO, ("MKV", "C("), strict=True)), ".csv",
        table(TWO, [*PROTEIN_PAIRS, dict(zip(TWO, ("MKV", "C("), strict=True))]), {},
        {"left": {"alphabet": "protein"}}, {"left": {"alphabet": "protein"}},
    ),
    "profile+molecule": Examples(
        find("profile+molecule"), PROFILE_PAIRS,
        (dict(zip(BOTH, ("a=1 b=2 mi:c= mi:d=0 site=x", "OCC"), strict=True)),
         dict(zip(BOTH, ("mi:d=-0 b=2.0 mi:c=NA a=1e0 site=y", "C(O)C"), strict=True))),
        dict(zip(BOTH, (profile_text(BAD_PROFILE), "CC"), strict=True)), ".csv",
        table(BOTH, [*PROFILE_PAIRS, dict(zip(BOTH, (profile_text(BAD_PROFILE), "CC"), strict=True))]), {},
        {"left": {"feature_names": FEATURES, "batch": "site", "batches": ["x", "y"]}},
        {"left": {"features": FEATURES, "batches": ["x", "y"]}},
    ),
    "series+molecule": Examples(
        find("series+molecule"), SERIES_PAIRS,
        (dict(zip(WARD, (series_text(SERIES[3]), "OCC"), strict=True)),
         dict(zip(WARD, ('{"hr": [5.0], "bp": [5]}', "C(O)C"), strict=True))),
        dict(zip(WARD, (series_text(BAD_SERIES), "CC"), strict=True)), ".csv",
        table(WARD, [{name: quoted(cell) for name, cell in pair.items()} for pair in (
            *SERIES_PAIRS, dict(zip(WARD, (series_text(BAD_SERIES), "CC"), strict=True)))]),
        {}, {"left": {"channel_names": CHANNELS}}, {"left": {"channels": CHANNELS}},
    ),
    "vector+molecule": Examples(
        compose("vector+molecule", toy.MODALITY, find("molecule")), VECTOR_PAIRS,
        (dict(zip(ANY, ("1 2 3", "OCC"), strict=True)), dict(zip(ANY, ("1 2 3.0", "CCO"), strict=True))),
        dict(zip(ANY, ("1 2", "CC"), strict=True)), ".csv",
        table(ANY, [*VECTOR_PAIRS, dict(zip(ANY, ("1 2", "CC"), strict=True))]), {},
        {"left": {"largest": 50.0}},
    ),
}  # fmt: skip
