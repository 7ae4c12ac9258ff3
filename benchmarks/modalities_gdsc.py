"""Response of cancer cell lines to drugs (GDSC2), from expression, on lines that were not seen.

A fifth of the lines is held out, three times with another seed. Correlations are between measured and
predicted ln IC50 of test lines: over all pairs, and within each drug, where the mean of a drug tells nothing.

All drugs are known, so each is a target of the profiles, with gaps. Three networks are stacked with the
kernel of profiles, and validation lines choose the weights. Beside the stack stand the mean effects and ridge
regression on expression, one for each drug, with a penalty chosen on validation lines.
`modalities_gdsc_pairs` has the network of pairs, which can answer for drugs that were not seen.
Research use only, never diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from common import kept

import riboswitch
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.learning.inference import Predictor
from riboswitch.learning.stacking import Blend
from riboswitch.modalities import find
from riboswitch.modalities.pair.tables import effects
from riboswitch.modalities.profile.stack import Kernel

SEEDS, TEST, VALID, LEAST_LINES = (0, 1, 2), 0.2, 0.1, 20
NETWORK: dict[str, Any] = {"hidden": 128, "width": 128, "linear": 0, "feature_dropout": 0.5}
SETTINGS: dict[str, Any] = {"epochs": 60, "batch_size": 64, "learning_rate": 2e-3}
MEMBERS = 3
PENALTIES = (1e2, 3e2, 1e3, 3e3, 1e4, 3e4)
RESAMPLES = 500
TRIAL = {"ridge_within_drug_r": 0.568, "mean_effects_r": 0.846, "unseen_drugs_mean_effects_r": 0.328}
"""Of the project's own trial on these files, with another split; no table was published for this one."""
PLAIN = ("mean_effects", "ridge")


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The correlation within drugs on unseen lines, and its details."""
    torch.set_num_threads(1)
    work = bench.work / "gdsc"
    work.mkdir(parents=True, exist_ok=True)
    table, lines = read(bench.data / "response_gdsc2", work)
    table = table.groupby(["line", "drug"], as_index=False)["y"].mean()  # a pair may be measured twice
    records, arrays = one_target_a_drug(table, lines, work)
    found: dict[str, list[dict[str, float]]] = {}
    blends, draws = [], dict[str, list[np.ndarray]]()
    for seed in SEEDS:
        divided = table.assign(part=parts_of(table["line"].to_numpy(str), seed))
        asked = divided[divided["part"] == "test"]
        of_profiles, weights = stacked(records, arrays, divided, seed, work)
        outputs = {name: place(each, asked) for name, each in of_profiles.items()}
        outputs |= {"mean_effects": mean_effects(divided, asked), "ridge": ridges(divided, lines)}
        for name, said in outputs.items():
            found.setdefault(name, []).append(scores(asked, said))
            draws.setdefault(name, []).append(resampled(asked, said))
        blends.append(weights)
        print(f"seed {seed}: { ({name: each[-1] for name, each in found.items()}) }", flush=True)
    spread = {name: summary(each) for name, each in found.items()}
    best = max(PLAIN, key=lambda name: spread[name]["within_drug_r"]["mean"])
    ours = np.mean(draws["stack"], 0)
    against = {name: verdict(ours - np.mean(draws[name], 0)) for name in (*PLAIN, "kernel", "network")}
    figure = {"value": spread["stack"]["within_drug_r"]["mean"], **_ends(ours),
              "plain": spread[best]["within_drug_r"]["mean"], "plain_method": best, "published": None,
              "verdict": against[best]["verdict"]}  # fmt: skip
    about = {"pairs": len(table), "lines": len(records), "drugs": int(table["drug"].nunique()),
             "seeds": len(SEEDS), "network": NETWORK, "settings": SETTINGS, "members": MEMBERS,
             "methods": spread, "blends": blends, "stack_minus": against, "trial": TRIAL}  # fmt: skip
    return {"gdsc_within_drug_r": figure}, about


def read(data: Path, work: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs of a line and a drug with a structure, and the expression of the lines; both also as files."""
    response = pd.read_csv(data / "GDSC2_IC50.csv.gz").set_axis(["line", "drug", "y"], axis=1)
    smiles = pd.read_csv(data / "drug_smiles.tsv", sep="\t").set_index("drug")["smiles"]
    with np.load(data / "gdsc_expression_top1000.npz", allow_pickle=False) as stored:
        lines = pd.DataFrame(stored["x"].astype(np.float32), stored["cell"], stored["gene"])
    lines, response["line"] = lines.set_axis(_plain(lines.index)), _plain(response["line"])
    lines = lines[~lines.index.duplicated()]
    table = response[response["line"].isin(lines.index) & response["drug"].isin(smiles.index)]
    table = table.assign(smiles=table["drug"].map(smiles), profile=table["line"])
    table.insert(0, "id", [f"p{row}" for row in range(len(table))])
    table.to_csv(work / "pairs.csv", index=False)
    used = lines.loc[sorted(set(table["line"]))]
    used.rename_axis("id").to_csv(work / "lines.csv")
    return table, used


