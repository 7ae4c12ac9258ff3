"""An analysis in miniature: made-up genes, a made-up genome that carries one of them, eighty real drugs."""

import atexit
import hashlib
import os
import random
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from quick_start import Starter
from riboswitch.io.locks import held

REPOSITORY = Path(__file__).parents[2]
WITHOUT_MAPS = {"hits": 0, "calls": 0}  # maps are of the report alone, and take time
CLASSES = ("tetracycline", "beta-lactam", "macrolide")
CODONS = {
    "A": "GCA", "C": "TGC", "D": "GAC", "E": "GAA", "F": "TTC", "G": "GGC", "H": "CAC", "I": "ATC",
    "K": "AAA", "L": "CTC", "M": "ATG", "N": "AAC", "P": "CCC", "Q": "CAA", "R": "CGC", "S": "AGC",
    "T": "ACC", "V": "GTC", "W": "TGG", "Y": "TAC",
}  # fmt: skip


def gene(protein: str) -> str:
    return "".join(CODONS[a] for a in protein) + "TAA"


def mutated(rng: random.Random, protein: str, fraction: float) -> str:
    return protein[0] + "".join(rng.choice([*CODONS]) if rng.random() < fraction else a for a in protein[1:])


def random_protein(rng: random.Random, length: int) -> str:
    return "M" + "".join(rng.choices([*CODONS], k=length))


def spacer(rng: random.Random, length: int) -> str:
    return "".join(rng.choices("ACGT", k=length))


def make_analysis(folder: Path) -> dict:
    """Write the sources and return a configuration that reads them."""
    rng = random.Random(1)
    source = folder / "source"
    source.mkdir(parents=True)
    planted = ""
    phenotypes = ["id\tClass\tPhenotype"]
    for name in CLASSES:
        lines = []
        for family in range(6):
            ancestor = random_protein(rng, 120)
            for variant in range(5):
                identifier = f"{name}{family}_{variant}_X{variant}"
                protein = mutated(rng, ancestor, 0.05)
                planted = planted or protein
                lines += [f">{identifier}", gene(protein)]
                phenotypes.append(f"{identifier}\t{name.capitalize()}\t{name.capitalize()}")
        (source / f"{name}.fsa").write_text("\n".join(lines) + "\n")
    (source / "phenotypes.txt").write_text("\n".join(phenotypes) + "\n")
    # A stop in every frame before the gene, so that its start is the planted one.
    near = spacer(rng, 293) + "TAATAATAA"
    genome = f">contig1\n{spacer(rng, 5000)}\n>contig2\n{near}{gene(planted)}{spacer(rng, 400)}\n"
    (source / "genome.fna").write_text(genome)
    background = "".join(gene(random_protein(rng, 90)) + spacer(rng, 50) for _ in range(60))
    (source / "background.fna").write_text(f">background\n{background}\n")
    (source / "library.csv").write_text("\n".join(library_rows()) + "\n")
    return configuration(source)


def library_rows() -> list[str]:
    """Eighty drugs, three tetracyclines, one broken row, one compound twice."""
    rows = ["id,smiles,name,logS"]
    for i, line in enumerate((REPOSITORY / "tests/data/drugs.smi").read_text().splitlines()):
        smiles, _, name = line.partition("\t")
        rows.append(f'd{i},{smiles},"{name}",{-len(smiles) / 10:.2f}')
    extra = {"tetracycline": "CC1(O)c2cccc(O)c2C(=O)C2=C(O)C3(O)C(=O)C(C(N)=O)=C(O)C(N(C)C)C3CC21",
             "minocycline": "CN(C)c1ccc(O)c2c1CC1CC3C(N(C)C)C(O)=C(C(N)=O)C(=O)C3(O)C(O)=C1C2=O",
             "doxycycline": "CC1c2cccc(O)c2C(=O)C2=C(O)C3(O)C(=O)C(C(N)=O)=C(O)C(N(C)C)C3C(O)C21",
    }  # fmt: skip
    rows += [f"t{i},{s},{n},-2" for i, (n, s) in enumerate(extra.items())]
    return [*rows, "bad,C1CC(,broken,1", "twice,O,water again,0"]


