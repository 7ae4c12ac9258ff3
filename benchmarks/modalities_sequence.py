"""Two further tasks of sequences: transcription from promoters, and the secondary structure of each residue.

Both are read, split and judged as config/promoters.yaml and config/secondary_structure.yaml say. Settings of
networks are chosen on validation rows alone. Of each task there are up to three repeats, each with a network
of its own seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from common import HERE, first_repeats, kept, kept_seconds

import riboswitch
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.modalities import find
from riboswitch.modalities.sequence.group import group
from riboswitch.modalities.sequence.plain.aligned import aligned_boosting, aligned_linear
from riboswitch.steps.predict import held_out

TRIED: dict[str, list[dict[str, Any]]] = {
    "transcription": [{}, {"pool": 2, "hidden": 96}],
    "structure": [{}],
}
"""Settings of networks, over those of the configuration; the one with the lowest validation loss is used."""
REPEATS = 3
PUBLISHED_Q8 = 0.707  # Drori et al. 2018: an ensemble that reads profiles, too
WINDOW = 73  # letters of most promoters of the training set
MOST = 500  # rows of a set of longer promoters, drawn at random
OTHERS = {"urtecho": "Urtecho_et_al.csv", "yu": "Yu_et_al.csv", "hossain": "Hossain_et_al.csv"}
DRAWS = 1000


def promoters(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figure of transcription, and what stands beside it."""
    found = transcription(bench)
    r2 = found["lafleur"]["r2"]
    verdicts = found["lafleur"]["pearson_of_network_minus"]
    return {"promoter_r2_lafleur": _figure(r2, r2["published"]["mean"], verdicts, bench.seeds)}, found