def _plain(names: Any) -> pd.Index:
    """Names of lines without hyphens and the like: the two files write them in different ways."""
    return pd.Index(names).str.upper().str.replace("[^A-Z0-9]", "", regex=True)


def parts_of(names: np.ndarray, seed: int) -> np.ndarray:
    """The part of each pair: whole lines, or whole drugs, are held out."""
    every = np.unique(names)
    share = np.random.default_rng(seed).permutation(len(every)) / len(every)
    part = np.select([share < TEST, share < TEST + VALID], ["test", "valid"], "train")
    return part[np.searchsorted(every, names)]


def one_target_a_drug(table: pd.DataFrame, lines: pd.DataFrame, work: Path) -> tuple[Records, RaggedArrays]:
    """Records of lines with a target for each drug, in alphabetical order, and their arrays."""
    wide = table.pivot(index="line", columns="drug", values="y")
    numbered = wide.set_axis([f"drug_{n}" for n in range(wide.shape[1])], axis=1)
    path = work / "drugs_of_lines.csv"
    lines.loc[wide.index].join(numbered).rename_axis("id").to_csv(path)
    source = {"paths": [path], "reading": {"id_column": "id"}}
    records = riboswitch.parse([source], "profile", **_task(table), duplicates="keep")
    return records, riboswitch.featurize(records)


def _task(table: pd.DataFrame) -> dict[str, Any]:
    return {"kind": "regression", "targets": [f"drug_{n}" for n in range(table["drug"].nunique())]}


