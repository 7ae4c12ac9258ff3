"""Real tasks for the measures of trust: held-out answers by the commands of a user, made once and kept.

The groups of a task (scaffolds, families) are cut into two folds. On each fold everything is done as the
workflow does it: split with three repeats, networks, stack, final network, calibration. The other fold is
new to the model. All networks are small (eight epochs): what is measured is not how good the model is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import riboswitch
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split, assign
from riboswitch.data.task import Kind
from riboswitch.learning.inference import Predictor
from riboswitch.learning.trust.calibration import Calibration
from riboswitch.modalities import find

ROWS, EPOCHS, FOLDS = 1600, 8, ("train", "valid")
METHOD = {"molecule": "scaffold", "sequence": "family"}
GROUP = "elements"  # a column of groups of its own, for tasks that have it
COLUMN = {"molecule": "smiles", "sequence": "sequence"}


def molecules(path: str, smiles: str, label: str, rows: int | None = ROWS, seed: int = 0) -> Any:
    """A sample of a table of molecules with one label."""

    def read(data: Path) -> pd.DataFrame:
        table = pd.read_csv(data / path, encoding="utf-8-sig")[[smiles, label]].dropna()
        table.columns = ["smiles", "y"]
        if rows and len(table) > rows:
            table = table.sample(rows, random_state=seed).sort_index()
        return table

    return read


def antibacterial(data: Path) -> pd.DataFrame:
    """Wong et al. 2023, S. aureus: 300 active and 1,500 other compounds."""
    table = molecules("saureus_wong2023/train.csv", "SMILES", "ACTIVITY", None)(data)
    parts = [table[table["y"] == y].sample(n, random_state=0) for y, n in ((1, 300), (0, 1500))]
    return pd.concat(parts).sort_index()


def promoters(data: Path) -> pd.DataFrame:
    """Hernandez et al. 2022: promoters of E. coli and other windows, 81 bases."""
    rows = []
    for name, label in (("positive", 1), ("negative", 0)):
        text = (data / f"promoters_ecoli_hernandez2022/{name}2860.txt").read_text("utf-8")
        rows += [("".join(entry.split("\n")[1:]).upper(), label) for entry in text.split(">")[1:]]
    return pd.DataFrame(rows, columns=["sequence", "y"]).sample(ROWS, random_state=0)


def splice(data: Path) -> pd.DataFrame:
    """UCI splice junctions: 60 bases around ends of exons, starts, or neither."""
    table = pd.read_csv(data / "splice_uci/splice.csv", skipinitialspace=True)
    table = table.set_axis(["y", "name", "sequence"], axis=1)[["sequence", "y"]]
    return table.apply(lambda column: column.str.strip()).sample(ROWS, random_state=0)


def expression(name: str) -> Callable[[Path], pd.DataFrame]:
    """La Fleur et al. 2022: log transcription rates of designed promoters, those of the commonest length."""

    def read(data: Path) -> pd.DataFrame:
        table = pd.read_csv(data / f"expression_lafleur2022/{name}.csv")
        table = table[["Promoter Sequence", "Observed log(TX/Txref)"]].dropna()
        table = table.set_axis(["sequence", "y"], axis=1).assign(sequence=table.iloc[:, 0].str.upper())
        length = table["sequence"].str.len()
        return table[length == length.mode()[0]].sample(ROWS, random_state=0)

    return read


def designed(name: str, *elements: slice) -> Callable[[Path], pd.DataFrame]:
    """The same for promoters that share all letters but those of their elements, which make the groups.

    By their k-mers all are one family.
    """

    def read(data: Path) -> pd.DataFrame:
        table = expression(name)(data)
        parts = [table["sequence"].str[element] for element in elements]
        return table.assign(**{GROUP: parts[0].str.cat(parts[1:], sep="-")})

    return read


@dataclass
class Trial:
    """A task, its data, and what the commands made of them.

    Attributes
    ----------
    modality, kind : str
    read : callable
        ``read(data)``: a table with the inputs and the label ``y``.
    """

    name: str
    modality: str
    kind: Kind
    read: Callable[[Path], pd.DataFrame]
    data: Path
    work: Path

    def file(self, name: str) -> Path:
        """A file of this task."""
        self.work.mkdir(parents=True, exist_ok=True)
        return self.work / f"{self.name}{name}"

    def parsed(self, table: pd.DataFrame, name: str) -> Records:
        """The records of a table."""
        table.to_csv(self.file(f"{name}.csv"), index=False)
        reading = {"alphabet": "dna"} if self.modality == "sequence" else {}
        same = {"duplicates": "mean", "conflicts": "mean"} if self.kind == "regression" else {}
        sources = [{"paths": [self.file(f"{name}.csv")], "reading": reading}]
        return riboswitch.parse(sources, self.modality, kind=self.kind, targets=["y"], **same)

    def labelled(self) -> Records:
        """The records of all its rows."""
        table = self.read(self.data).reset_index(drop=True)
        if set(table["y"].unique()) == {0, 1}:
            table["y"] = table["y"].astype(int)
        table.insert(0, "id", [f"r{i}" for i in range(len(table))])
        return self.parsed(table, "")

    def window(self, records: Records) -> dict[str, Any] | None:
        """How records are encoded: sequences of one length as a window."""
        if self.modality != "sequence":
            return None
        return {"alphabet": "dna", "window": len(records.inputs[self.modality][0])}

    @property
    def head(self) -> dict[str, Any] | None:
        """Settings of the network that go with it."""
        return {"head": "aligned"} if self.modality == "sequence" else None

    def split(self, records: Records, **options: Any) -> Split:
        """Divide records by scaffold or family, or by the groups that the task has."""
        if GROUP in records.table:
            return riboswitch.split(records, "column", column=GROUP, **options)
        return riboswitch.split(records, METHOD[self.modality], **options)

    @cached_property
    def new(self) -> Predictions:
        """Answers of the final models, before calibration, for the rows of the fold that each never saw."""
        path = self.file(".parquet")
        if not path.exists():
            self.make(path)
        return Predictions.load(path)

    def calibration(self, fold: int) -> Calibration:
        """The calibration of the model of a fold, from its own held-out rows."""
        _ = self.new
        return Calibration.fit(Predictions.load(self.file(f"-{fold}-stack.parquet")))

    def make(self, path: Path) -> None:
        """Train, stack, refit and predict, on each fold."""
        records = self.labelled()
        target = {} if self.kind == "regression" else {"target": "y"}
        groups = self.split(records, repeats=1, **target).table["group"].tolist()
        labels = records.table["y"].tolist()
        strata = [0] * len(labels) if self.kind == "regression" else labels
        fold = np.array(assign(groups, strata, {"train": 0.5, "valid": 0.5, "test": 0.0}, 7))
        inputs = records.inputs[self.modality]
        kept = pd.DataFrame({"id": records.ids, COLUMN[self.modality]: inputs, "y": labels})
        if GROUP in records.table:
            kept[GROUP] = records.table[GROUP].tolist()
        made = []
        for number, part in enumerate(FOLDS):
            rows = np.flatnonzero(fold == part)
            model = self.model(kept[fold != part], number)
            predictor = Predictor(model, find(self.modality))
            answers = predictor(predictor.encode({self.modality: [inputs[i] for i in rows]}))[0]
            truth = model.task.labels(records.table.iloc[rows])
            made.append(Predictions.build(model.task, [records.ids[i] for i in rows],
                                          [groups[i] for i in rows], number, "test", "stack", truth,
                                          answers))  # fmt: skip
        Predictions.concat(made).save(path)

    def model(self, table: pd.DataFrame, fold: int) -> Model:
        """The uncalibrated bundle of a fold; the predictions that calibrate it are saved."""
        records = self.parsed(table, f"-{fold}")
        features = riboswitch.featurize(records, self.window(records))
        target = {} if self.kind == "regression" else {"target": "y"}
        split = self.split(records, repeats=3, seed=fold, **target)
        trained = [
            riboswitch.train(records, features, split, kind=self.kind, targets=["y"], repeat=repeat,
                             network=self.head, settings={"epochs": EPOCHS})
            for repeat in range(3)
        ]  # fmt: skip
        held_out = riboswitch.held_out(records, features, split, trained)
        stacked, learners = riboswitch.stack(records, features, split, held_out)
        stacked.save(self.file(f"-{fold}-stack.parquet"))
        final = riboswitch.refit(records, features, split, trained, seed=0)
        return riboswitch.ensemble([final, learners], records)


BOXES = slice(16, 22), slice(39, 45)  # of the designed promoters: the -35 and the -10 element
TOX, ESOL = "moleculenet/tox21.csv", "moleculenet/delaney.csv"
CHOSEN_ON: dict[str, tuple[str, Kind, Any]] = {
    "ecoli": ("molecule", "binary", molecules("ecoli_stokes2020/data_ecoli.csv", "smiles", "activity", 1800)),
    "nr_ahr": ("molecule", "binary", molecules(TOX, "smiles", "NR-AhR", 1800)),
    "hossain": ("sequence", "regression", expression("Hossain_et_al")),
}
"""Tasks that methods were chosen on; the figures are not of these."""
TASKS: dict[str, tuple[str, Kind, Any]] = {
    "esol": ("molecule", "regression", molecules(ESOL, "smiles", "logp")),
    "lipo": ("molecule", "regression", molecules("moleculenet/lipo.csv", "smiles", "lipo")),
    "lafleur": ("sequence", "regression", designed("La_Fleur_et_al", *BOXES)),
    "bbbp": ("molecule", "binary", molecules("moleculenet/bbbp.csv", "smiles", "p_np", 2100)),
    "sr_mmp": ("molecule", "binary", molecules(TOX, "smiles", "SR-MMP", 1800, 1)),
    "saureus": ("molecule", "binary", antibacterial),
    "promoters": ("sequence", "binary", promoters),
    "splice": ("sequence", "multiclass", splice),
}
LISTS = ("bbbp", "sr_mmp", "saureus", "promoters")
"""Tasks whose best rows are a list of actives."""


def trial(name: str, data: Path, work: Path) -> Trial:
    """A task by its name."""
    return Trial(name, *(TASKS | CHOSEN_ON)[name], data, work)
