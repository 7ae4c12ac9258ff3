"""An analysis of profiles: subtypes and survival of a made-up cohort, from a table to a report."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from .conftest import REPOSITORY, configuration, snakemake


def cohort(rows: int) -> pd.DataFrame:
    """Two samples a patient; the subtype and the hazard follow from the features."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 6)).round(3)
    time = rng.exponential(np.exp(-1.5 * x[:, 0])).round(4) + 0.01
    return pd.DataFrame(
        {"sample": [f"s{n}" for n in range(rows)], "patient": [f"p{n // 2}" for n in range(rows)]}
        | {f"{'mi:' if n > 3 else ''}f{n}": x[:, n] for n in range(6)}
        | {"subtype": np.where(x[:, 1] > 0, "one", "two"), "days": time.round(4),
           "died": (rng.random(rows) < 0.7).astype(int)}
    )  # fmt: skip


@pytest.mark.slow
def test_profiles_go_from_a_table_to_a_report(tmp_path):
    config = yaml.safe_load((REPOSITORY / "config/profiles.yaml").read_text("utf-8"))
    source = tmp_path / "source"
    source.mkdir()
    table = cohort(120).astype({"f0": object})
    table.loc[3, "f0"] = "broken"
    table.to_csv(source / "cohort.csv", index=False)
    config["data"] = {"cohort": configuration(source)["data"]["made"]}
    config["evaluate"] = {"bootstrap": 50}
    for task in config["tasks"].values():
        task |= {"train": {"epochs": 15, "learning_rate": 0.01}, "final": {"members": 1}}
        task["split"]["repeats"] = 1
    done = snakemake(tmp_path, config)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for name, metric in (("subtype", "macro_f1"), ("survival", "c_index")):
        found = json.loads((tmp_path / f"results/{name}/metrics.json").read_text())
        assert found["headline"] == metric and found["methods"]["network"][metric]["mean"] > 0.6
        rejected = pd.read_csv(tmp_path / f"results/{name}/rejected.tsv", sep="\t")
        assert rejected["code"].tolist() == ["BAD_NUMBER"]
    assert "cox" in found["methods"]
    page = (tmp_path / "results/report.html").read_text("utf-8")
    assert "C-index" in page and "<h2" in page