def structure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figure of secondary structure, and what stands beside it."""
    found = residues(bench)
    return {"q8_cb513": _figure(found["q8"], PUBLISHED_Q8, found["q8_of_network_minus"], bench.seeds)}, found


NO_PLAIN = {"published", "mean_of_all", "joined_networks"}


def _figure(
    values: Mapping[str, Any], published: float, verdicts: Mapping[str, Any], seeds: int
) -> dict[str, Any]:
    """The network, the best plain method by its test score, the verdict on both, and what was published."""
    plain = {m: v for m, v in values.items() if m not in NO_PLAIN | {"network"}}
    best, ours = max(plain, key=lambda m: plain[m]["mean"]), values["network"]
    return {"value": ours["mean"], "low": ours.get("low"), "high": ours.get("high"), "seeds": seeds,
            "plain": plain[best]["mean"], "plain_method": best, "verdict": verdicts[best]["verdict"],
            "published": published}  # fmt: skip


class Task:
    """A task of a configuration: its records, features and split, and networks of each repeat.

    Parameters
    ----------
    config : str
        Name of the file in config/.
    name : str
        Name of the task.
    folders : mapping
        Folder of each data source.
    work : Path
        Networks are kept here.
    seeds : int
        The first so many repeats are measured.
    """

    def __init__(self, config: str, name: str, folders: Mapping[str, Path], work: Path, seeds: int):
        self.name, self.work, self.seeds = name, work / name, seeds
        self.work.mkdir(parents=True, exist_ok=True)
        about = yaml.safe_load((HERE / "../config" / config).read_text("utf-8"))
        self.how = about["tasks"][name]
        self.bootstrap = about.get("evaluate", {}).get("bootstrap", DRAWS)
        self.task = {"kind": self.how["kind"], "targets": self.how["targets"]}
        sources = [
            {k: v for k, v in source.items() if k not in ("data", "files")}
            | {"paths": [folders[source["data"]] / file for file in source["files"]]}
            for source in self.how["parse"]["sources"]
        ]
        self.records: Records = riboswitch.parse(sources, self.how["modality"], **self.task)
        self.split: Split = riboswitch.split(self.records, **self.how["split"] | {"repeats": REPEATS})
        self.features: RaggedArrays = riboswitch.featurize(self.records, self.how["featurize"])

    def network(self, repeat: int, more: Mapping[str, Any]) -> Model:
        """A network of a repeat, trained once."""
        words = "-".join(f"{key}{value}" for key, value in sorted(more.items())) or "config"
        train = partial(riboswitch.train, self.records, self.features, self.split, **self.task, repeat=repeat,
                        settings=self.how["train"], network=self.how["network"] | dict(more))  # fmt: skip
        return kept(self.work / f"{words}-{repeat}.safetensors", train, Model.load)

    def chosen(self) -> tuple[dict[str, Any], dict[str, float]]:
        """The settings with the lowest validation loss in the first repeat, and the losses of all."""
        losses = {str(more): _valid_loss(self.network(0, more)) for more in TRIED[self.name]}
        return min(TRIED[self.name], key=lambda more: losses[str(more)]), losses

    def judged(self, more: Mapping[str, Any]) -> tuple[dict[str, Any], list[Model]]:
        """Metrics of networks and plain methods on the test rows, and the networks."""
        models = [self.network(repeat, more) for repeat in range(self.seeds)]
        made = held_out(self.records, self.features, self.split, models).part("test")
        plain = partial(riboswitch.baseline, self.records, first_repeats(self.split, self.seeds), **self.task,
                        methods=self.how["baselines"], given=self.how.get("given"))  # fmt: skip
        both = Predictions.concat(
            [made, kept(self.work / f"plain-{self.seeds}.parquet", plain, Predictions.load)]
        )
        found = riboswitch.evaluate(both, bootstrap=self.bootstrap, merge=self.how.get("merge"))
        return found, models

    def about(self, more: Mapping[str, Any], losses: Mapping[str, float]) -> dict[str, Any]:
        """Rows, split and settings."""
        sizes = {part: [len(self.split.rows(part, r)) for r in range(self.seeds)]
                 for part in ("train", "valid", "test")}  # fmt: skip
        return {"rows": self.records.counts(), "split": {
                **self.how["split"], **sizes, "repeats": self.seeds,
                "groups": int(self.split.table["group"].nunique())},
                "relatives": self.split.meta.get("relatives"), "left_out": self.split.meta.get("left_out"),
                "network": self.how["network"] | dict(more), "training": self.how["train"],
                "valid_loss_of_tried": dict(losses), "cpu_seconds": kept_seconds(self.work)}  # fmt: skip


def _valid_loss(model: Model) -> float:
    member = model.members[0]
    return float(min(epoch["valid_loss"] for epoch in member["history"] if epoch["valid_loss"] is not None))


# Transcription


def transcription(bench: Any) -> dict[str, Any]:
    """r² (squared Pearson correlation) on held-out elements, and on promoters of three other laboratories."""
    torch.set_num_threads(1)
    folder = bench.data / "expression_lafleur2022"
    task = Task("promoters.yaml", "transcription", {"promoters": folder}, bench.work, bench.seeds)
    more, losses = task.chosen()
    found, models = task.judged(more)
    values = {method: squared(metrics["pearson"]) for method, metrics in found["methods"].items()}
    verdicts = {m: c["pearson"] for m, c in found["comparisons"].items()}
    return {
        "lafleur": {"r2": values, "pearson_of_network_minus": verdicts, "methods": found["methods"]},
        **other_sets({name: folder / file for name, file in OTHERS.items()}, task, models),
        "trained_on": "promoters of the paper whose measurement it calls high quality; what the "
                      "published model was fitted to is not stated, most likely that library, too",
        **task.about(more, losses),
    }  # fmt: skip


def squared(pearson: Mapping[str, Any]) -> dict[str, float]:
    """r² with its interval, from a correlation."""
    each = [value**2 for value in pearson["per_repeat"].values()]
    ends = {end: round(max(pearson[end], 0.0) ** 2, 4) for end in ("low", "high") if end in pearson}
    sd = {"sd": round(float(np.std(each, ddof=1)), 4)} if len(each) > 1 else {}
    return {"mean": round(float(np.mean(each)), 4), **sd, **ends}


def other_sets(paths: Mapping[str, Path], task: Task, models: Sequence[Model]) -> dict[str, Any]:
    """r² on promoters of other laboratories, each read as its strongest window.

    The published model does the same: it takes the strongest site of the whole sequence. Observed numbers are
    on the scale of the training set, the lower the stronger. The windows of all sets are answered together.
    """
    tables = {name: drawn(pd.read_csv(path)) for name, path in paths.items()}
    cuts = {name: cut(table["Promoter Sequence"].str.upper()) for name, table in tables.items()}
    every = [window for windows, _ in cuts.values() for window in windows]
    said = answers(every, task, models)
    found, start = {}, 0
    for name, (windows, owner) in cuts.items():
        part, start = slice(start, start + len(windows)), start + len(windows)
        own = {method: [strongest(out[part], owner, len(tables[name])) for out in each]
               for method, each in said.items()}  # fmt: skip
        found[name] = {"windows": len(windows), **of_set(tables[name], own)}
    return found


def drawn(table: pd.DataFrame) -> pd.DataFrame:
    """All rows, or `MOST` of many rows that are longer than two promoters."""
    if len(table) > MOST and table["Promoter Sequence"].str.len().max() > 2 * WINDOW:
        return table.sample(MOST, random_state=0).reset_index(drop=True)
    return table


def answers(windows: list[str], task: Task, models: Sequence[Model]) -> dict[str, list[np.ndarray]]:
    """What networks and plain methods of each repeat say of windows."""
    said: dict[str, list[np.ndarray]] = {"network": [], "aligned_linear": [], "aligned_boosting": []}
    arrays = find("sequence").encoder.encode(
        {"sequence": windows}, [str(i) for i in range(len(windows))], task.how["featurize"]
    )
    for repeat, model in enumerate(models):
        said["network"].append(predicted(model, arrays))
        rows = task.split.rows("train", repeat)
        inputs = {"sequence": [task.records.inputs["sequence"][i] for i in rows]}
        labels = task.records.table["Observed"].to_numpy(np.float64)[rows, None]
        for name, method in (("aligned_linear", aligned_linear), ("aligned_boosting", aligned_boosting)):
            out = method(inputs, labels, {"sequence": windows}, models[0].task, seed=repeat)
            said[name].append(out[:, 0])
    return said


def of_set(table: pd.DataFrame, said: dict[str, list[np.ndarray]]) -> dict[str, Any]:
    """r² of each method on one set, with intervals from resampled groups of relatives."""
    truth = table["Observed log(TX/Txref)"].to_numpy(np.float64)
    said["joined_networks"] = [np.mean(said["network"], axis=0)]
    said["published"] = [table["Predicted log(TX/Txref)"].to_numpy(np.float64)]
    sequences = table["Promoter Sequence"].str.upper().tolist()
    groups = group({"sequence": sequences})
    if len(set(groups)) < 20:  # variants of a few promoters
        groups = sequences
    return {"rows": len(table), "groups": len(set(groups)), **intervals(truth, said, groups)}


def cut(sequences: Iterable[str]) -> tuple[list[str], np.ndarray]:
    """All windows of the length of a training promoter, and the sequence that each is of."""
    windows, owner = [], []
    for number, text in enumerate(sequences):
        starts = range(max(len(text) - WINDOW, 0) + 1)
        windows += [text[start : start + WINDOW] for start in starts]
        owner += [number] * len(starts)
    return windows, np.array(owner)


def predicted(model: Model, arrays: RaggedArrays) -> np.ndarray:
    """Predictions of one network, shape (rows,)."""
    from riboswitch.learning.inference import Predictor

    return np.asarray(Predictor(model, find(model.modality))(arrays)[0])[:, 0]


def strongest(values: np.ndarray, owner: np.ndarray, rows: int) -> np.ndarray:
    """The lowest number of each row's windows."""
    out = np.full(rows, np.inf)
    np.minimum.at(out, owner, values)
    return out


