"""Files whose rows are known: each good row comes back with its id and its answer."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from materials import Materials
from workers import Job, Outcome

GOOD = [
    "CCO",
    "CCN",
    "c1ccccc1",
    "CC(=O)O",
    "CCCl",
    "C1CCCCC1",
    "OCCO",
    "CC(C)O",
    "NCC(=O)O",
    "c1ccncc1",
    "CC#N",
    "C=CC=C",
    "CC(=O)Nc1ccc(O)cc1",
    "CN1C=NC2=C1C(=O)N(C)C(=O)N2C",
    "OC(=O)c1ccccc1O",
    "CCOCC",
    "ClC(Cl)Cl",
    "CS(C)=O",
]
IDS = [
    "a1",
    "007",
    "1e5",
    "1.0",
    "NA",
    "nan",
    "null",
    "None",
    "-5",
    "+A",
    "=1+1",
    "@SUM(1)",
    "id with blanks",
    "é",
    "化合物",
    "x;y",
    "a'b",
    "100%",
    "TRUE",
    "2020-01-01",
    "1_000",
    "１２",
    "#3",
    "a|b",
    "{b}",
    "<i>",
    "&amp;",
    "$x",
    "`x`",
    "C:\\x",
    "..",
    "CCO",
]
EVIL = [
    "",
    "C1CC(",
    "x" * 400,
    "C" * 4000,
    "[Fe]",
    "*CC",
    "CCO.CCN",
    "nan",
    "[NH4+].[Cl-]",
    "C[C",
    "C%99",
    "é",
    "CCO |Sg:n:0,1:n:ht|",
    "((((((((",
    "[CH2]",
    "C(C)(C)(C)(C)C",
    "[2H]",
    "O=C=O",
    "[C-]#N.[K+]",
    "1",
    "-",
    "C" * 40 + "=" * 9,
    "[" * 100,
]
PROTEINS = "ACDEFGHIKLMNPQRSTVWY"


@dataclass(frozen=True)
class Expected:
    """A file's rows: ids in their order, and which of them are good."""

    verb: str
    format: str
    ids: list[str]
    good: frozenset[str]
    answers: dict[str, float]


def _usable(name: str, format: str) -> bool:
    """Whether an id can stand in such a file: blanks end a FASTA id, and a .smi row is divided at blanks."""
    return " " not in name or format not in ("smi", "fasta")


