"""Boxes on the command line: from files of Pascal VOC to a table of boxes, and to their average precision."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cases import running

SIDES = ("xmin", "ymin", "xmax", "ymax")


@pytest.fixture
def smears(tmp_path):
    """Twelve smears with a dark square each, left or right, and its box."""
    rng = np.random.default_rng(0)
    for n in range(12):
        left, top = 4 + 16 * (n % 2), int(rng.integers(4, 16))
        image = rng.integers(180, 220, (32, 40)).astype(np.uint8)
        image[top : top + 12, left : left + 12] -= 120
        Image.fromarray(image).save(tmp_path / f"s{n}.png")
        box = zip(SIDES, (left, top, left + 12, top + 12), strict=True)
        sides = "".join(f"<{name}>{value}</{name}>" for name, value in box)
        (tmp_path / f"s{n}.xml").write_text(
            f"<annotation><filename>s{n}.png</filename>"
            f"<object><name>cell</name><bndbox>{sides}</bndbox></object></annotation>"
        )
    return tmp_path


def test_boxes_go_from_files_to_tables_and_metrics(smears, capsys, monkeypatch):
    def run(*words):
        code, out, err = running.run([str(word) for word in words], capsys, monkeypatch)
        assert code == 0, err
        return out

    made = smears / "made"
    made.mkdir()
    task = ("--kind", "per_position", "--target", "cells")
    run("parse", *sorted(smears.glob("*.xml")), "--modality", "image", *task, "--masks", "cells",
        "--mask-kind", "boxes", "--letters", "cell=c", "--size", 32, "--step", 2,
        "--output", made / "records.parquet")  # fmt: skip
    run("split", made / "records.parquet", "--method", "random", "--output", made / "split.parquet")
    run("featurize", made / "records.parquet", "--output", made / "features.npz")
    run("train", made / "records.parquet", made / "features.npz", made / "split.parquet", *task,
        "--repeat", 0, "--width", 8, "--stages", 2, "--epochs", 30, "--learning-rate", 0.01,
        "--batch-size", 4, "--output", made / "model.safetensors")  # fmt: skip
    run("predict", made / "records.parquet", made / "model.safetensors", "--split", made / "split.parquet",
        "--features", made / "features.npz", "--output", made / "network.parquet")  # fmt: skip
    run("evaluate", made / "network.parquet", "--box", "cell=c", "--bootstrap", 10,
        "--output", made / "metrics.json")  # fmt: skip
    judged = json.loads((made / "metrics.json").read_text())["boxes"]
    assert judged["boxes"] == {"cell": "c"} and judged["methods"]["network"]["ap50"]["mean"] > 0.5
    (smears / "list.csv").write_text("id,image\na,s0.png\nb,none.png\nc,s1.png\n")
    run("predict", smears / "list.csv", made / "model.safetensors", "--box", "cell=c",
        "--output", made / "boxes.csv")  # fmt: skip
    table = pd.read_csv(made / "boxes.csv")
    assert table["id"].unique().tolist() == ["a", "b", "c"]
    assert table["status"][table["id"] == "b"].tolist() == ["NO_FILE"]
    left = table.groupby("id").first()["left"]
    assert left["a"] < 0.25 < left["c"]  # 4 and 20 of 40 pixels