def stacked(
    records: Records, arrays: RaggedArrays, table: pd.DataFrame, seed: int, work: Path
) -> tuple[dict[str, pd.DataFrame], dict[str, float]]:
    """Answers of networks, of the kernel and of both to all lines, a column a drug; and their weights."""
    part = table.drop_duplicates("line").set_index("line")["part"].reindex(records.ids).to_numpy()
    split = Split(pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": part}), {"name": "lines"})
    models = []
    for member in range(MEMBERS):
        train = partial(riboswitch.train, records, arrays, split, **_task(table),
                        seed=MEMBERS * seed + member, settings=SETTINGS, network=NETWORK)  # fmt: skip
        models.append(kept(work / f"lines-{seed}-{member}.safetensors", train, Model.load))
    every, (train, valid) = np.arange(len(records)), (np.flatnonzero(part == p) for p in ("train", "valid"))
    network = np.mean([Predictor(model, find("profile"))(arrays, every)[0] for model in models], 0)
    task, weights = models[0].task, np.ones(len(records))
    labels = task.labels(records.table)
    kernel = Kernel.fit(arrays, train, labels, weights, task, seed=seed).predict(arrays, every)
    blend = Blend.choose(task, [network[valid], kernel[valid]], labels[valid], weights[valid])
    outputs = {"network": network, "kernel": kernel, "stack": blend(task, [network, kernel])}
    drugs = sorted(table["drug"].unique())
    named = {name: pd.DataFrame(each, records.ids, drugs) for name, each in outputs.items()}
    return named, dict(zip(("network", "kernel"), blend.weights, strict=True))


def place(outputs: pd.DataFrame, asked: pd.DataFrame) -> np.ndarray:
    """The answer to each pair."""
    row = outputs.index.get_indexer(asked["line"])
    column = outputs.columns.get_indexer(asked["drug"])
    return outputs.to_numpy()[row, column]


def mean_effects(table: pd.DataFrame, asked: pd.DataFrame) -> np.ndarray:
    """Mean of all pairs, and the effects of line and drug; one that was not seen has none."""
    train = table[table["part"] == "train"]
    line, drug = (pd.Index(table[name].unique()) for name in ("line", "drug"))
    numbers = [(line.get_indexer(each["line"]), drug.get_indexer(each["drug"])) for each in (train, asked)]
    return effects(*numbers[0], *numbers[1], train["y"].to_numpy(), np.ones(len(train)))


def ridges(table: pd.DataFrame, lines: pd.DataFrame) -> np.ndarray:
    """Ridge regression for each drug, all with the penalty that is best within drugs on validation lines."""
    train_lines = table[table["part"] == "train"]["line"].unique()
    mean, spread = lines.loc[train_lines].mean(), lines.loc[train_lines].std() + 1e-6
    x = (lines - mean) / spread
    valid, test = (table[table["part"] == part] for part in ("valid", "test"))
    best = max(PENALTIES, key=lambda a: scores(valid, _ridge(table, x, valid, a))["within_drug_r"])
    return _ridge(table, x, test, best)


def _ridge(table: pd.DataFrame, x: pd.DataFrame, asked: pd.DataFrame, penalty: float) -> np.ndarray:
    out = pd.Series(np.nan, asked.index)
    train = table[table["part"] == "train"]
    for drug, own in train.groupby("drug"):
        rows = asked.index[asked["drug"] == drug]
        known, labels = x.loc[own["line"]].to_numpy(np.float64), own["y"].to_numpy()
        dual = np.linalg.solve(known @ known.T + penalty * np.eye(len(known)), labels - labels.mean())
        out.loc[rows] = labels.mean() + x.loc[asked.loc[rows, "line"]].to_numpy(np.float64) @ (known.T @ dual)
    return out.fillna(train["y"].mean()).to_numpy()


def scores(rows: pd.DataFrame, outputs: np.ndarray) -> dict[str, float]:
    """Pearson's correlation over all pairs, and its mean within drugs of at least so many lines."""
    joined = rows[["line", "drug", "y"]].assign(p=outputs)
    within = within_drugs(joined)(np.ones(joined["line"].nunique()))
    return {"r": round(float(joined["y"].corr(joined["p"])), 4), "within_drug_r": round(within, 4)}


def within_drugs(joined: pd.DataFrame) -> Callable[[np.ndarray], float]:
    """A function from weights of the lines, in ascending order, to the mean correlation within drugs.

    Answers that are all the same have the correlation 0.
    """
    truth, said = (joined.pivot(index="line", columns="drug", values=v).to_numpy() for v in ("y", "p"))
    enough = np.isfinite(truth).sum(0) >= LEAST_LINES
    known = np.isfinite(truth[:, enough]).astype(float)
    truth, said = np.nan_to_num(truth[:, enough]), np.nan_to_num(said[:, enough])

    def mean(weight: np.ndarray) -> float:
        own = known * weight[:, None]
        total = np.maximum(own.sum(0), 1e-12)
        t, p = (values - (own * values).sum(0) / total for values in (truth, said))
        spread = (own * t**2).sum(0) * (own * p**2).sum(0)
        r = np.where(spread > 1e-12, (own * t * p).sum(0) / np.sqrt(np.maximum(spread, 1e-12)), 0.0)
        return float(r.mean())

    return mean


def resampled(rows: pd.DataFrame, outputs: np.ndarray) -> np.ndarray:
    """The correlation within drugs of so many draws of the test lines; the same draws for all methods."""
    joined = rows[["line", "drug", "y"]].assign(p=outputs)
    mean, number, rng = within_drugs(joined), joined["line"].nunique(), np.random.default_rng(0)
    drawn = (rng.integers(number, size=number) for _ in range(RESAMPLES))
    return np.array([mean(np.bincount(each, minlength=number).astype(float)) for each in drawn])


def summary(each: list[dict[str, float]]) -> dict[str, Any]:
    """Mean and standard deviation over the seeds; of one seed the value alone."""
    found: dict[str, Any] = {}
    for key in each[0]:
        values = [one[key] for one in each]
        found[key] = {"mean": round(float(np.mean(values)), 4), "per_seed": values}
        if len(values) > 1:
            found[key]["sd"] = round(float(np.std(values, ddof=1)), 4)
    return found


def _ends(drawn: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"low": round(float(low), 4), "high": round(float(high), 4)}


def verdict(gap: np.ndarray) -> dict[str, Any]:
    """The interval of a difference, and what it says of the first method."""
    ends = _ends(gap)
    word = "wins" if ends["low"] > 0 else "loses" if ends["high"] < 0 else "ties"
    return {"mean": round(float(gap.mean()), 4), **ends, "verdict": word}