def intervals(
    truth: np.ndarray, said: Mapping[str, list[np.ndarray]], groups: Sequence[str]
) -> dict[str, Any]:
    """r² of each method, mean over its predictions, with 95 % intervals from resampled groups.

    Also the r² of the network minus that of each other method, from the same draws, and what it means.
    """
    names, index = np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)
    rng, drawn = np.random.default_rng(0), {name: list[float]() for name in said}
    for _ in range(DRAWS):
        weight = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))[index]
        for name, each in said.items():
            drawn[name].append(float(np.mean([r_squared(truth, out, weight) for out in each])))
    found = {
        name: {"mean": round(float(np.mean([r_squared(truth, out) for out in each])), 4),
               "each": [round(r_squared(truth, out), 4) for out in each], **ends(drawn[name])}
        for name, each in said.items()
    }  # fmt: skip
    apart = {name: ends(np.subtract(drawn["network"], each)) for name, each in drawn.items()
             if name not in ("network", "joined_networks")}  # fmt: skip
    judged = {name: each | {"verdict": verdict(**each)} for name, each in apart.items()}
    return {"r2": found, "network_minus": judged}


def ends(draws: Sequence[float] | np.ndarray) -> dict[str, float]:
    """The ends of a 95 % interval."""
    low, high = np.quantile(draws, (0.025, 0.975))
    return {"low": round(float(low), 4), "high": round(float(high), 4)}


