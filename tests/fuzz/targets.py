"""The commands that are tried: which file of a command is damaged, how, and what must hold afterwards."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from damage import damaged
from materials import DATA, Materials, miniature
from safetensors.numpy import load, save
from values import as_json, changed_table, changed_value
from workers import Job

from riboswitch.data.bundles.sealed_arrays import KEY, SEAL, seal

SMALL = 300_000
"""Files above this many bytes are no use: damage is rarely where it matters."""


@dataclass(frozen=True)
class Target:
    """One file of one command.

    Parameters
    ----------
    name : str
    corpus : list of Path
        Files of which one is damaged.
    words : callable
        ``words(damaged file, folder of outputs)``: the command.
    damage : callable
        ``damage(bytes, other files, rng)``.
    limit : float
        Seconds of CPU that it may take.
    """

    name: str
    corpus: list[Path]
    words: Callable[[Path, Path], list[str]]
    damage: Callable[[bytes, list[bytes], random.Random], bytes] = damaged
    limit: float = 5.0


def corpus(*patterns: str) -> list[Path]:
    """Files of tests/data."""
    found = {
        p for pattern in patterns for p in DATA.glob(pattern) if p.is_file() and p.stat().st_size < SMALL
    }
    return sorted(found)


MOLECULES = ("molecules/*", "cases/*/*.csv", "cases/*/*.smi", "cases/*/*.sdf", "cases/*/*.parquet")
SEQUENCES = ("sequences/*",)
GENOMES = ("cases/*/*.fna", "cases/*/*.gb", "sequences/*.gb*", "sequences/*.embl", "sequences/*.fna")


def _json(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A JSON file with a value changed, or damaged bytes."""
    if rng.random() < 0.25:
        return damaged(data, others, rng)
    return as_json(changed_value(json.loads(data), rng)).encode()


