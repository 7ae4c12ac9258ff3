"""Settings of further tasks of sequences reach the commands."""

from __future__ import annotations

import hashlib
import json
import random

import pytest
import yaml

from .conftest import REPOSITORY, configuration, random_protein, snakemake, spacer
from .test_proteins import commands

CHAINS = "id,sequence,states,said\n1,MKV,HEL,HEE\n2,MKW,LLL,HLL\n"


def analysis(folder):
    (folder / "chains.csv").write_text(CHAINS)
    task = {
        "modality": "sequence", "kind": "per_position", "targets": ["states"],
        "parse": {"sources": [{"data": "chains", "files": ["chains.csv"], "keep": {"id": ["1", "2"]},
                               "reading": {"alphabet": "protein"}}]},
        "split": {"method": "predefined", "column": "part", "redraw": True, "relatives": "exclude"},
        "featurize": {"alphabet": "protein"}, "baselines": ["gor"], "given": {"theirs": "said (by them)"},
        "merge": {"L": "E"}, "final": {"members": 1}, "scorecard": {},
    }  # fmt: skip
    digest = hashlib.sha256(CHAINS.encode()).hexdigest()
    source = {"source": f"file:{folder / 'chains.csv'}", "sha256": digest}
    return {"data": {"chains": source}, "tasks": {"structure": task}}


def test_settings_become_options_and_a_redrawn_split_has_its_repeats(tmp_path):
    of = {}
    for words in commands(tmp_path, analysis(tmp_path)):
        of.setdefault(words[1], []).append(words)
    (divided,), (plain,), (judged,), (card,) = (of[v] for v in ("split", "baseline", "evaluate", "scorecard"))
    assert {"--redraw", "--relatives=exclude", "--repeats=3"} <= {*divided}
    assert {"--method=gor", "--given=theirs=said (by them)"} <= {*plain}
    assert "--merge=L=E" in judged and "--given=theirs=said (by them)" in card
    assert len([words for words in of["train"] if any(w.startswith("--repeat=") for w in words)]) == 3


def test_a_wrong_setting_is_refused(tmp_path):
    config = analysis(tmp_path)
    config["tasks"]["structure"]["given"] = {"no name": "said"}
    done = snakemake(tmp_path, config, "--dry-run")
    assert done.returncode == 1 and "given" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


PARTS = ("UP", "h35", "spacs", "h10", "disc", "ITR")


def promoters(rng: random.Random) -> str:
    """A made-up table of promoters in parts; the -10 element says how strong one is."""
    lines = [",".join(["ID", *PARTS, "high quality", "Observed", "Predicted log(TX/Txref)"])]
    for n in range(90):
        ten = rng.choice(["TATAAT", "TATGAT", "GACAAT", "GCCGGT"])
        parts = [spacer(rng, 8), spacer(rng, 6), spacer(rng, 17), ten, spacer(rng, 5), spacer(rng, 4)]
        strength = ten.count("G") + rng.random() / 5
        lines.append(",".join([str(n), *parts, "No" if n % 10 == 9 else "Yes", f"{strength:.3f}",
                               f"{strength + rng.random():.3f}"]))  # fmt: skip
    return "\n".join(lines) + "\n"


def chains(rng: random.Random, number: int) -> str:
    """Made-up chains; the state of a residue follows from its letter."""
    states = {letter: "HGIEBSTL"[n % 8] for n, letter in enumerate("ACDEFGHIKLMNPQRSTVWY")}
    lines = ["id,len,input,expected"]
    for n in range(number):
        chain = random_protein(rng, 30)
        lines.append(f"{n},{len(chain)},{chain},{''.join(states[letter] for letter in chain)}")
    return "\n".join(lines) + "\n"


@pytest.mark.slow
def test_both_tasks_go_from_their_tables_to_a_report(tmp_path):
    rng, source = random.Random(0), tmp_path / "source"
    source.mkdir()
    read = {name: yaml.safe_load((REPOSITORY / f"config/{name}.yaml").read_text("utf-8"))
            for name in ("promoters", "secondary_structure")}  # fmt: skip
    files = {"41467_2022_32829_MOESM5_ESM.csv": promoters(rng), "cb6133filtered.npy.csv": chains(rng, 40),
             "cb513.npy.csv": chains(rng, 12)}  # fmt: skip
    for name, text in files.items():
        (source / name).write_text(text)
    made = configuration(source)["data"]["made"]
    config = read["promoters"] | {"evaluate": {"bootstrap": 30}}
    config["tasks"] |= read["secondary_structure"]["tasks"]
    config["data"] = dict.fromkeys(("promoters", "cb6133", "cb513"), made)
    for task in config["tasks"].values():
        task["train"] |= {"epochs": 2}
        task |= {"network": task["network"] | {"hidden": 8}, "final": {"members": 1}}
        task["split"]["repeats"] = 2
    config["tasks"]["structure"]["baselines"] = ["gor", "window_logistic"]
    done = snakemake(tmp_path, config)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = {name: json.loads((tmp_path / f"results/{name}/metrics.json").read_text())
             for name in ("transcription", "structure")}  # fmt: skip
    assert {"network", "aligned_linear", "aligned_boosting", "published"} <= {
        *found["transcription"]["methods"]
    }
    assert {"network", "gor", "window_logistic"} <= {*found["structure"]["merged"]["methods"]}
    assert found["structure"]["methods"]["window_logistic"]["accuracy"]["mean"] > 0.9
    page = (tmp_path / "results/report.html").read_text("utf-8")
    assert "Not for diagnosis" in page and "published" in page and "gor" in page
