"""Files of invented users: genomes, compounds, assays; and those that are none."""

from __future__ import annotations

import gzip
import random
import zipfile
from pathlib import Path

DRUGS = (Path(__file__).parents[1] / "data/drugs.smi").read_text("utf-8").splitlines()
ORGANIC = [line.split("\t")[0] for line in DRUGS if "c1" in line or "C1" in line]


def dna(length: int, seed: int = 0) -> str:
    return "".join(random.Random(seed).choices("ACGT", k=length))


def fasta(path: Path, lengths=(3000, 900), title: str = "Escherichia coli strain 7, complete genome") -> Path:
    text = "".join(f">c{i} {title}\n{dna(n, i)}\n" for i, n in enumerate(lengths))
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def genbank(path: Path) -> Path:
    letters = dna(1200, 5).lower()
    lines = [f"{i + 1:>9} {letters[i : i + 60]}" for i in range(0, len(letters), 60)]
    path.write_text(
        "LOCUS       G1                  1200 bp    DNA     circular BCT 01-JAN-2026\n"
        "DEFINITION  Klebsiella pneumoniae plasmid.\nACCESSION   G1\nVERSION     G1.1\n"
        "SOURCE      Klebsiella pneumoniae\n  ORGANISM  Klebsiella pneumoniae\n            Bacteria.\n"
        "FEATURES             Location/Qualifiers\n     CDS             1..30\n"
        '                     /locus_tag="a1"\nORIGIN\n' + "\n".join(lines) + "\n//\n"
    )
    return path


def library(path: Path, rows: int = 12, head: str = "Compound ID,SMILES,Drug Name") -> Path:
    lines = [head, *(f"C-{i},{ORGANIC[i % len(ORGANIC)]},name {i}" for i in range(rows))]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def assay(path: Path, labels, head: str = "id,smiles,active", quote: str = "") -> Path:
    lines = [
        head,
        *(
            f"A-{i},{'C' * (i % 9)}{ORGANIC[i % len(ORGANIC)]},{quote}{label}{quote}"
            for i, label in enumerate(labels)
        ),
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def excel(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return path