def verdict(low: float, high: float) -> str:
    """What an interval of a difference in r² means."""
    return "wins" if low > 0 else "loses" if high < 0 else "ties"


def r_squared(truth: np.ndarray, said: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The squared Pearson correlation."""
    from riboswitch.evaluation.metrics import pearson

    return float(pearson(truth, said, None if weight is None else weight.astype(float))) ** 2


# Secondary structure


def residues(bench: Any) -> dict[str, Any]:
    """Q8 and Q3 on CB513, F1 by state and the confusion of states."""
    torch.set_num_threads(1)
    folders = dict.fromkeys(("cb6133", "cb513"), bench.data / "structure_cu_ssp")
    task = Task("secondary_structure.yaml", "structure", folders, bench.work, bench.seeds)
    more, losses = task.chosen()
    found, models = task.judged(more)
    merged = found["merged"]
    return {
        "q8": {method: metrics["accuracy"] for method, metrics in found["methods"].items()}
              | {"joined_networks": {"mean": joined_accuracy(task, models)}},
        "q3": {method: metrics["accuracy"] for method, metrics in merged["methods"].items()},
        "q8_of_network_minus": {m: c["accuracy"] for m, c in found["comparisons"].items()},
        "q3_of_network_minus": {m: c["accuracy"] for m, c in merged["comparisons"].items()},
        "states": {row["class"]: {k: row.get(k) for k in ("precision", "recall", "f1", "support")}
                   for row in found["classes"]},
        "confusion": found["confusion"],
        "published": {"q8": PUBLISHED_Q8, "reads": "sequence and profiles of relatives; here sequence alone"},
        **task.about(more, losses),
    }  # fmt: skip


def joined_accuracy(task: Task, models: Sequence[Model]) -> float:
    """Q8 of the mean of the networks of all repeats: their test chains are the same."""
    made = held_out(task.records, task.features, task.split, models).part("test")
    trials = made.trials()
    outputs = np.mean([trial.outputs["network"] for trial in trials], axis=0)
    known = np.isfinite(trials[0].labels[:, 0])
    return round(float((outputs.argmax(1) == trials[0].labels[:, 0])[known].mean()), 4)
