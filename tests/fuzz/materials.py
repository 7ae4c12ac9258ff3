"""What is damaged: a finished analysis in miniature, two small models of DNA, the files of tests/data."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "workflow"))
import conftest as miniature  # the analysis of the workflow tests

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY / "tests" / "data"


@dataclass(frozen=True)
class Materials:
    """A folder with everything that commands need."""

    folder: Path

    @property
    def results(self) -> Path:
        """Results of the analysis."""
        return self.folder / "results"

    @property
    def source(self) -> Path:
        """Its input files."""
        return self.folder / "source"

    def model(self, task: str) -> str:
        """The bundle of a task."""
        return str(self.results / task / "model.safetensors")

    @cached_property
    def config(self) -> dict:
        """The configuration of the analysis."""
        return miniature.configuration(self.source)


def make(folder: Path) -> Materials:
    """Run the analysis and train the other models, unless the folder holds them already (two minutes)."""
    done = folder / "done.json"
    made = Materials(folder)
    if done.exists():
        return made
    run = miniature.snakemake(folder, miniature.make_analysis(folder))
    if run.returncode:
        raise SystemExit(f"the analysis in miniature failed:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    _dna_models(folder / "dna")
    _variants(folder)
    done.write_text(json.dumps({"made": True}))
    return made


def riboswitch(*words: str) -> None:
    """Run a command that must succeed."""
    done = subprocess.run([sys.executable, "-m", "riboswitch", *words], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"riboswitch {' '.join(words)} failed:\n{done.stderr}")


def _dna_models(folder: Path) -> None:
    """A model of windows of 41 bases and one of reading frames, both trained for a moment."""
    folder.mkdir()
    rng = random.Random(5)
    windows = [(f"w{n}", miniature.spacer(rng, 41), n % 2) for n in range(60)]
    windows = [(name, dna[:15] + "TATAAT" * yes + dna[15 : 41 - 6 * yes], yes) for name, dna, yes in windows]
    frames = [(f"f{n}", miniature.gene(miniature.random_protein(rng, 60)), 1) for n in range(30)]
    frames += [(f"g{n}", miniature.spacer(rng, 183), 0) for n in range(30)]
    _train(folder / "window", windows, "dna")
    _train(folder / "frames", frames, "codon")


def _train(folder: Path, rows: list[tuple[str, str, int]], alphabet: str) -> None:
    folder.mkdir()
    table = folder / "rows.csv"
    table.write_text("id,sequence,gene\n" + "".join(f"{n},{dna},{yes}\n" for n, dna, yes in rows))
    records, features, split = (str(folder / n) for n in ("records.parquet", "features.npz", "split.parquet"))
    layout = json.dumps({"alphabet": "dna", "id_column": "id"})
    riboswitch(
        "parse",
        str(table),
        "--modality",
        "sequence",
        "--reading",
        layout,
        "--kind",
        "binary",
        "--target",
        "gene",
        "--output",
        records,
    )
    riboswitch("featurize", records, "--alphabet", alphabet, "--output", features)
    riboswitch("split", records, "--method", "random", "--repeats", "1", "--output", split)
    member = str(folder / "member.safetensors")
    riboswitch(
        "train",
        records,
        features,
        split,
        "--kind",
        "binary",
        "--target",
        "gene",
        "--epochs",
        "2",
        "--hidden",
        "8",
        "--embedding",
        "4",
        "--output",
        member,
    )
    riboswitch("ensemble", member, "--records", records, "--output", str(folder / "model.safetensors"))


def _variants(folder: Path) -> None:
    """Ten variants of the genome of the analysis."""
    lines = (folder / "source" / "genome.fna").read_text().splitlines()
    contig = lines[1]
    rows = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for n, at in enumerate(range(200, 2200, 200)):
        rows.append(
            f"contig1\t{at}\tv{n}\t{contig[at - 1]}\t{'A' if contig[at - 1] != 'A' else 'C'}\t.\t.\t."
        )
    (folder / "source" / "variants.vcf").write_text("\n".join(rows) + "\n")
    _sites(folder / "source")


def _sites(folder: Path) -> None:
    """Windows of 41 bases around these variants, as BED and as GFF3."""
    places = [(at - 20, at + 20, "+-"[n % 2]) for n, at in enumerate(range(200, 2200, 200))]
    bed = [f"contig1\t{first - 1}\t{last}\ts{first}\t0\t{strand}\n" for first, last, strand in places]
    gff = [f"contig1\tx\tpromoter\t{a}\t{b}\t.\t{strand}\t.\tID=s{a}\n" for a, b, strand in places]
    (folder / "sites.bed").write_text("".join(bed))
    (folder / "sites.gff3").write_text("##gff-version 3\n" + "".join(gff))
