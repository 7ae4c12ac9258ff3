"""Rows that somebody recovers from a shared bundle, and what the bundle still tells.

Each task is cut into two folds of whole groups. A model is trained on one, calibrated, and shared; the other
fold is new to it. The same attacks on the private bundle are the control: they must find its rows.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from trust import Bench
from trust_attacks import attack
from trust_tasks import COLUMN, METHOD, Trial, molecules, trial

import riboswitch
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import assign
from riboswitch.evaluation.metrics import auroc, rank
from riboswitch.learning.sharing.membership import Membership
from riboswitch.modalities import find
from riboswitch.screening.nearest import DOMAIN

SHARED = ("esol", "bbbp", "promoters")
MOST, EPOCHS, LIBRARY = 600, 8, 3000
JITTER = 1e-5  # labels of numbers get this noise, so that each is one of its kind


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    """All figures of shared bundles."""
    details, recovered = {}, 0
    for name in SHARED:
        one = replace(trial(name, bench.data, bench.work), work=bench.work / "share")
        details[name] = _task(one)
        recovered += details[name]["recovered"]
    return {"share_recovered_rows": recovered}, details


def _task(one: Trial) -> dict[str, Any]:
    own, new = _folds(one)
    private, blended = _models(one, own)
    files = {"private": private, "shared": riboswitch.share(private),
             "without_membership": riboswitch.share(private, membership=False)}  # fmt: skip
    if blended is not None:
        library = molecules("moleculenet/lipo.csv", "smiles", "lipo", LIBRARY)(one.data)["smiles"].tolist()
        files |= {"blended": blended, "distilled": riboswitch.share(blended, library=library)}
    found: dict[str, dict[str, list[int]]] = {}
    for name, model in files.items():
        path = one.file(f"-{name}.safetensors")
        model.save(path)
        found[name] = attack(path, own, model.task.labels(own.table))
    rows = {name: len(set().union(*each.values())) for name, each in found.items()}
    for name in ("private", *(["blended"] if blended is not None else [])):
        if rows[name] < len(own):
            raise SystemExit(f"{one.name}, {name}: the attacks find only {rows[name]} of {len(own)} rows")
    public = Model.load(one.file("-shared.safetensors"))
    inputs = new.inputs[one.modality]
    before, after = riboswitch.predict(inputs, private), riboswitch.predict(inputs, public)
    return {
        "rows": len(own),
        "recovered": rows["shared"] + rows["without_membership"] + rows.get("distilled", 0),
        "by_attack": {name: len(each) for name, each in found["shared"].items()},
        "recovered_from_private": rows["private"],
        "private_by_attack": {name: len(each) for name, each in found["private"].items()},
        "answers_equal": bool(before.equals(after)),
        "known_inputs_confirmed": _confirmed(public, own),
        "new_inputs_confirmed": _confirmed(public, new),
        "membership_auroc": _membership_auroc(public, own, new),
        "domain": _domain(private, public, new) if one.modality == "molecule" else {},
        "distilled": {} if blended is None else _distilled(one, new, own, found["distilled"]),
    }


def _distilled(one: Trial, new: Records, own: Records, found: dict[str, list[int]]) -> dict[str, Any]:
    """What the copy of a blend loses on new rows, where a network stands for its base learners."""
    models = {name: Model.load(one.file(f"-{name}.safetensors")) for name in ("blended", "distilled")}
    errors = {f"error_{name}": round(float(_errors(model, new).mean()), 4) for name, model in models.items()}
    return {
        "by_attack": {name: len(each) for name, each in found.items()},
        "membership_auroc": _membership_auroc(models["distilled"], own, new),
        "said": [s for s in models["distilled"].header["shared"]["changes"] if "public inputs" in s],
        **errors,
    }


def _folds(one: Trial) -> tuple[Records, Records]:
    """The rows of the model, and those that are new to it."""
    table = one.read(one.data).reset_index(drop=True)
    table = table.sample(min(MOST, len(table)), random_state=0).reset_index(drop=True)
    if one.kind == "regression":
        table["y"] += np.random.default_rng(0).normal(0, JITTER, len(table))
    else:
        table["y"] = table["y"].astype(int)
    table.insert(0, "id", [f"SECRET-{one.name}-{i:05d}" for i in range(len(table))])
    records = one.parsed(table, "")
    groups = riboswitch.split(records, METHOD[one.modality], repeats=1).table["group"].tolist()
    fold = np.array(assign(groups, [0] * len(groups), {"train": 0.6, "valid": 0.4, "test": 0.0}, 7))
    kept = pd.DataFrame({"id": records.ids, COLUMN[one.modality]: records.inputs[one.modality],
                         "y": records.table["y"]})  # fmt: skip
    own, new = (one.parsed(kept[fold == part], f"-{part}") for part in ("train", "valid"))
    return own, new


def _models(one: Trial, records: Records) -> tuple[Model, Model | None]:
    """Calibrated bundles: of networks alone, and of molecules blended with base learners."""
    values = records.inputs[one.modality]
    window = {"alphabet": "dna", "window": len(values[0])} if one.modality == "sequence" else None
    features = riboswitch.featurize(records, window)
    split = riboswitch.split(records, METHOD[one.modality], repeats=3)
    trained = [
        riboswitch.train(records, features, split, kind=one.kind, targets=["y"], repeat=repeat,
                         settings={"epochs": EPOCHS})
        for repeat in range(3)
    ]  # fmt: skip
    held_out = riboswitch.held_out(records, features, split, trained)
    final = riboswitch.refit(records, features, split, trained)
    made = riboswitch.ensemble([final], records, held_out=held_out, split=split)
    path = one.file("-made.safetensors")
    made.save(Path(path))
    if one.modality != "molecule":
        return Model.load(path), None
    stacked, learners = riboswitch.stack(records, features, split, held_out)
    blended = riboswitch.ensemble([final, learners], records, held_out=stacked, split=split)
    return Model.load(path), blended if blended.network_weight < 1 else None


def _confirmed(model: Model, records: Records) -> float | None:
    """Share of these inputs that the keyed hashes know: what a dictionary of them is worth."""
    membership, library = Membership.of(model), find(model.modality).library
    if membership is None or library is None:
        return None
    return float(membership(library.keys(records.inputs, library.KEYS[0]), library.KEYS[0]).mean())


def _errors(model: Model, records: Records) -> np.ndarray:
    """Distance of each answer from the label, shape (rows,)."""
    answers = riboswitch.predict(records.inputs[model.modality], model)[model.task.columns].to_numpy(float)
    return np.abs(answers[:, 0] - model.task.labels(records.table)[:, 0])


def _membership_auroc(model: Model, own: Records, new: Records) -> float:
    """How well the error tells rows of the training from new ones, for somebody who knows the labels.

    References
    ----------
    Yeom et al., IEEE Computer Security Foundations Symposium 2018 (membership inference by the loss).
    """
    errors = [_errors(model, records) for records in (own, new)]
    truth = np.repeat([1.0, 0.0], [len(e) for e in errors])
    return round(float(auroc(rank(truth, -np.concatenate(errors)))), 3)


def _domain(private: Model, public: Model, new: Records) -> dict[str, Any]:
    """Rows of new groups inside and outside the domain, with their mean errors, by both bundles."""
    errors, found = _errors(private, new), {}
    for name, model in (("nearest_training_row", private), ("familiarity", public)):
        inside = riboswitch.screen(new.inputs["molecule"], model)[DOMAIN].to_numpy(bool)
        sides = {"in": inside, "out": ~inside}
        means = {side: float(errors[rows].mean()) for side, rows in sides.items() if rows.any()}
        found[name] = {"inside": float(inside.mean()), "outside_rows": int((~inside).sum()),
                       "error_inside": means.get("in"), "error_outside": means.get("out")}  # fmt: skip
    return found