def configuration(source: Path) -> dict:
    files = sorted(p.name for p in source.iterdir())
    digests = {n: hashlib.sha256((source / n).read_bytes()).hexdigest() for n in files}
    table = str(REPOSITORY / "config/drug_classes.tsv")
    molecules = {"sources": [{"data": "made", "files": ["library.csv"], "reading": {"id_column": "id"}}]}
    return {
        "data": {"made": {"source": f"file:{source}", "sha256": digests, "members": files}},
        "genomes": {"patient": {"data": "made", "sequence": "genome.fna"}},
        "tasks": {
            "gene_class": {
                "modality": "sequence", "kind": "multiclass", "targets": ["drug_class"],
                "parse": {
                    "sources": [{"data": "made", "files": [f"{c}.fsa" for c in CLASSES],
                                 "reading": {"translate": True}, "fields": {"drug_class": "{stem}"}}],
                    "annotate": {"data": "made", "file": "phenotypes.txt", "key": "id",
                                 "columns": {"phenotype_classes": "Class", "antibiotics": "Phenotype"}},
                    "background": {"data": "made", "file": "background.fna", "orfs": 50, "decoys": 20},
                },
                "split": {"method": "family", "repeats": 3},
                "train": {"epochs": 12, "batch_size": 16, "learning_rate": 0.005},
                "network": {"hidden": 24}, "final": {"members": 1, "epochs": "all"},
            },
            "drug_class": {
                "modality": "molecule", "kind": "multiclass", "targets": ["drug_class"],
                "parse": {**molecules, "classes": {"name_column": "name", "table": table}},
                "train": {"epochs": 3}, "network": {"hidden": 16, "ffn_hidden": 16}, "final": {"members": 1},
            },
            "solubility": {
                "modality": "molecule", "kind": "regression", "targets": ["logS"], "parse": molecules,
                "split": {"method": "scaffold"},
                "train": {"epochs": 3}, "network": {"hidden": 16, "ffn_hidden": 16}, "final": {"members": 1},
            },
        },
        "evaluate": {"bootstrap": 100},
        "report": {"maps": {"hits": 5, "control": "weights"}},  # networks of a control would take a minute
        "scan": {"task": "gene_class", "min_aa": 60},
        "library": {"data": "made", "file": "library.csv", "reading": {"id_column": "id"}},
        "screen": {"tasks": ["drug_class", "solubility"], "shards": 1},
        "rank": {"genome": "patient", "score_by": "drug_class", "class_task": "drug_class", "classes": table},
    }  # fmt: skip


@cache
def starter(name: str = "") -> Starter:
    """A process that starts snakemake and riboswitch at once; another name, another process."""
    made = Starter()
    atexit.register(made.close)
    return made


def snakemake(
    folder: Path,
    config: dict,
    *arguments: str,
    text: str | None = None,
    first_on_path: Path | str = "",
    snakefile: Path = REPOSITORY / "Snakefile",
    programs: str | None = "",
) -> subprocess.CompletedProcess:
    """Run the workflow in a folder; the configuration is written anew each time.

    ``programs`` names the `starter`: programs of another one have another seed of hashes. With None they
    start by themselves, which is sooner for a single plan.
    """
    (folder / "analysis.yaml").write_text(text or yaml.safe_dump(config))
    installed = Path(sys.executable).parent
    ready = installed if programs is None else starter(programs).folder
    command = [
        str(ready / "snakemake"), "--snakefile", str(snakefile),
        "--directory", str(folder), "--configfile", str(folder / "analysis.yaml"), "--cores", "2",
        "--workflow-profile", "none", *arguments,
    ]  # fmt: skip
    places = [str(first_on_path), str(ready), str(installed), os.environ["PATH"]]
    path = os.pathsep.join(filter(None, places))
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False
    )
    if done.returncode:  # Snakemake only names the log of a job that failed
        done.stderr += "".join(
            f"\n{log.relative_to(folder)}: {log.read_text('utf-8')[-500:]}"
            for log in sorted(folder.glob("logs/**/*.log"))
        )
    return done


@pytest.fixture(scope="session")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A copy of the finished run of the analysis, and its configuration.

    The run takes a minute or more, so processes that share the tests make it once. Each has its own copy,
    because tests change the configuration in the folder.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished-analysis"
    with held(shared, wait=900):
        if not shared.exists():
            config = make_analysis(shared)
            done = snakemake(shared, config)
            (shared / "said").write_text(done.stdout[-3000:] + done.stderr[-3000:] if done.returncode else "")
    said = (shared / "said").read_text()
    assert not said, said
    folder = tmp_path_factory.mktemp("analysis") / "run"
    shutil.copytree(shared, folder, copy_function=shutil.copy2)
    return folder, configuration(shared / "source")
