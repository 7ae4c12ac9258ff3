"""Texts: triage of made-up abstracts, and mentions in made-up sentences, from files to a report."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml

from .conftest import REPOSITORY, configuration, snakemake


def abstracts(rng, rows):
    """Abstracts of random words; those to include are about a drug."""
    words = [f"w{chr(97 + n)}{chr(97 + m)}" for n in range(6) for m in range(6)]
    lines = ["record_id,title,abstract,label_included"]
    for row in range(rows):
        text = " ".join([*rng.choice(words, 20), *(["lithium", "trial"] * (row % 4 == 0))])
        lines.append(f'{row},"About {rng.choice(words)}","{text}",{int(row % 4 == 0)}')
    return "\n".join([*lines, "x,,,1"]) + "\n"


def sentences(rng, rows):
    """Sentences with tags; names of chemicals end in -ol, and diseases are two words."""
    lines = []
    for _ in range(rows):
        for _ in range(5):
            stem, kind = "".join(rng.choice(list("bcdfgrtu"), 4)), rng.integers(3)
            if kind == 0:
                lines.append(f"{stem}ol\tB-Chemical")
            elif kind == 1:
                lines += [f"{stem}ic\tB-Disease", "pain\tI-Disease"]
            else:
                lines.append(f"{stem}ing\tO")
        lines.append("")
    return "\n".join(lines) + "\n"


@pytest.mark.slow
def test_triage_and_mentions_go_from_files_to_a_report(tmp_path):
    rng, source = np.random.default_rng(0), tmp_path / "source"
    source.mkdir()
    read = {name: yaml.safe_load((REPOSITORY / f"config/{name}.yaml").read_text("utf-8"))
            for name in ("text", "entities")}  # fmt: skip
    (source / "Bannach-Brown_2019.csv").write_text(abstracts(rng, 120))
    for name, rows in (("train", 60), ("devel", 20), ("test", 20)):
        (source / f"BC5CDR-IOB-{name}.tsv").write_text(sentences(rng, rows))
    made = configuration(source)["data"]["made"]
    config = read["text"] | {"evaluate": {"bootstrap": 30}}
    config["tasks"] |= read["entities"]["tasks"]
    config["data"] = dict.fromkeys(("review", "train", "devel", "test"), made)
    small = {"hidden": 8, "words": 16, "affixes": 8, "spelling": 8, "slots": 256}
    for task in config["tasks"].values():
        task["train"] |= {"epochs": 4, "learning_rate": 0.01}
        task |= {"network": small, "final": {"members": 1}}
        task["split"]["repeats"] = 1
    config["tasks"]["mentions"]["split"]["relatives"] = "ignore"
    done = snakemake(tmp_path, config)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = {name: json.loads((tmp_path / f"results/{name}/metrics.json").read_text())
             for name in ("included", "mentions")}  # fmt: skip
    assert {"network", "tfidf_linear", "stack"} <= {*found["included"]["methods"]}
    assert found["included"]["methods"]["tfidf_linear"]["wss95"]["mean"] > 0.3
    spans = found["mentions"]["spans"]["methods"]
    assert spans["token_chain"]["f1"]["mean"] > 0.95 and spans["network"]["f1_Disease"]["mean"] > 0.5
    page = (tmp_path / "results/report.html").read_text("utf-8")
    assert "Not for diagnosis" in page and "Exact spans" in page and "f1 of Chemical" in page
