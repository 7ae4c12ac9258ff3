"""Response of cancer cell lines to drugs (GDSC2): expression meets a molecule, on lines that were not seen.

A fifth of the lines is held out, three times with another seed. Correlations are between measured and
predicted ln IC50 of test lines: over all pairs, and within each drug, where the mean of a drug tells nothing.
Beside the pair of networks stand the mean effects and ridge regression on expression, one for each drug, with
a penalty chosen on validation lines. Research use only, never diagnosis.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import riboswitch
from riboswitch.data.records import Records

PAIRS = "profile+molecule"
READING = {"left_file": "lines.csv"}
ENCODING = {"right": {"descriptors": "none"}}
SETTINGS = {"epochs": 6, "batch_size": 1024, "learning_rate": 1e-3}
SEEDS, TEST, VALID, LEAST_LINES = (0, 1, 2), 0.2, 0.1, 20
PENALTIES = (1e2, 3e2, 1e3, 3e3, 1e4, 3e4)
PUBLISHED = {"ridge_within_drug_r": 0.568, "mean_effects_r": 0.846}
"""Of the project's own trial on these files; no published table has this split."""


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The correlation within drugs on unseen lines, and its details."""
    work = bench.work / "gdsc"
    work.mkdir(parents=True, exist_ok=True)
    lines = read(bench.data / "response_gdsc2", work)[1]
    sources = [{"paths": [work / "pairs.csv"], "reading": READING}]
    records = riboswitch.parse(
        sources, PAIRS, kind="regression", targets=["y"], duplicates="mean", conflicts="mean"
    )
    features = riboswitch.featurize(records, ENCODING)
    found: dict[str, list[dict[str, float]]] = {}
    for seed in SEEDS:
        parts = parts_of(records.table["line"].to_numpy(str), seed)
        for name, outputs in predictions(records, features, lines, parts, seed, work).items():
            found.setdefault(name, []).append(scores(records.table[parts == "test"], outputs))
        print(f"seed {seed}: { ({name: each[-1] for name, each in found.items()}) }", flush=True)
    spread = {name: {key: {"mean": float(np.mean([one[key] for one in each])),
                           "sd": float(np.std([one[key] for one in each], ddof=1))} for key in each[0]}
              for name, each in found.items()}  # fmt: skip
    plain = max(spread[name]["within_drug_r"]["mean"] for name in ("mean_effects", "ridge"))
    figure = {"value": spread["pair"]["within_drug_r"]["mean"], "plain": plain, "published": None}
    about = {"pairs": len(records), "lines": len(lines), "seeds": len(SEEDS), "settings": SETTINGS,
             "methods": spread, "trial": PUBLISHED}  # fmt: skip
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


def parts_of(line: np.ndarray, seed: int) -> np.ndarray:
    """The part of each pair: whole lines are held out."""
    names = np.unique(line)
    order = np.random.default_rng(seed).permutation(len(names))
    share = order / len(names)
    part = np.select([share < TEST, share < TEST + VALID], ["test", "valid"], "train")
    return part[np.searchsorted(names, line)]


def predictions(
    records: Records, features: Any, lines: pd.DataFrame, parts: np.ndarray, seed: int, work: Path
) -> dict[str, np.ndarray]:
    """The test pairs by each method, in the order of the records."""
    table = records.table.assign(part=parts)
    given = Records(table, records.rejected, records.read, records.meta)
    split = riboswitch.split(given, "predefined", column="part", groups="line", relatives="ignore")
    model = riboswitch.train(given, features, split, kind="regression", targets=["y"], seed=seed,
                             settings=SETTINGS)  # fmt: skip
    tested = riboswitch.held_out(given, features, split, [model]).part("test").table
    pair = tested.set_index("id")["y"].reindex(table["id"][parts == "test"]).to_numpy()
    return {"pair": pair, "mean_effects": mean_effects(table), "ridge": ridges(table, lines)}


def mean_effects(table: pd.DataFrame) -> np.ndarray:
    """The mean of the drug: a line that was not seen has no effect."""
    means = table[table["part"] == "train"].groupby("drug")["y"].mean()
    return table[table["part"] == "test"]["drug"].map(means).fillna(means.mean()).to_numpy()


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
    joined = rows[["drug", "y"]].assign(p=outputs)
    within = [each["y"].corr(each["p"]) if each["p"].std() > 0 else 0.0
              for _, each in joined.groupby("drug") if len(each) >= LEAST_LINES]  # fmt: skip
    return {"r": float(joined["y"].corr(joined["p"])), "within_drug_r": float(np.mean(within))}
