"""Images: cell types of blood smears, and nuclei under a fluorescence microscope.

Settings are chosen on validation images; test images are predicted once, at the end. All cells of a smear are
on one side. Slides and plates are not known in either set, so images of one slide may be on both sides.

    python benchmarks/modalities_image.py --data DIRECTORY --part crops|nuclei --output FILE

measures one of the two alone and writes its details. Of nuclei the answers of each seed are kept in the
folder of ``--work``, so that a run that was ended goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tarfile
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import zoom

import riboswitch
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Task
from riboswitch.evaluation.scoring import task_metrics
from riboswitch.learning.base_learners.baselines import of_baseline, offered_baselines
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.modalities.image.instances import Cut, by_map, by_otsu, precision_at

SEEDS, RESAMPLES = (0, 1, 2), 1000
CROPS = {"size": 32, "fit": "within", "margin": 0.1}
RED_CELLS = {"label": "RBC", "rows": 300, "seed": 0}
"""Of the red cells, 85 in 100 of all cells, a sample is taken, so that the run takes a minute on one core."""
CROP_GRID: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (  # settings of network and encoder
    ({"width": 12, "stages": 3, "stem": 2, "augment": "turns"}, {"scale": "none"}),
)
CROP_TRAINING = {"epochs": 6, "batch_size": 16, "learning_rate": 4e-3}
HALF = 128
"""Height and width to which images of nuclei are brought for the network, of 256; its maps are doubled."""
NUCLEI = {"width": 8, "growth": 1.5, "stem": 1, "augment": "turns"}
NUCLEI_TRAINING = {"epochs": 8, "batch_size": 4, "learning_rate": 4e-3, "class_power": 0.25}
PUBLISHED_NUCLEI, PUBLISHED_OTSU = 0.81, 0.599
"""A U-Net and Otsu's threshold on these images, as issue 19 gives them; their split is not known."""
OTSU_CUTS = [Cut(s, 16, f) for s, f in product((1.0, 2.0, 3.0), (0.6, 0.8, 1.0))]
MAP_CUTS = [Cut(s, 16, f) for s, f in product((0.0, 1.0), (0.7, 1.0, 1.3))]


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of `modalities.KEYS`, and the details."""
    details = {"cells": crops(bench.data, bench.work), "nuclei": nuclei(bench.data, bench.work)}
    return figures(details), details


def figures(details: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of the details that are there."""
    found = {}
    if cells := details.get("cells"):
        found["cell_types_macro_f1"] = _figure(cells, None)
    if nuclei := details.get("nuclei"):
        found["nuclei_ap50"] = _figure(nuclei, PUBLISHED_NUCLEI)
    return found


def _figure(about: Mapping[str, Any], published: float | None) -> dict[str, Any]:
    network, plain = about["network"], about["plain"][about["best_plain"]]
    return {"value": network["value"], "low": network["low"], "high": network["high"],
            "plain": plain["value"], "plain_method": about["best_plain"], "published": published,
            "verdict": about["difference"]["verdict"]}  # fmt: skip


# Cell types


