"""Curate the benchmark sets and split them, once, so that every method is judged on the same rows.

    python benchmarks/accuracy/prepare.py --data DIRECTORY --out DIRECTORY [--sets esol ...] [--repeats 3]

``--data`` holds the MoleculeNet files named in `SETS`. Each set gets a folder in ``--out`` with
records.parquet, rejected.tsv and split.parquet; what is there already is left as it is.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

from riboswitch import parse, split
from riboswitch.data.task import Kind

FRACTIONS = {"train": 0.8, "valid": 0.1, "test": 0.1}


class DataSet(NamedTuple):
    """A file, which of its columns are labels of which kind, and how often it is split."""

    file: str
    kind: Kind
    targets: tuple[str, ...]
    repeats: int = 5


TOX21 = (
    "NR-AR", "NR-AR-LBD", "NR-AhR", "NR-Aromatase", "NR-ER", "NR-ER-LBD",
    "NR-PPAR-gamma", "SR-ARE", "SR-ATAD5", "SR-HSE", "SR-MMP", "SR-p53",
)  # fmt: skip
MUV = tuple(
    f"MUV-{n}" for n in (466, 548, 600, 644, 652, 689, 692, 712, 713, 733, 737, 810, 832, 846, 852, 858, 859)
)

SETS = {
    "esol": DataSet("delaney.csv", "regression", ("logp",)),  # the column holds log10 of the solubility
    "bbbp": DataSet("bbbp.csv", "binary", ("p_np",)),
    "lipo": DataSet("lipo.csv", "regression", ("lipo",)),
    "tox21": DataSet("tox21.csv", "binary", TOX21),
    "hiv": DataSet("hiv.csv.gz", "binary", ("HIV_active",), 3),
    "muv": DataSet("muv.csv.gz", "binary", MUV, 3),
    "ecoli": DataSet("../ecoli_stokes2020/data_ecoli.csv", "binary", ("activity",)),
    "saureus": DataSet("../saureus_wong2023/train.csv", "binary", ("ACTIVITY",), 3),
}


def prepare(name: str, data: Path, out: Path, most: int) -> None:
    """Write records and scaffold split of one set, with at most so many repeats, unless they are there."""
    records_path, split_path = out / name / "records.parquet", out / name / "split.parquet"
    if split_path.exists():
        return
    file, kind, targets, repeats = SETS[name]
    records = parse(
        [{"paths": [data / file], "reading": {"columns": list(targets)}}],
        "molecule",
        kind=kind,
        targets=targets,
        duplicates="mean",
        conflicts="mean" if kind == "regression" else "reject",
    )
    records.save(records_path)
    split(records, "scaffold", fractions=FRACTIONS, repeats=min(repeats, most), seed=0).save(split_path)
    print(f"{name}: {records.counts()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--repeats", type=int, default=5, help="at most so many repeats of a split")
    options = parser.parse_args()
    for name in options.sets:
        prepare(name, options.data, options.out, options.repeats)


if __name__ == "__main__":
    main()
