"""An analysis of series: who of three speaks, from .ts files to a report."""

import json

import numpy as np
import pytest
import yaml

from .conftest import REPOSITORY, configuration, snakemake

HEAD = ["@problemName made", "@timeStamps false", "@univariate false", "@dimensions 2",
        "@classLabel true 1 2 3", "@data"]  # fmt: skip


def speech(seed: int, rows: int) -> str:
    """Series with a mean of one channel and a rhythm of the other that tell the class; one is broken."""
    rng, lines = np.random.default_rng(seed), [*HEAD]
    for row in range(rows):
        speaker, steps = row % 3, int(rng.integers(6, 14))
        one = rng.normal(speaker, 0.3, steps).round(3)
        two = np.sin(np.arange(steps) * (0.4 + 0.5 * speaker)).round(3)
        lines.append(":".join([",".join(map(str, one)), ",".join(map(str, two)), str(speaker + 1)]))
    return "\n".join([*lines, "1,2:3,x:1"]) + "\n"


@pytest.mark.slow
def test_series_go_from_ts_files_to_a_report(tmp_path):
    config = yaml.safe_load((REPOSITORY / "config/series.yaml").read_text("utf-8"))
    source = tmp_path / "source"
    source.mkdir()
    for seed, (part, rows) in enumerate((("TRAIN", 60), ("TEST", 30))):
        (source / f"JapaneseVowels_{part}.ts").write_text(speech(seed, rows), "utf-8")
    config["data"] = {"made": configuration(source)["data"]["made"]}
    task = config["tasks"]["speaker"]
    for each in task["parse"]["sources"]:
        each["data"] = "made"
    config["evaluate"] = {"bootstrap": 50}
    task |= {"train": {"epochs": 8, "learning_rate": 0.01}, "final": {"members": 1}}
    task["split"]["repeats"] = 1
    done = snakemake(tmp_path, config)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads((tmp_path / "results/speaker/metrics.json").read_text())
    assert found["methods"]["network"]["accuracy"]["mean"] > 0.8
    assert {"mean", "ridge", "forest", "boosting", "network"} <= found["methods"].keys()
    rejected = (tmp_path / "results/speaker/rejected.tsv").read_text("utf-8")
    assert rejected.count("BAD_NUMBER") == 2 and "channel 'channel_2' is 'x', not a number" in rejected
    assert "Traceback" not in done.stdout + done.stderr
