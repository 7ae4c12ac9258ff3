"""Boxes of blood cells: red cells, white cells and platelets in the smears of BCCD, with its own split.

Settings are chosen on validation smears; test smears are predicted once, at the end. Truth is what the files
of BCCD say, at full resolution. Slides are not known, so smears of one slide may be on both sides.

    python benchmarks/modalities_boxes.py --data DIRECTORY --output FILE

measures it alone and writes its details. The answers of each seed are kept in the folder of ``--work``.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from modalities_image import RESAMPLES, SEEDS, _about, _difference, _weights
from PIL import Image
from scipy import ndimage
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

import riboswitch
from riboswitch.data.splits import Split
from riboswitch.evaluation.boxes import Boxes, box_metrics, boxes_in, judged, overlaps
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.modalities.image.features import otsu
from riboswitch.modalities.image.instances import Cut, by_otsu

TYPES = {"RBC": "R", "WBC": "W", "Platelets": "P"}
NAMES, SIDES = tuple(TYPES), ("xmin", "ymin", "xmax", "ymax")
READING = {"size": 160, "step": 2}
NETWORK = {"width": 12, "growth": 1.5, "stem": 2, "augment": "turns"}
TRAINING = {"epochs": 20, "batch_size": 4, "learning_rate": 4e-3, "class_power": 0.25}
CUTS = (0.3, 0.4, 0.5, 0.6)
PLAIN_CUTS = [Cut(smooth, 40, factor) for smooth, factor in product((1.0, 2.0), (1.0,))]
SAME = (0.3, 0.5)
"""Overlaps from which on the worse of two boxes of one type is left out."""
TREES, LEAF, NEAR = 100, 3, 0.2
PUBLISHED = 0.947
"""Mean AP of NBCDC-YOLOv8 (Chen et al., IET Comput. Vis. 2025, doi:10.1049/cvi2.12341) on BCCD; its split and
its overlap are not known here."""
HALF = (320, 240)
"""Width and height at which the plain method sees smears."""


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figure `cells_map50`, and the details."""
    details = cells(bench.data, bench.work, SEEDS[: bench.seeds])
    return {"cells_map50": figure(details)}, details


def figure(details: dict[str, Any]) -> dict[str, Any]:
    """The figure of the details."""
    network, plain = details["network"]["ap50"], details["plain"]["ap50"]
    return {"value": network["value"], "low": network["low"], "high": network["high"],
            "plain": plain["value"], "plain_method": "otsu_watershed_forest", "published": PUBLISHED,
            "verdict": details["difference"]["ap50"]["verdict"]}  # fmt: skip


