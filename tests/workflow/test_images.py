"""Analyses of images: cells cut out of made-up smears, and a label for each place, from files to a report."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from .conftest import REPOSITORY, snakemake

SIDES = "<xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax>"
BOX = f"<object><name>{{}}</name><bndbox>{SIDES}</bndbox></object>"


def smears(folder, number):
    """Smears with six cells each: red ones, and larger blue ones; the last box of the first is outside."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:60, :90]
    for n in range(number):
        image, boxes = rng.integers(190, 220, (60, 90, 3)), []
        for place in range(6):
            blue = (n + place) % 2
            radius, cx, cy = (12, 9)[1 - blue], 15 + 30 * (place % 3), 15 + 30 * (place // 3)
            image[(x - cx) ** 2 + (y - cy) ** 2 < radius**2] -= np.array(
                [100, 90, 10] if blue else [10, 90, 90]
            )
            sides = cx - radius, cy - radius, cx + radius, cy + radius
            boxes.append(BOX.format("blue" if blue else "red", *sides))
        boxes += [BOX.format("red", 80, 5, 200, 20)] if n == 0 else []
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(folder / f"s{n}.png")
        (folder / f"s{n}.xml").write_text(
            f"<annotation><filename>s{n}.png</filename>{''.join(boxes)}</annotation>"
        )


def source_of(folder, names):
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    return {"source": f"file:{folder}", "members": sorted(digests), "sha256": digests, "licence": "made here"}


def nuclei(folder, number):
    """Bright squares on a dark ground, and the number of the square at each pixel."""
    rng = np.random.default_rng(1)
    labels = np.zeros((number, 32, 32), np.uint8)
    for n, place in np.ndindex(number, 2):
        top, left = 2 + rng.integers(0, 16), 2 + 15 * place
        labels[n, top : top + 10, left : left + 10] = place + 1
    images = (labels > 0) * 120 + rng.integers(0, 60, labels.shape)
    np.savez(folder / "nuclei.npz", images=images.astype(np.uint8), labels=labels,
             ids=np.array([f"n{n}" for n in range(number)]))  # fmt: skip


@pytest.mark.slow
def test_images_go_from_files_to_a_report(tmp_path):
    config = yaml.safe_load((REPOSITORY / "config/images.yaml").read_text("utf-8"))
    folder = tmp_path / "source"
    folder.mkdir()
    smears(folder, 24)
    nuclei(folder, 30)
    names = [f"s{n}.{end}" for n in range(24) for end in ("xml", "png")]
    config["data"] = {"smears": source_of(folder, names), "nuclei": source_of(folder, ["nuclei.npz"])}
    task = config["tasks"]["cell_type"]
    task["parse"]["sources"][0]["files"] = [name for name in names if name.endswith("xml")]
    task["split"]["repeats"] = 1
    task["train"], task["network"]["width"] = {"epochs": 8}, 8
    boxes = config["tasks"]["boxes"]
    boxes["boxes"] = {"red": "r", "blue": "b"}
    boxes["parse"]["sources"][0]["files"] = [name for name in names if name.endswith("xml")]
    boxes["parse"]["sources"][0]["reading"] |= {"letters": ["red=r", "blue=b"], "size": 48}
    boxes["network"]["width"], boxes["train"]["epochs"] = 8, 30
    config["tasks"]["place"] = {
        "modality": "image", "kind": "per_position", "targets": ["labels"],
        "parse": {"sources": [{"data": "nuclei", "files": ["nuclei.npz"],
                               "reading": {"masks": "labels", "mask_kind": "objects", "step": 2}}]},
        "split": {"method": "random", "repeats": 1}, "network": {"width": 8, "stages": 2},
        "train": {"epochs": 30, "learning_rate": 0.01, "batch_size": 4}, "final": {"members": 1},
    }  # fmt: skip
    config["evaluate"] = {"bootstrap": 20}
    done = snakemake(tmp_path, config)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = {name: json.loads((tmp_path / f"results/{name}/metrics.json").read_text())
             for name in ("cell_type", "boxes", "place")}  # fmt: skip
    assert found["cell_type"]["methods"]["network"]["macro_f1"]["mean"] > 0.9
    assert {"network", "mean", "linear", "forest"} <= {*found["cell_type"]["methods"]}
    assert {"network", "frequencies", "otsu", "linear_around", "forest_around"} <= {
        *found["place"]["methods"]
    }
    assert found["place"]["methods"]["network"]["macro_f1"]["mean"] > 0.7
    judged = found["boxes"]["boxes"]["methods"]
    assert judged["network"]["ap50"]["mean"] > 0.5 and judged["frequencies"]["ap50"]["mean"] == 0
    assert {"ap50", "ap50_red", "ap50_blue"} == {*judged["network"]}
    rejected = pd.read_csv(tmp_path / "results/cell_type/rejected.tsv", sep="\t")
    assert rejected["code"].tolist() == ["BAD_BOX"]
    page = (tmp_path / "results/report.html").read_text("utf-8")
    assert "Cells in blood smears" in page and "forest" in page and "ap50 of blue" in page
