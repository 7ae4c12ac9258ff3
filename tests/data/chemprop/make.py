"""Train the tiny chemprop networks of this folder, and write down what chemprop says of some molecules.

Runs in an environment with chemprop 2.3.1 and nothing of riboswitch:

    python tests/data/chemprop/make.py
    python tests/data/chemprop/make.py foundation    # only foundation.pt and what chemprop says of it

Labels are made up of counts, so that there is something to learn; how well it is learned does not matter.
Of each network best.pt is kept here, and of some the last.ckpt.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import torch
from chemprop.data import MoleculeDatapoint, MoleculeDataset, build_dataloader
from chemprop.featurizers import MultiHotAtomFeaturizer, SimpleMoleculeMolGraphFeaturizer
from chemprop.models import MPNN, MulticomponentMPNN, load_model, save_model
from chemprop.nn import (
    AttentiveAggregation,
    BondMessagePassing,
    MeanAggregation,
    MulticlassClassificationFFN,
    MulticomponentMessagePassing,
    RegressionFFN,
)

HERE = Path(__file__).parent

ASKED = [
    "C", "[He]", "[H][H]", "[Na+].[Cl-]", "O", "[2H]C(Cl)(Cl)Cl", "[13CH3]O", "[235U]", "[999C]",
    "F/C=C/F", "F/C=C\\F", "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "C[C@@](F)(Cl)Br", "OC1CC[C@@H](C)CC1",
    "[O-][N+](=O)c1ccccc1", "C[N+](C)(C)CC([O-])=O", "N#N", "[C-]#[O+]", "CS(=O)(=O)C", "FS(F)(F)(F)(F)F",
    "O=[N+]([O-])[O-].[NH4+]", "[Fe+2]", "C[Si](C)(C)C", "[NH3]->[Pt](Cl)(Cl)<-[NH3]", "OB(O)c1ccccc1",
    "c1ccc2c(c1)[nH]c1ccccc12", "O=C1c2ccccc2C(=O)c2ccccc21", "CC(=O)Oc1ccccc1C(=O)O", "C*", "[Zn++]",
    "Cn1c(=O)c2c(ncn2C)n(C)c1=O", "CC1(C)S[C@@H]2[C@H](NC(=O)Cc3ccccc3)C(=O)N2[C@H]1C(=O)O",
    "C1CC1C#CC=C=CP(=O)(O)O", "[Se]1C=CC=C1", "CN=[N+]=[N-]", "[CH3]", "CCCCCCCCCCCCCCCCCC(=O)O",
]  # fmt: skip
"""Charges, isotopes, stereochemistry, metals, dative bonds, single atoms, salts, a radical, a wildcard."""

LEARNED = [
    "C" * chain + tail
    for chain in range(1, 9)
    for tail in ("O", "N", "C(=O)O", "c1ccccc1", "Cl", "C#N", "S(=O)(=O)N", "[N+](=O)[O-]")
]

SMALL = ["--message-hidden-dim", "8", "--ffn-hidden-dim", "8"]
NETWORKS = {
    "regression": ["-t", "regression", "--target-columns", "size", *SMALL, "--metrics", "rmse", "r2"],
    "tasks": [
        "-t", "classification", "--target-columns", "acid", "long", "ring", *SMALL,
        "--aggregation", "mean", "--batch-norm", "--metrics", "roc", "prc", "accuracy", "f1", "binary-mcc",
    ],
    "classes": [
        "-t", "multiclass", "--multiclass-num-classes", "3", "--target-columns", "class", *SMALL,
        "--activation", "leakyrelu", "--multi-hot-atom-featurizer-mode", "organic", "--aggregation-norm", "7",
    ],
    "deep": [
        "-t", "regression", "--target-columns", "size", "polar", "--aggregation", "sum", "--depth", "4",
        "--message-hidden-dim", "16", "--message-bias", "--ffn-num-layers", "3", "--ffn-hidden-dim", "10",
        "--multi-hot-atom-featurizer-mode", "v1", "--activation", "elu",
    ],
    "shallow": [
        "-t", "regression", "--target-columns", "size", "--depth", "1", *SMALL, "--ffn-num-layers", "0",
        "--activation", "tanh", "--batch-norm",
    ],
    "atom-messages": ["-t", "regression", "--target-columns", "size", *SMALL, "--atom-messages"],
    "undirected": ["-t", "regression", "--target-columns", "size", *SMALL, "--undirected"],
    "evidential": ["-t", "regression-evidential", "--target-columns", "size", *SMALL],
    "descriptors": ["-t", "regression", "--target-columns", "size", *SMALL, "--descriptors-columns", "polar"],
    "prelu": ["-t", "regression", "--target-columns", "size", *SMALL, "--activation", "prelu"],
    "rigr": [
        "-t", "regression", "--target-columns", "size", *SMALL, "--multi-hot-atom-featurizer-mode", "rigr",
    ],
}  # fmt: skip
APPLICABLE = ("regression", "tasks", "classes", "deep", "shallow", "python")  # others are to be refused
AS_CKPT = ("regression", "classes")
FEATURES = {"classes": MultiHotAtomFeaturizer.organic, "deep": MultiHotAtomFeaturizer.v1}


def labels() -> pd.DataFrame:
    table = pd.DataFrame({"smiles": LEARNED})
    table["size"] = table["smiles"].str.len() * 1.5 - 20
    table["polar"] = table["smiles"].str.count("[ONS]") * 0.1
    table["acid"] = table["smiles"].str.endswith("C(=O)O").astype(float)
    table["long"] = (table["smiles"].str.len() > 10).astype(float)
    table["ring"] = table["smiles"].str.contains("c1").astype(float)
    table.loc[::5, "acid"] = table.loc[1::7, "long"] = None
    table["class"] = table["smiles"].str.len() % 3
    return table


def train(name: str, options: list[str], work: Path) -> None:
    """Two epochs with chemprop's own command."""
    program = str(Path(sys.executable).parent / "chemprop")
    command = [
        program, "train", "-i", str(work / "labels.csv"), "-o", str(work / name), "-s", "smiles",
        "--epochs", "2", "--warmup-epochs", "1", "--init-lr", "0.01", "--max-lr", "0.05",
        "--final-lr", "0.01", "--batch-size", "4", "--pytorch-seed", "1", "--num-workers", "0",
        "--accelerator", "cpu", *options,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    shutil.copyfile(work / name / "model_0/best.pt", HERE / f"{name}.pt")
    if name in AS_CKPT:
        shutil.copyfile(work / name / "model_0/checkpoints/last.ckpt", HERE / f"{name}.ckpt")


def build() -> dict[str, MPNN]:
    """Untrained networks made in Python, some of which the command line does not make."""
    torch.manual_seed(1)
    passing, mean = BondMessagePassing(d_h=8), MeanAggregation()
    head = {"input_dim": 8, "hidden_dim": 8}
    two = MulticomponentMessagePassing([passing], n_components=2, shared=True)
    return {
        "python": MPNN(passing, mean, RegressionFFN(**head)),
        "attentive": MPNN(passing, AttentiveAggregation(output_size=8), RegressionFFN(**head)),
        "two-class-targets": MPNN(passing, mean, MulticlassClassificationFFN(3, n_tasks=2, **head)),
        "uneven-head": MPNN(passing, mean, RegressionFFN(input_dim=8, hidden_dim=[8, 4])),
        "leaky-by-name": MPNN(
            BondMessagePassing(d_h=8, activation="leakyrelu"),
            mean,
            RegressionFFN(activation="leakyrelu", **head),
        ),
        "two-activations": MPNN(passing, mean, RegressionFFN(activation="tanh", **head)),
        "multicomponent": MulticomponentMPNN(two, mean, RegressionFFN(input_dim=16, hidden_dim=8)),
    }


def answers(name: str) -> list[list[float]]:
    """What chemprop predicts for `ASKED`, a row a molecule; classes of the one target side by side."""
    featurizer = SimpleMoleculeMolGraphFeaturizer(FEATURES.get(name, MultiHotAtomFeaturizer.v2)())
    points = [MoleculeDatapoint.from_smi(smiles) for smiles in ASKED]
    loader = build_dataloader(MoleculeDataset(points, featurizer), shuffle=False)
    model = load_model(HERE / f"{name}.pt").eval()
    with torch.inference_mode():
        predicted = torch.cat([model(batch.bmg) for batch in loader])
    return predicted.reshape(len(ASKED), -1).tolist()


def foundation() -> list[list[float]]:
    """Message passing alone, saved as CheMeleon's is; returns the embeddings of `ASKED`."""
    torch.manual_seed(2)
    passing = BondMessagePassing(d_h=12, depth=4).eval()
    kept = {name: value for name, value in passing.hparams.items() if name != "cls"}
    torch.save(
        {"hyper_parameters": kept | {"activation": "relu"}, "state_dict": passing.state_dict()},
        HERE / "foundation.pt",
    )
    points = [MoleculeDatapoint.from_smi(smiles) for smiles in ASKED]
    loader = build_dataloader(MoleculeDataset(points), shuffle=False, batch_size=len(points))
    with torch.inference_mode():
        (batch,) = loader
        embedded = MeanAggregation()(passing(batch.bmg), batch.bmg.batch)
    return [[round(value, 7) for value in row] for row in embedded.tolist()]


def write(told: dict[str, object]) -> None:
    (HERE / "answers.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def main() -> None:
    if sys.argv[1:] == ["foundation"]:
        write(json.loads((HERE / "answers.json").read_text("utf-8")) | {"embeddings": foundation()})
        return
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        labels().to_csv(work / "labels.csv", index=False)
        for name, options in NETWORKS.items():
            train(name, options, work)
    for name, network in build().items():
        save_model(HERE / f"{name}.pt", network)
    told = {
        "chemprop": version("chemprop"),
        "smiles": ASKED,
        "answers": {name: answers(name) for name in APPLICABLE},
        "embeddings": foundation(),
    }
    write(told)


if __name__ == "__main__":
    main()