def cells(data: Path, work: Path, seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """AP at an overlap of 0.5 of each type, and their mean."""
    folder = work / "bccd/BCCD"
    if not folder.is_dir():
        with tarfile.open(data / "images_bccd/bccd.tar.gz") as archive:
            archive.extractall(work / "bccd", filter="data")
    part_of = {stem: part for part in ("train", "val", "test")
               for stem in (folder / f"ImageSets/Main/{part}.txt").read_text().split()}  # fmt: skip
    rejected = sorted(stem for stem in part_of if _has_empty(folder / f"Annotations/{stem}.xml"))
    part_of = {stem: part for stem, part in part_of.items() if stem not in rejected}
    stems = {
        part: sorted(s for s, own in part_of.items() if own == part) for part in ("train", "val", "test")
    }
    true = {part: [truth(folder / f"Annotations/{s}.xml") for s in names] for part, names in stems.items()}
    drawn = _weights(np.arange(len(stems["test"])))

    def scores(found: Sequence[Boxes], part: str, weight: np.ndarray | None = None) -> dict[str, Any]:
        return box_metrics(NAMES, None, judged(found, true[part], len(NAMES)), weight=weight)

    each, tables, chosen = [], [], []
    for seed in seeds:
        maps = answers(folder, part_of, stems, seed, work / f"boxes_{seed}.npz")
        on_valid = {cut: float(scores([boxes_in(m, (0, 1, 2), cut) for m in maps["val"]], "val")["ap50"])
                    for cut in CUTS}  # fmt: skip
        cut = max(on_valid, key=lambda name: on_valid[name])
        found = [boxes_in(m, (0, 1, 2), cut) for m in maps["test"]]
        each.append(scores(found, "test"))
        tables.append(scores(found, "test", drawn))
        chosen.append({"cut": cut, "validation": {str(c): round(v, 4) for c, v in on_valid.items()}})
        print(f"seed {seed}: validation {on_valid[cut]:.4f}, test {each[-1]['ap50']:.4f}", flush=True)
    settings, plain_valid, found = plain(folder, stems, true, lambda f: float(scores(f, "val")["ap50"]))
    usual, usual_drawn = scores(found, "test"), scores(found, "test", drawn)
    names = ("ap50", *(f"ap50_{name}" for name in NAMES))
    own_drawn = {name: np.mean([table[name] for table in tables], 0) for name in names}
    return {
        "metric": "AP at an overlap of 0.5, all points of the curve; mean over types",
        "smears": {part: len(own) for part, own in stems.items()}, "rejected_for_an_empty_box": rejected,
        "boxes": {part: {name: int(sum((b.type == n).sum() for b in own)) for n, name in enumerate(NAMES)}
                  for part, own in true.items()},
        "reading": READING, "settings": NETWORK, "training": TRAINING, "chosen": chosen,
        "network": {n: _about([float(one[n]) for one in each], own_drawn[n]) for n in names},
        "plain": {n: _about([float(usual[n])], usual_drawn[n]) for n in names},
        "plain_settings": {**settings, "validation": round(plain_valid, 4)},
        "difference": {n: _difference(own_drawn[n] - usual_drawn[n]) for n in names},
        "seeds": len(seeds), "resamples": RESAMPLES, "slides": "not known",
    }  # fmt: skip


def _has_empty(path: Path) -> bool:
    """Whether a smear has a box without width or height, as reading rejects it."""
    left, top, right, bottom = truth(path).sides.T
    return bool(((right <= left) | (bottom <= top)).any())


def truth(path: Path) -> Boxes:
    """The boxes of a smear, in parts of its width and height."""
    root = ElementTree.parse(path).getroot()
    size = [float(root.findtext(f"size/{name}") or 0) for name in ("width", "height")] * 2
    items = list(root.iter("object"))
    types = np.array([NAMES.index((item.findtext("name") or "").strip()) for item in items], np.int64)
    sides = [[float(item.findtext(f"bndbox/{s}") or 0) for s in SIDES] for item in items]
    whole = (np.array(sides).reshape(-1, 4) / size).clip(0, 1)
    return Boxes(types, whole, np.ones(len(types)))


def answers(
    folder: Path, part_of: dict[str, str], stems: dict[str, list[str]], seed: int, kept: Path
) -> dict[str, np.ndarray]:
    """The probabilities of the three types at each position, of validation and test smears."""
    if not kept.is_file():
        paths = [str(folder / f"Annotations/{stem}.xml") for stem in sorted(part_of)]
        letters = [f"{name}={letter}" for name, letter in TYPES.items()]
        reading = {**READING, "folder": "../JPEGImages", "masks": "cells", "mask_kind": "boxes",
                   "letters": letters}  # fmt: skip
        source = {"paths": paths, "reading": reading}
        records = riboswitch.parse([source], "image", kind="per_position", targets=["cells"])
        stem = records.table["file"].str.removesuffix(".jpg")
        part = stem.map(part_of).replace("val", "valid").to_numpy()
        table = pd.DataFrame({"id": records.ids, "group": stem.to_numpy(), "part_0": part})
        split, features = Split(table, {"name": "BCCD"}), riboswitch.featurize(records, {"scale": "none"})
        model = riboswitch.train(records, features, split, kind="per_position", targets=["cells"], repeat=0,
                                 seed=seed, network=NETWORK, settings=TRAINING)  # fmt: skip
        predictor = Predictor(model, find("image"))
        places = [predictor.task.classes.index(letter) for letter in TYPES.values()]
        row_of = {name: row for row, name in enumerate(stem)}
        found = {}
        for name in ("val", "test"):
            outputs = predictor(features, np.array([row_of[s] for s in stems[name]]))[0]
            side = -(-READING["size"] // READING["step"])
            found[name] = outputs[:, places].reshape(len(stems[name]), side, side, 3).astype(np.float32)
        np.savez(kept, **found)
    with np.load(kept) as stored:
        return {name: stored[name] for name in ("val", "test")}


# The plain method: what is dark by Otsu's threshold, cut by a watershed, and purple parts; forests say what
# each part is, and where its box ends


def plain(
    folder: Path, stems: dict[str, list[str]], true: dict[str, list[Boxes]],
    judge: Callable[[Sequence[Boxes]], float],
) -> tuple[dict[str, Any], float, list[Boxes]]:  # fmt: skip
    """The settings that were best on validation smears, their value there, and boxes of the test smears."""
    best: tuple[float, Any, Any, float] | None = None
    for cut in PLAIN_CUTS:
        parts = {name: [candidates(folder / f"JPEGImages/{s}.jpg", cut) for s in stems[name]]
                 for name in ("train", "val", "test")}  # fmt: skip
        forests = grown(parts["train"], true["train"])
        for same in SAME:
            value = judge([told(forests, *one, same) for one in parts["val"]])
            if best is None or value > best[0]:
                best = value, cut, (forests, parts["test"]), same
    assert best is not None
    value, cut, (forests, parts_of_test), same = best
    found = [told(forests, *one, same) for one in parts_of_test]
    return {**cut._asdict(), "same": same, "trees": TREES}, value, found


def candidates(path: Path, how: Cut) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of dark and of purple parts, in parts of the sides, and what is measured of each."""
    with Image.open(path) as opened:
        image = np.asarray(opened.convert("RGB").resize(HALF, Image.Resampling.BOX), np.float64)
    blue = ndimage.gaussian_filter(image[..., 2] - image[..., 0], 2.0)
    purple, _ = ndimage.label(blue > otsu(blue))
    dark = by_otsu(255.0 - image[..., 1], how)
    width, height = HALF
    sides, about = [], []
    for kind, numbers in ((0.0, dark), (1.0, purple)):
        for number, (y, x) in enumerate(ndimage.find_objects(numbers), 1):
            mask = numbers[y, x] == number
            if (area := int(mask.sum())) < how.least // 2:
                continue
            inside, box = image[y, x][mask], image[y, x].reshape(-1, 3)
            high, wide = mask.shape
            sides.append([x.start / width, y.start / height, x.stop / width, y.stop / height])
            at_rim = x.start == 0 or y.start == 0 or x.stop == width or y.stop == height
            about.append([kind, area, wide, high, area / mask.size, wide / high, float(at_rim),
                          *inside.mean(0), *inside.std(0), *box.mean(0), (blue[y, x][mask] > 0).mean(),
                          *(image[y, x, 2] - image[y, x, 0])[mask].max(keepdims=True)])  # fmt: skip
    measured = np.array(about).reshape(len(sides), -1)
    if len(sides):  # sizes among those of the smear, since magnification differs
        measured = np.column_stack([measured, measured[:, 1] / np.median(measured[:, 1])])
    return np.array(sides).reshape(-1, 4), measured


def grown(parts: Sequence[tuple[np.ndarray, np.ndarray]], true: Sequence[Boxes]) -> tuple[Any, Any]:
    """Forests of where a box ends, and of what is in it."""
    x, shifts, boxes = [], [], []
    for (sides, about), own in zip(parts, true, strict=True):
        if not len(sides) or not len(own.type):
            continue
        each = overlaps(sides, own.sides)
        near = each.max(1) >= NEAR
        x.append(about[near])
        shifts.append(relative(own.sides[each.argmax(1)][near], sides[near]))
        boxes.append((sides, about, own))
    ends = RandomForestRegressor(TREES, min_samples_leaf=LEAF, random_state=0, max_features=0.5, n_jobs=1)
    ends.fit(np.concatenate(x), np.concatenate(shifts))
    kinds, rows = [], []
    for sides, about, own in boxes:
        each = overlaps(moved(sides, ends.predict(about)), own.sides)
        kinds.append(np.where(each.max(1) >= 0.5, own.type[each.argmax(1)], len(NAMES)))
        rows.append(about)
    forest = RandomForestClassifier(TREES, min_samples_leaf=LEAF, random_state=0, n_jobs=1)
    forest.fit(np.concatenate(rows), np.concatenate(kinds))
    return ends, forest


def relative(wanted: np.ndarray, sides: np.ndarray) -> np.ndarray:
    size = sides[:, 2:] - sides[:, :2]
    return (wanted - sides) / np.concatenate([size, size], 1)


def moved(sides: np.ndarray, by: np.ndarray) -> np.ndarray:
    size = sides[:, 2:] - sides[:, :2]
    return (sides + by * np.concatenate([size, size], 1)).clip(0, 1)


def told(forests: tuple[Any, Any], sides: np.ndarray, about: np.ndarray, same: float) -> Boxes:
    """The boxes of each type by their probability, without those that overlap a better one of the type."""
    if not len(sides):
        return Boxes(np.empty(0, np.int64), sides, np.empty(0))
    ends, forest = forests
    where, chance = moved(sides, ends.predict(about)), forest.predict_proba(about)
    each, types = overlaps(where, where), np.empty((0, 2))
    for number, kind in enumerate(forest.classes_.tolist()):
        if kind == len(NAMES):
            continue
        kept: list[int] = []
        for row in np.argsort(-chance[:, number], kind="stable").tolist():
            if chance[row, number] > 0 and not (each[row, kept] > same).any():
                kept.append(row)
        types = np.concatenate([types, np.column_stack([np.full(len(kept), kind), kept])])
    row = types[:, 1].astype(int)
    kind = types[:, 0].astype(np.int64)
    columns = np.searchsorted(forest.classes_, kind)
    return Boxes(kind, where[row], chance[row, columns])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path(".bench/modalities"))
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many of the seeds")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    found = cells(options.data, options.work.resolve(), SEEDS[: options.seeds])
    options.output.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