def crops(data: Path, work: Path) -> dict[str, Any]:
    """Red cell, white cell or platelet, from the crop of its box; BCCD with its own split of the smears."""
    folder = work / "bccd/BCCD"
    if not folder.is_dir():
        with tarfile.open(data / "images_bccd/bccd.tar.gz") as archive:
            archive.extractall(work / "bccd", filter="data")
    paths = sorted(str(path) for path in (folder / "Annotations").glob("*.xml"))
    source = {"paths": paths, "reading": {**CROPS, "folder": "../JPEGImages"}}
    records = riboswitch.parse([source], "image", kind="multiclass", targets=["name"], sample=RED_CELLS)
    part_of = {stem: part for part in ("train", "val", "test")
               for stem in (folder / f"ImageSets/Main/{part}.txt").read_text().split()}  # fmt: skip
    smear = records.table["file"].str.removesuffix(".jpg")
    part = smear.map(part_of).replace("val", "valid").to_numpy()
    split = Split(pd.DataFrame({"id": records.ids, "group": smear, "part_0": part}), {"name": "BCCD"})
    task = Task.infer("multiclass", ["name"], records.table)
    labels = task.labels(records.table)
    rows = {name: split.rows(name, 0) for name in ("train", "valid", "test")}
    trained = {}

    def network(number: int, seed: int) -> tuple[Predictor, Any]:
        if (number, seed) not in trained:
            settings, encoder = CROP_GRID[number]
            features = riboswitch.featurize(records, encoder)
            model = riboswitch.train(records, features, split, kind="multiclass", targets=["name"], repeat=0,
                                     seed=seed, network=settings, settings=CROP_TRAINING)  # fmt: skip
            trained[number, seed] = Predictor(model, find("image")), features
        return trained[number, seed]

    def score(outputs: np.ndarray, part: str) -> float:
        return float(task_metrics(task, labels[rows[part]], outputs)["macro_f1"])

    scored = []
    for number in range(len(CROP_GRID)):
        predictor, features = network(number, SEEDS[0])
        scored.append(score(predictor(features, rows["valid"])[0], "valid"))
    best = int(np.argmax(scored))
    answers = []
    for seed in SEEDS:
        predictor, features = network(best, seed)
        answers.append(predictor(features, rows["test"])[0])
    plain = {name: [_plain(records, task, labels, rows, name, asked) for asked in ("valid", "test")]
             for name in offered_baselines(find("image").baselines, task)}  # fmt: skip
    best_plain = max(plain, key=lambda name: score(plain[name][0], "valid"))
    weights = _weights(smear.to_numpy()[rows["test"]])

    def judged(several: Sequence[np.ndarray]) -> tuple[dict[str, Any], np.ndarray]:
        of_rows = labels[rows["test"]]
        drawn = np.mean(
            [task_metrics(task, of_rows, each, weight=weights)["macro_f1"] for each in several], 0
        )
        about = {"accuracy": round(float(np.mean([
            task_metrics(task, of_rows, each)["accuracy"] for each in several])), 4)}  # fmt: skip
        return _about([score(each, "test") for each in several], drawn) | about, drawn

    own, drawn = judged(answers)
    others = {name: judged([outputs[1]]) for name, outputs in plain.items()}
    return {
        "metric": "macro F1", "rows": {name: len(own_rows) for name, own_rows in rows.items()},
        "smears": {name: int(smear.iloc[own_rows].nunique()) for name, own_rows in rows.items()},
        "classes": {name: int(n) for name, n in records.table["name"].value_counts().items()},
        "reading": CROPS, "sample": RED_CELLS, "training": CROP_TRAINING,
        "grid": [{"network": n, "encoder": e, "validation": round(v, 4)}
                 for (n, e), v in zip(CROP_GRID, scored, strict=True)],
        "chosen": best, "network": own, "plain": {name: about for name, (about, _) in others.items()},
        "plain_validation": {name: round(score(outputs[0], "valid"), 4) for name, outputs in plain.items()},
        "best_plain": best_plain, "difference": _difference(drawn - others[best_plain][1]),
        "seeds": len(SEEDS),
    }  # fmt: skip


def _plain(
    records: Records, task: Task, labels: np.ndarray, rows: Mapping[str, np.ndarray], name: str, asked: str
) -> np.ndarray:
    """Answers of a baseline to the images of a part; for test images it also learns those for validation."""
    method = offered_baselines(find("image").baselines, task)[name]
    train = rows["train"] if asked == "valid" else np.concatenate([rows["train"], rows["valid"]])
    return of_baseline(method, records.inputs, train, rows[asked], labels[train], np.ones(len(train)),
                       task=task, seed=0)  # fmt: skip


# Nuclei