def _rows(rng: random.Random, format: str) -> list[tuple[str, str, bool]]:
    """Rows of id, SMILES and whether it is good, in a random order."""
    names = [n for n in IDS if _usable(n, format)]
    rng.shuffle(names)
    rows = [(n, rng.choice(GOOD), True) for n in names[: rng.randint(3, 14)]]
    evil = [e for e in EVIL if format != "smi" or (e and " " not in e)]
    rows += [(f"bad{k}", rng.choice(evil), False) for k in range(rng.randint(0, len(rows) // 2))]
    rng.shuffle(rows)
    return rows


def _delimited(rows: list[tuple[str, str, bool]], delimiter: str, rng: random.Random) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=rng.choice(("\n", "\r\n")))
    writer.writerow(["id", "smiles", "note"])
    writer.writerows([name, smiles, rng.choice(("", "a,b", 'say "x"', "é"))] for name, smiles, _ in rows)
    return text.getvalue().encode()


def _smi(rows: list[tuple[str, str, bool]], rng: random.Random) -> bytes:
    return "".join(f"{smiles}\t{name}\n" for name, smiles, _ in rows).encode()


def _parquet(rows: list[tuple[str, str, bool]], rng: random.Random) -> bytes:
    sink = io.BytesIO()
    pd.DataFrame({"id": [r[0] for r in rows], "smiles": [r[1] for r in rows]}).to_parquet(sink)
    return sink.getvalue()


def _sdf(rows: list[tuple[str, str, bool]], rng: random.Random) -> bytes:
    from rdkit import Chem, rdBase

    blocks = []
    with rdBase.BlockLogs():
        for name, smiles, good in rows:
            mol = Chem.MolFromSmiles(smiles) if good else None
            block = (
                Chem.MolToMolBlock(mol) if mol else rng.choice(("\n\n\nbroken\n", "x\n", "\n\n\n 99  0\n"))
            )
            blocks.append(f"{block}> <id>\n{name}\n\n$$$$\n")
    return "".join(blocks).encode()


WRITERS: dict[str, Callable[[list[tuple[str, str, bool]], random.Random], bytes]] = {
    "csv": lambda rows, rng: _delimited(rows, ",", rng),
    "tsv": lambda rows, rng: _delimited(rows, "\t", rng),
    "smi": _smi,
    "parquet": _parquet,
    "sdf": _sdf,
}


def job(m: Materials, answers: dict[str, float], rng: random.Random, folder: Path) -> Job:
    """A file of molecules and one of the verbs that read it."""
    format, verb = rng.choice(sorted(WRITERS)), rng.choice(("predict", "screen", "parse", "prepare"))
    rows = _rows(rng, format)
    file, out = folder / f"rows.{format}", folder / "out"
    file.write_bytes(WRITERS[format](rows, rng))
    out.mkdir()
    column = {"smi": "name"}.get(format, "id")
    reading = json.dumps({"id_column": column})
    model = m.model("solubility")
    words = {
        "predict": ["predict", str(file), model, "--reading", reading, "--output", str(out / "t.parquet")],
        "screen": [
            "screen",
            str(file),
            model,
            "--reading",
            reading,
            "--processes",
            "1",
            "--output",
            str(out / "t.parquet"),
        ],
        "parse": [
            "parse",
            str(file),
            "--modality",
            "molecule",
            "--reading",
            reading,
            "--output",
            str(out / "records.parquet"),
        ],
        "prepare": [
            "prepare",
            str(file),
            "--processes",
            "1",
            "--reading",
            reading,
            "--output",
            str(out / "lib"),
        ],
    }[verb]
    smiles = {name: text for name, text, _ in rows}
    expected = Expected(
        verb,
        format,
        [r[0] for r in rows],
        frozenset(r[0] for r in rows if r[2]),
        {name: answers[smiles[name]] for name, _, good in rows if good},
    )
    return Job(words, (expected, out), 8.0)


def faults(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """What is wrong with the outcome: ``lost_rows`` or ``changed_ids``, and what was found."""
    expected, out = outcome.job.about
    if outcome.end != "exit":
        return
    if outcome.code:
        if expected.good:
            yield "lost_rows", f"refused: {outcome.error.strip()[-200:]}"
        return
    found, rejected = _found(expected.verb, out)
    if expected.format == "sdf":  # a record that cannot be read may be known by its number alone
        names = [name for name in expected.ids if name not in expected.good]
        rejected = names if len(rejected) == len(names) else rejected
    every = [*found, *rejected]
    if sorted(every) != sorted(expected.ids):
        missing = sorted(set(expected.ids) - set(every))
        kind = "lost_rows" if len(every) < len(expected.ids) else "changed_ids"
        yield kind, f"ids {missing} are not among {sorted(set(every) - set(expected.ids))}"
    elif not expected.good <= set(found):
        yield "lost_rows", f"rejected: {sorted(expected.good - set(found))}"
    for name, answer in found.items():
        if answer is not None and name in expected.answers and abs(answer - expected.answers[name]) > 1e-4:
            yield "changed_ids", f"{name!r} got {answer}, alone it gets {expected.answers[name]}"


def _found(verb: str, out: Path) -> tuple[dict[str, float | None], list[str]]:
    """Ids that were used, with their answers, and ids that were rejected."""
    if verb in ("predict", "screen"):
        table = pd.read_parquet(out / "t.parquet")
        good = table[table["status"] == "ok"]
        return dict(zip(good["id"], good["logS"].astype(float), strict=True)), list(
            table[table["status"] != "ok"]["id"]
        )
    if verb == "parse":
        used = list(pd.read_parquet(out / "records.parquet")["id"])
    else:
        used = [
            i for part in sorted((out / "lib").glob("part-*.parquet")) for i in pd.read_parquet(part)["id"]
        ]
    rejected = out / ("rejected.tsv" if verb == "parse" else "lib/rejected.tsv")
    lines = csv.DictReader(io.StringIO(rejected.read_text("utf-8"), newline=""), delimiter="\t")
    return dict.fromkeys(used), [line["id"] for line in lines]


def answers(m: Materials) -> dict[str, float]:
    """The answer for each good SMILES alone, through the Python interface."""
    import riboswitch

    table = riboswitch.predict(GOOD, m.model("solubility"))
    return dict(zip(GOOD, table["logS"].astype(float), strict=True))