def _header(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A safetensors file with a value of its header changed, or damaged bytes."""
    if rng.random() < 0.4:
        return damaged(data, others, rng)
    if rng.random() < 0.6:
        return _resealed(data, rng)
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    described = header.get("__metadata__") or {}
    if described and rng.random() < 0.8:
        key = rng.choice(sorted(described))
        try:
            described[key] = as_json(changed_value(json.loads(described[key]), rng))
        except ValueError:
            described[key] = str(changed_value(described[key], rng))
    else:
        header = changed_value(header, rng)
    text = as_json(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def _resealed(data: bytes, rng: random.Random) -> bytes:
    """A bundle with a value of its header changed and a seal that is right, to reach what lies behind it."""
    size, arrays = int.from_bytes(data[:8], "little"), load(data)
    header = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][KEY])
    header.pop(SEAL, None)
    changed = changed_value(header, rng)
    with suppress(TypeError, ValueError):  # no object, or NaN
        changed = changed | {SEAL: seal(changed, arrays)}
    return save(arrays, {KEY: as_json(changed)})


def raw_files(m: Materials) -> Iterator[Target]:
    """Files of users, each read by several verbs."""
    gene, drug, solubility = (m.model(t) for t in ("gene_class", "drug_class", "solubility"))
    window, frames = (str(m.folder / "dna" / n / "model.safetensors") for n in ("window", "frames"))
    references = str(m.results / "gene_class" / "records.parquet")
    genome = str(m.source / "genome.fna")
    molecules, sequences, genomes = corpus(*MOLECULES), corpus(*SEQUENCES), corpus(*GENOMES)
    own = [m.source / "library.csv"]
    yield Target(
        "parse molecules",
        molecules + own,
        lambda f, o: [
            "parse",
            str(f),
            "--modality",
            "molecule",
            "--output",
            str(o / "r.parquet"),
            "--summary",
            str(o / "summary.json"),
        ],
    )
    yield Target(
        "parse labels",
        own + corpus("cases/*/*.csv"),
        lambda f, o: [
            "parse",
            str(f),
            "--modality",
            "molecule",
            "--kind",
            "regression",
            "--target",
            "logS",
            "--output",
            str(o / "r.parquet"),
        ],
    )
    yield Target(
        "parse sequences",
        sequences,
        lambda f, o: ["parse", str(f), "--modality", "sequence", "--output", str(o / "r.parquet")],
    )
    yield Target(
        "prepare",
        molecules + own,
        lambda f, o: ["prepare", str(f), "--processes", "1", "--output", str(o / "lib")],
    )
    yield Target("predict molecules", molecules + own, lambda f, o: ["predict", str(f), solubility])
    yield Target("predict proteins", sequences, lambda f, o: ["predict", str(f), gene])
    yield Target(
        "predict windows",
        [m.folder / "dna/window/rows.csv", *corpus("cases/*/*.fa", "sequences/*.fasta")],
        lambda f, o: ["predict", str(f), window],
    )
    yield Target(
        "screen",
        molecules + own,
        lambda f, o: ["screen", str(f), solubility, f"drug={drug}", "--processes", "1"],
        limit=8,
    )
    yield Target(
        "scan",
        [*genomes, m.source / "genome.fna"],
        lambda f, o: ["scan", str(f), gene, "--references", references, "--output", str(o / "calls")],
        limit=15,
    )
    annotated = corpus("cases/*/*.gff", "cases/*/*.gff3")
    yield Target(
        "scan with annotation",
        annotated,
        lambda f, o: [
            "scan",
            genome,
            gene,
            "--annotation",
            str(f),
            "--references",
            references,
            "--output",
            str(o / "calls"),
        ],
        limit=15,
    )
    yield Target(
        "genes", genomes, lambda f, o: ["genes", str(f), frames, "--output", str(o / "genes")], limit=15
    )
    yield Target(
        "annotate",
        genomes,
        lambda f, o: ["annotate", str(f), window, "--window", "41", "--output", str(o / "tracks")],
        limit=15,
    )
    yield Target(
        "effects",
        [m.source / "variants.vcf", *corpus("cases/*/*.vcf")],
        lambda f, o: ["effects", str(f), genome, window],
    )
    variants = str(m.source / "variants.vcf")
    yield Target(
        "effects at sites",
        [m.source / "sites.bed", m.source / "sites.gff3"],
        lambda f, o: ["effects", variants, genome, window, "--sites", str(f)],
    )


def own_files(m: Materials) -> Iterator[Target]:
    """Files that riboswitch wrote itself."""
    r = m.results
    task = r / "solubility"
    rows = str(m.source / "few.csv")
    (m.source / "few.csv").write_text("id,smiles\na,CCO\nb,c1ccccc1O\n")
    models = [Path(m.model(t)) for t in ("solubility", "drug_class")]
    yield Target("bundle", models, lambda f, o: ["predict", rows, str(f)], _header)
    yield Target(
        "bundle of genes",
        [Path(m.model("gene_class"))],
        lambda f, o: [
            "scan",
            str(m.source / "genome.fna"),
            str(f),
            "--references",
            str(r / "gene_class/records.parquet"),
            "--output",
            str(o / "calls"),
        ],
        _header,
        limit=15,
    )
    yield Target(
        "records",
        [task / "records.parquet"],
        lambda f, o: ["featurize", str(f), "--output", str(o / "f.npz")],
        changed_table,
    )
    yield Target(
        "records to split",
        [task / "records.parquet"],
        lambda f, o: ["split", str(f), "--method", "random", "--output", str(o / "s.parquet")],
        changed_table,
    )
    train = ["--kind", "regression", "--target", "logS", "--epochs", "1"]
    yield Target(
        "features",
        [task / "features.npz"],
        lambda f, o: [
            "train",
            str(task / "records.parquet"),
            str(f),
            str(task / "split.parquet"),
            *train,
            "--output",
            str(o / "m.safetensors"),
        ],
    )
    yield Target(
        "split",
        [task / "split.parquet"],
        lambda f, o: [
            "train",
            str(task / "records.parquet"),
            str(task / "features.npz"),
            str(f),
            *train,
            "--output",
            str(o / "m.safetensors"),
        ],
        changed_table,
    )
    yield Target(
        "predictions",
        [task / "heldout.parquet", task / "baseline.parquet"],
        lambda f, o: ["evaluate", str(f), "--bootstrap", "20", "--output", str(o / "metrics.json")],
        changed_table,
    )
    ranking = [
        "--hits",
        "{out}/hits.csv",
        "--compounds",
        "{out}/c.parquet",
        "--settings",
        json.dumps({k: v for k, v in m.config["rank"].items() if k not in ("genome", "classes")}),
    ]
    table, scores = m.config["rank"]["classes"], str(r / "scores/1-of-1.parquet")
    calls = str(r / "genomes/patient/calls.parquet")
    given = [f"{t}={m.model(t)}" for t in ("drug_class", "solubility")]

    def rank(f: Path, o: Path, which: str) -> list[str]:
        files = {"scores": scores, "calls": calls, "classes": table} | {which: str(f)}
        words = [
            "rank",
            str(r / "library"),
            files["scores"],
            "--calls",
            files["calls"],
            "--classes",
            files["classes"],
        ]
        models = [w for g in given for w in ("--model", g)]
        return [w.replace("{out}", str(o)) for w in [*words, *models, *ranking]]

    yield Target("rank scores", [Path(scores)], partial(rank, which="scores"), changed_table)
    yield Target("rank calls", [Path(calls)], partial(rank, which="calls"), changed_table)
    yield Target("rank classes", [Path(table)], partial(rank, which="classes"))


def folders(m: Materials) -> Iterator[tuple[str, Path, list[str], Callable[[Path, Path], list[str]]]]:
    """Folders of which one file is damaged: name, folder, patterns of its files, command."""
    models = [m.model("solubility")]
    yield (
        "library",
        m.results / "library",
        ["library.json", "part-*"],
        lambda f, o: ["screen", str(f), *models, "--processes", "1", "--output", str(o / "scores.parquet")],
    )
    report = ["--tasks", *m.config["tasks"], "--genomes", "patient", "--genome", "patient"]
    yield (
        "report",
        m.results,
        ["*.json", "*.csv", "*/*.json", "genomes/*/*.parquet", "*.parquet"],
        lambda f, o: [
            "report",
            str(f),
            str(m.folder / "data"),
            *report,
            "--output",
            str(o / "report.html"),
            "--metrics",
            str(o / "metrics.json"),
        ],
    )


def settings(m: Materials) -> Iterator[Target]:
    """Configurations and settings."""
    config = m.folder / "config.json"  # JSON is YAML
    config.write_text(json.dumps(m.config))
    yield Target(
        "configuration", [config], lambda f, o: ["mirror", str(f), "--output", str(o / "mirror")], _json
    )
    table = str(m.source / "library.csv")
    pieces = {
        "reading": {"id_column": "id", "input_column": "smiles", "columns": ["name"], "standardize": True},
        "kept": {"max_atoms": 50, "format": "csv", "id_column": "id"},
    }
    for name, value in pieces.items():
        path = m.folder / f"{name}.json"
        path.write_text(json.dumps(value))
        yield Target(
            f"reading {name}",
            [path],
            lambda f, o: [
                "prepare",
                table,
                "--processes",
                "1",
                "--reading",
                f.read_text("utf-8", "replace"),
                "--output",
                str(o / "lib"),
            ],
            _json,
        )


def job(target: Target, rng: random.Random, folder: Path, about: object) -> Job:
    """A job of a target: the damaged file lies in a folder of its own."""
    seed = rng.choice(target.corpus)
    others = [p.read_bytes() for p in rng.sample(target.corpus, min(2, len(target.corpus)))]
    file = folder / seed.name
    file.write_bytes(target.damage(seed.read_bytes(), others, rng))
    out = folder / "out"
    out.mkdir()
    return Job(target.words(file, out), about, target.limit)


def folder_job(entry: tuple, rng: random.Random, folder: Path, about: object) -> Job:
    """A job on a folder of which one file is damaged."""
    name, original, patterns, words = entry
    copy, out = folder / name, folder / "out"
    shutil.copytree(original, copy)
    out.mkdir()
    file = rng.choice(sorted(p for pattern in patterns for p in copy.glob(pattern)))
    change = {".json": _json, ".parquet": changed_table}.get(file.suffix, damaged)
    file.write_bytes(change(file.read_bytes(), [], rng))
    return Job(words(copy, out), about, 10.0)


def every(m: Materials) -> list:
    """All targets."""
    assert miniature
    return [*raw_files(m), *own_files(m), *settings(m), *folders(m)]