def nuclei(data: Path, work: Path, seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """Objects found at an overlap of 0.5, as a part of those found, wrong and missed: mean over images."""
    path = data / "images_dsb2018/dsb2018_fluo256.npz"
    source = {"paths": [str(path)], "reading": {"masks": "labels", "mask_kind": "objects", "size": HALF}}
    records = riboswitch.parse([source], "image", kind="per_position", targets=["labels"])
    with np.load(path) as stored:
        number = {name: n for n, name in enumerate(stored["ids"].tolist())}
        places = [number[name] for name in records.ids]
        truth, images = stored["labels"][places], stored["images"][places]
    order = np.argsort([hashlib.sha256(name.encode()).hexdigest() for name in records.ids])
    rows = {"test": np.sort(order[:67]), "valid": np.sort(order[67:97]), "train": np.sort(order[97:])}
    part = np.full(len(records), "train", object)
    part[rows["valid"]], part[rows["test"]] = "valid", "test"
    table = pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": part})
    split = Split(table, {"name": "images"})
    features = riboswitch.featurize(records)

    def precisions(found: Sequence[np.ndarray], own: np.ndarray) -> np.ndarray:
        hits = (precision_at(truth[row], each) for row, each in zip(own, found, strict=True))
        return np.array([each.precision for each in hits])

    cut, plain_valid = _best(OTSU_CUTS, lambda how: precisions(
        [by_otsu(images[row], how) for row in rows["valid"]], rows["valid"]))  # fmt: skip
    otsu = precisions([by_otsu(images[row], cut) for row in rows["test"]], rows["test"])
    usual = precisions([by_otsu(images[row], Cut()) for row in rows["test"]], rows["test"])
    each, cuts = [], []
    for seed in seeds:
        kept = work / f"nuclei_{seed}.npz"
        if not kept.is_file():
            model = riboswitch.train(
                records, features, split, kind="per_position", targets=["labels"], repeat=0, seed=seed,
                network=NUCLEI, settings=NUCLEI_TRAINING,
            )  # fmt: skip
            predictor = Predictor(model, find("image"))
            told = {name: _at_positions(predictor, features, rows[name]) for name in ("valid", "test")}
            np.savez(kept, **told, epoch=model.members[0]["epoch"])
        with np.load(kept) as stored:
            maps = {name: _maps(stored[name]) for name in ("valid", "test")}
            epoch = int(stored["epoch"])
        how, valid = _best(MAP_CUTS, lambda how, maps=maps: precisions(
            [by_map(*one, how) for one in maps["valid"]], rows["valid"]))  # fmt: skip
        each.append(precisions([by_map(*one, how) for one in maps["test"]], rows["test"]))
        cuts.append({**how._asdict(), "validation": round(valid, 4), "epoch": epoch})
        print(f"seed {seed}: validation {valid:.4f}, test {each[-1].mean():.4f}", flush=True)
    drawn = _weights(np.arange(len(rows["test"])))

    def resampled(values: np.ndarray) -> np.ndarray:
        return drawn @ values / drawn.sum(1)

    own = np.mean(each, 0)
    plain = {name: _about([float(values.mean())], resampled(values))
             for name, values in (("otsu", otsu), ("otsu_as_usual", usual))}  # fmt: skip
    return {
        "metric": "AP at an overlap of 0.5, mean over images",
        "images": {name: len(own_rows) for name, own_rows in rows.items()},
        "objects": {n: sum(int(truth[row].max()) for row in own_rows) for n, own_rows in rows.items()},
        "size": HALF, "settings": NUCLEI, "training": NUCLEI_TRAINING, "cuts": cuts,
        "network": _about([float(values.mean()) for values in each], resampled(own)),
        "plain": plain,
        "otsu_cut": {**cut._asdict(), "validation": round(plain_valid, 4)}, "best_plain": "otsu",
        "difference": _difference(resampled(own) - resampled(otsu)),
        "published": {"unet": PUBLISHED_NUCLEI, "otsu": PUBLISHED_OTSU, "split": "not known"},
        "seeds": len(seeds),
    }  # fmt: skip


def _at_positions(predictor: Predictor, features: Any, rows: np.ndarray) -> np.ndarray:
    """The probabilities that a position of each image is outside, and inside."""
    places = [predictor.task.classes.index(letter) for letter in "oi"]
    return predictor(features, rows)[0][:, places].reshape(len(rows), HALF, HALF, 2).astype(np.float32)


def _maps(outputs: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same of each image at its own size."""
    whole = zoom(outputs, (1, 2, 2, 1), order=1, grid_mode=True, mode="nearest")
    return [(one[..., 0], one[..., 1]) for one in whole]


def _best(cuts: Sequence[Cut], precisions: Any) -> tuple[Cut, float]:
    scored = [float(precisions(cut).mean()) for cut in cuts]
    return cuts[int(np.argmax(scored))], max(scored)


def _weights(groups: np.ndarray) -> np.ndarray:
    """How often each row is drawn in each of `RESAMPLES`, whole groups together."""
    _, number = np.unique(groups, return_inverse=True)
    drawn = np.random.default_rng(0).integers(number.max() + 1, size=(RESAMPLES, number.max() + 1))
    counts = np.stack([np.bincount(each, minlength=number.max() + 1) for each in drawn])
    return counts[:, number].astype(float)


def _about(values: Sequence[float], drawn: np.ndarray) -> dict[str, Any]:
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return {"value": round(float(np.mean(values)), 4), "low": round(float(low), 4),
            "high": round(float(high), 4), "per_seed": [round(value, 4) for value in values]}  # fmt: skip


def _difference(gap: np.ndarray) -> dict[str, Any]:
    """Network minus the best plain method, which was chosen on validation images."""
    low, high = np.nanquantile(gap, [0.025, 0.975])
    verdict = "wins" if low > 0 else "loses" if high < 0 else "ties"
    return {"low": round(float(low), 4), "high": round(float(high), 4), "verdict": verdict}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path(".bench/modalities"))
    parser.add_argument("--part", choices=("crops", "nuclei"), required=True)
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="of nuclei: how many of the seeds")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    work = options.work.resolve()
    found = crops(options.data, work) if options.part == "crops" else nuclei(
        options.data, work, SEEDS[: options.seeds])  # fmt: skip
    options.output.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
