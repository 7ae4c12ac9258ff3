"""Jobs of `molecules.py` that are measured in a process of their own, on one thread."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import cpu_seconds, serve
from rdkit import Chem, RDLogger

from riboswitch.data.library import Library
from riboswitch.data.model import Model
from riboswitch.learning.inference import Predictor
from riboswitch.learning.optimizer import AdamW
from riboswitch.modalities import find
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.network import Network, NetworkSettings, collate
from riboswitch.steps.prepare import prepare
from riboswitch.steps.screen import command as screen

FLOOR_ROWS = 5_000


def predictor_of(path: str, precision: str = "float32") -> Predictor:
    """The predictor of a bundle."""
    model = Model.load(path)
    return Predictor(model, find(model.modality), precision=precision)


def floor(smiles: list[str]) -> float:
    """CPU seconds of RDKit's MolFromSmiles for one molecule."""
    RDLogger.DisableLog("rdApp.*")
    some = smiles[:: max(1, len(smiles) // FLOOR_ROWS)]

    def parse() -> None:
        for text in some:
            Chem.MolFromSmiles(text)  # not kept: many molecules in memory slow the parser down

    return cpu_seconds(parse, repeats=3) / len(some)


def train_rate(smiles: str, molecules: int, batches: int) -> dict[str, Any]:
    """Molecules per CPU second in training: as in `chemprop_side.train_rate`, with the same network."""
    torch.set_num_threads(1)
    lines = Path(smiles).read_text().split()[:molecules]
    arrays = encode({"molecule": lines}, [str(i) for i in range(len(lines))])
    settings = NetworkSettings(features="chemprop-v2", hidden=300, depth=3, aggregation="norm",
                               ffn_hidden=300, properties=False)  # fmt: skip
    network = Network(settings, 1, arrays.meta)
    optimizer, rng = AdamW(network.parameters(), 0.0), np.random.default_rng(0)
    target = torch.full((64, 1), 0.5)

    def step() -> None:
        batch = collate(arrays, rng.integers(0, len(lines), 64))
        optimizer.zero_grad()
        (network(batch) - target).square().mean().backward()
        optimizer.step(1e-4)

    step()
    start = time.process_time()
    for _ in range(batches):
        step()
    return {"rate": 64 * batches / (time.process_time() - start)}


def compare_plain(library: str, model: str, molecules: int) -> dict[str, Any]:
    """Largest difference between a trained network with and without shared environments.

    Relative to the value without them, or to the standard deviation of all values if that is larger.
    """
    torch.set_num_threads(1)
    network, seen = predictor_of(model).networks[0], 0
    pairs = []
    for block in Library.open(library).blocks():
        rows = np.arange(min(len(block), molecules - seen))
        with torch.inference_mode():
            fast = network(collate(block.arrays, rows))
            slow = [
                network.plain(collate(block.arrays, r)) for r in np.array_split(rows, len(rows) // 64 + 1)
            ]
        pairs.append((fast, torch.cat(slow)))
        seen += len(rows)
        if seen >= molecules:
            break
    fast, slow = (torch.cat([p[i] for p in pairs]) for i in (0, 1))
    worst = ((fast - slow).abs() / slow.abs().clamp(min=slow.std().item())).max().item()
    return {"max_rel_diff": worst, "molecules": seen}


def prepare_rate(source: str, folder: str, reading: dict[str, Any]) -> dict[str, Any]:
    """CPU seconds of preparing for one row, in one process, with the floor of the same rows."""
    shutil.rmtree(folder, ignore_errors=True)
    start = time.process_time()
    library = prepare(
        source,
        folder,
        reading=reading,
        duplicates="mark",
        duplicates_by="smiles",
        processes=1,
        encoder={"descriptors": "none"},
    )
    taken = time.process_time() - start
    read = library.header["counts"]["read"]
    smiles = library.table(["molecule"])["molecule"].tolist()
    return {"seconds": taken / read, "floor": floor(smiles), "counts": library.header["counts"]}


def screen_rate(library: str, model: str, precision: str, output: str) -> dict[str, Any]:
    """CPU seconds of screening for one row, with writing but without start-up; with the floor."""
    opened = Library.open(library)
    warm = next(opened.blocks())
    predictor_of(model, precision)(warm.arrays)  # compiles, once per installation

    def work() -> None:
        screen(library, [model], output=output, processes=1, precision=precision)

    taken = cpu_seconds(work)
    smiles = opened.table(["molecule"])["molecule"].tolist()
    return {"seconds": taken / len(opened), "floor": floor(smiles), "rows": len(opened)}


def raw_rate(smiles: str, model: str, output: str) -> dict[str, Any]:
    """CPU seconds of screening raw SMILES for one row, without start-up."""
    lines = Path(smiles).read_text().split()
    predictor_of(model).check_golden()
    taken = cpu_seconds(lambda: screen(smiles, [model], output=output, processes=1))
    return {"seconds": taken / len(lines), "floor": floor(lines), "rows": len(lines)}


if __name__ == "__main__":
    serve(
        {
            "train_rate": train_rate, "compare_plain": compare_plain, "prepare_rate": prepare_rate,
            "screen_rate": screen_rate, "raw_rate": raw_rate,
        }
    )  # fmt: skip
