"""Speed and memory of a network along a genome, compared with a simple LSTM and a CNN.

All three predict each letter, read the same chunks in the same batches, and run through the same code but for
the network. They are not trained: parameters do not change the rate.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import cpu_seconds, serve, worker
from torch import Tensor, nn

from riboswitch.data.model import FORMAT, Model
from riboswitch.data.task import Task
from riboswitch.genomes.chunks import sweep
from riboswitch.genomes.contigs import Contigs
from riboswitch.genomes.positions import AnnotateSettings, PositionPredictor
from riboswitch.learning.device import deterministic
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.modalities.sequence.encode import encode
from riboswitch.modalities.sequence.network import Batch, Network, NetworkSettings
from riboswitch.steps.annotate import annotate, position_predictor

CLASSES = ("-", "+", "b")
WIDTH = 64
LETTERS = 4
MEGABASE = 1_000_000
LINE = 80


class SimpleLSTM(nn.Module):
    """A bidirectional LSTM over one-hot letters, a linear layer on every step."""

    def __init__(self, outputs: int):
        super().__init__()
        self.lstm = nn.LSTM(LETTERS, WIDTH, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * WIDTH, outputs)

    def forward(self, batch: Batch) -> Tensor:
        known = nn.functional.one_hot(batch.letters.long().clamp(min=1) - 1, LETTERS + 1)[..., 1:]
        return self.head(self.lstm(known.float())[0])[batch.letters > 0]


class SimpleCNN(nn.Module):
    """The trunk of Genomic Benchmarks' CNN with a linear layer on every step instead of its dense layers.

    Embedding 100, three times convolution (16, 8, 4 channels, width 8), batch norm, ReLU, pooling by 2
    (Gresova et al., BMC Genom. Data 2023). The output of a letter is that of its step of eight letters.
    """

    def __init__(self, outputs: int):
        super().__init__()
        self.embed = nn.Embedding(LETTERS + 2, 100)
        layers: list[nn.Module] = []
        for inputs, width in ((100, 16), (16, 8), (8, 4)):
            layers += [nn.ZeroPad1d((3, 4)), nn.Conv1d(inputs, width, 8), nn.BatchNorm1d(width), nn.ReLU(),
                       nn.MaxPool1d(2, ceil_mode=True)]  # fmt: skip
        self.trunk, self.head = nn.Sequential(*layers), nn.Conv1d(4, outputs, 1)

    def forward(self, batch: Batch) -> Tensor:
        steps = self.head(self.trunk(self.embed(batch.letters.int()).transpose(1, 2)))
        letters = steps.repeat_interleave(8, dim=2)[:, :, : batch.letters.shape[1]]
        return letters.transpose(1, 2)[batch.letters > 0]


def untrained() -> Model:
    """A bundle of one untrained network of the default size that predicts each letter of DNA."""
    torch.manual_seed(0)
    meta = encode({"sequence": []}, [], {"alphabet": "dna"}).meta
    settings = NetworkSettings(head="per_position", hidden=WIDTH)
    state = Network(settings, len(CLASSES), meta).state_dict()
    header = {
        "format": FORMAT, "modality": "sequence", "components": ["sequence"], "encoder": meta,
        "network": asdict(settings),
        "task": Task("multiclass", ("label",), CLASSES, "position").to_dict(),
        # Predictions of random parameters change from base to base; a high temperature gives usual tracks.
        "members": [{"label_mean": [0.0], "label_sd": [1.0], "temperature": 4.0}],
    }  # fmt: skip
    return Model(header, {f"0.{name}": value.numpy() for name, value in state.items()})


def rates(genome: str, precision: str = "float32", repeats: int = 3) -> dict[str, Any]:
    """kb per CPU second of the inner loop of `annotate` with each network; the best of several runs.

    The runs alternate: a busy machine then slows down all three networks.
    """
    contigs, settings, model = Contigs.open(genome), AnnotateSettings(), untrained()
    readers = {}
    for name, network in (("network", None), ("raw_lstm", SimpleLSTM), ("cnn", SimpleCNN)):
        predictor = Predictor(model, find(model.modality), precision=precision)
        if network is not None:
            predictor.networks = [_autocast(network(len(CLASSES)).eval(), precision)]
        readers[name] = position_predictor(predictor, settings)
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    with deterministic(0):
        for _ in range(repeats):
            for name, reader in readers.items():
                seconds[name].append(cpu_seconds(lambda reader=reader: _scan(contigs, reader)))
    kb = sum(contigs.lengths.values()) / 1e3
    return {name: round(kb / min(taken), 1) for name, taken in seconds.items()}


def _scan(contigs: Contigs, reader: PositionPredictor) -> None:
    for _ in sweep(contigs, reader.plan, reader, reader.batch_size):
        pass


def _autocast(network: nn.Module, precision: str) -> nn.Module:
    if precision != "float32":
        forward: Callable[[Batch], Tensor] = network.forward
        network.forward = lambda batch: _lower(forward, batch, getattr(torch, precision))  # type: ignore[method-assign]
    return network


def _lower(forward: Callable[[Batch], Tensor], batch: Batch, dtype: torch.dtype) -> Tensor:
    with torch.autocast("cpu", dtype):
        return forward(batch).float()


def made_up_fasta(path: str | Path, bases: int, seed: int = 0) -> None:
    """A FASTA of one contig of random letters, ``bases`` a multiple of a million."""
    rng = np.random.default_rng(seed)
    with open(path, "wb") as handle:
        handle.write(b">made_up\n")
        for _ in range(bases // MEGABASE):
            lines = np.full((MEGABASE // LINE, LINE + 1), ord("\n"), np.uint8)
            lines[:, :LINE] = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (len(lines), LINE))]
            handle.write(lines.tobytes())


def annotated(genome: str, folder: str, tracks: list[str]) -> dict[str, Any]:
    """Annotate a genome as a user would; returns the number of bases and segments."""
    done = annotate(genome, untrained(), folder, {"decimals": 1}, tracks=tuple(tracks))
    return {"bases": done.summary["bases"], "segments": sum(t["segments"] for t in done.summary["tracks"])}


def scan_rates(genome: str | Path, repeats: int = 3) -> dict[str, Any]:
    """The keys ``scan_vs_raw_lstm`` and ``scan_vs_cnn``, and their rates (kb/s)."""
    exact, fast = (
        worker("sequence_scan.py", "rates", genome=str(genome), precision=precision, repeats=repeats)
        for precision in ("float32", "bfloat16")
    )
    return {
        "scan_vs_raw_lstm": round(exact["network"] / exact["raw_lstm"], 3),
        "scan_vs_cnn": round(exact["network"] / exact["cnn"], 3),
        "scan_kb_s": {"float32": exact, "bfloat16": fast},
    }


def scan_memory(folder: str | Path, megabases: tuple[int, ...] = (25, 100)) -> dict[str, Any]:
    """The key ``rss_mb_scan`` (the largest), and the peak memory (MB) for each size of one contig."""
    folder, peaks = Path(folder), {}
    folder.mkdir(parents=True, exist_ok=True)
    for size in megabases:
        genome = folder / f"{size}.fa"
        made_up_fasta(genome, size * MEGABASE)
        job = f'{{"genome": "{genome}", "folder": "{folder / str(size)}", "tracks": ["bigwig"]}}'
        command = [sys.executable, __file__, "annotated", job]
        peaks[str(size)] = worker("peak.py", "peak", command=command)["mb"]
        genome.unlink()
        shutil.rmtree(folder / str(size))
    return {"rss_mb_scan": max(peaks.values()), "rss_mb_scan_by_megabases": peaks}


if __name__ == "__main__":
    serve({"rates": rates, "annotated": annotated})
