"""Methods that the sequence network is compared with on aligned windows: other networks, boosting, k-mers.

The networks are trained like ours (AdamW, one cycle, gradients clipped, the epoch with the best validation
loss); only the architecture differs. All choices of a method are made on validation rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import expit, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from riboswitch.data.task import Task

BASES, UNKNOWN = 4, 1
HIDDEN = (0.0, 0.1)  # fraction of letters that training replaces by the unknown one
BATCH, CLIP, SMOOTHING, DECAY = 64, 1.0, 0.05, 0.01
LEAVES, LONGEST_WORDS, STRENGTHS = (7, 31), (4, 6), (0.1, 1.0, 10.0)
PATIENCE = 50  # rounds of boosting without a better validation loss


@dataclass(frozen=True)
class Rows:
    """One repeat of a split: the data that a method may use, and the rows to predict.

    Attributes
    ----------
    task : Task
    inputs : list of str
        Sequences of one length.
    letters : ndarray
        The same encoded, uint8 of shape (rows, window): 1 unknown, 2 to 5 the bases.
    labels, weights : ndarray
        Class numbers (int64) and weights, shape (rows,).
    train, valid, test : ndarray
        Positions of the rows of each part.
    """

    task: Task
    inputs: list[str]
    letters: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray

    @property
    def outputs(self) -> int:
        return len(self.task.outputs)

    @property
    def held(self) -> np.ndarray:
        """Validation rows, then test rows."""
        return np.concatenate([self.valid, self.test])

    def probabilities(self, raw: np.ndarray) -> np.ndarray:
        """Probabilities from raw outputs of shape (rows, outputs), or (rows,) for two classes."""
        return softmax(raw, axis=1) if self.task.classes else expit(raw.reshape(len(raw), 1))

    def log_loss(self, probabilities: np.ndarray, rows: np.ndarray) -> float:
        """Mean loss of the probabilities of these rows."""
        p = np.clip(
            probabilities if self.task.classes else np.hstack([1 - probabilities, probabilities]), 1e-9, 1
        )
        return float(-np.log(p[np.arange(len(rows)), self.labels[rows]]).mean())


class GenomicBenchmarksCNN(nn.Module):
    """The baseline CNN of Genomic Benchmarks (Gresova et al., BMC Genomic Data 2023, 24, 25).

    Its convolutions keep the length here: the original would reduce such short windows to a single step.
    """

    def __init__(self, window: int, n_outputs: int):
        super().__init__()
        self.embed = nn.Embedding(BASES + 2, 100)
        layers: list[nn.Module] = []
        for channels, width in ((100, 16), (16, 8), (8, 4)):
            layers += [nn.Conv1d(channels, width, 8, padding="same"), nn.BatchNorm1d(width), nn.ReLU(),
                       nn.MaxPool1d(2)]  # fmt: skip
        self.convolve = nn.Sequential(*layers, nn.Flatten())
        self.dense = nn.Sequential(nn.Linear(4 * (window // 8), 512), nn.Linear(512, n_outputs))

    def forward(self, letters: Tensor) -> Tensor:
        return self.dense(self.convolve(self.embed(letters).transpose(1, 2)))


class DanQ(nn.Module):
    """DanQ (Quang and Xie, Nucleic Acids Research 2016, 44, e107), 64 channels wide instead of 320."""

    def __init__(self, window: int, n_outputs: int, width: int = 64):
        super().__init__()
        self.convolve = nn.Sequential(nn.Conv1d(BASES, width, 26, padding="same"), nn.ReLU(),
                                      nn.MaxPool1d(13), nn.Dropout(0.2))  # fmt: skip
        self.recur = nn.LSTM(width, width, batch_first=True, bidirectional=True)
        self.dense = nn.Sequential(nn.Dropout(0.5), nn.Flatten(), nn.Linear(2 * width * (window // 13), 256),
                                   nn.ReLU(), nn.Linear(256, n_outputs))  # fmt: skip

    def forward(self, letters: Tensor) -> Tensor:
        hot = nn.functional.one_hot(letters, BASES + 2)[..., 2:].float()
        return self.dense(self.recur(self.convolve(hot.transpose(1, 2)).transpose(1, 2))[0])


# Peak learning rate and epochs of each, chosen on validation rows.
NETWORKS: dict[str, tuple[Callable[[int, int], nn.Module], float, int]] = {
    "cnn": (GenomicBenchmarksCNN, 3e-3, 20),
    "danq": (DanQ, 3e-3, 40),
}


def train_network(name: str, rows: Rows, seed: int) -> np.ndarray:
    """Train one of `NETWORKS`; returns probabilities of the held-out rows, shape (rows, outputs)."""
    return _best(rows, [_trained(name, rows, seed, hidden) for hidden in HIDDEN])


def _trained(name: str, rows: Rows, seed: int, hidden: float) -> np.ndarray:
    torch.manual_seed(seed)
    make, peak, epochs = NETWORKS[name]
    network = make(rows.letters.shape[1], rows.outputs)
    best, state = np.inf, network.state_dict()
    for _ in _epochs(network, rows, peak, epochs, hidden, np.random.default_rng(seed)):
        loss = rows.log_loss(rows.probabilities(_raw(network, rows.letters[rows.valid])), rows.valid)
        if loss < best:
            best, state = loss, {k: v.clone() for k, v in network.state_dict().items()}
    network.load_state_dict(state)
    return rows.probabilities(_raw(network, rows.letters[rows.held]))


def _epochs(
    network: nn.Module, rows: Rows, peak: float, epochs: int, hidden: float, rng: np.random.Generator
) -> Iterator[None]:
    letters, weights = torch.from_numpy(rows.letters).long(), torch.from_numpy(rows.weights).float()
    labels = torch.from_numpy(rows.labels)
    optimizer = torch.optim.AdamW(network.parameters(), peak, weight_decay=DECAY)
    steps = epochs * -(-len(rows.train) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, steps, pct_start=0.2)
    for _ in range(epochs):
        network.train()
        for batch in torch.from_numpy(rng.permutation(rows.train)).split(BATCH):
            seen = letters[batch].masked_fill(torch.rand(len(batch), letters.shape[1]) < hidden, UNKNOWN)
            loss = _losses(network(seen), labels[batch])
            optimizer.zero_grad()
            ((loss * weights[batch]).sum() / weights[batch].sum()).backward()
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimizer.step()
            schedule.step()
        yield


def _losses(raw: Tensor, labels: Tensor) -> Tensor:
    if raw.shape[1] == 1:
        return nn.functional.binary_cross_entropy_with_logits(raw[:, 0], labels.float(), reduction="none")
    return nn.functional.cross_entropy(raw, labels, reduction="none", label_smoothing=SMOOTHING)


def _raw(network: nn.Module, letters: np.ndarray) -> np.ndarray:
    network.eval()
    with torch.inference_mode():
        parts = torch.from_numpy(letters).long().split(512)
        return torch.cat([network(part) for part in parts]).numpy().astype(np.float64)


def boosted_trees(rows: Rows, seed: int) -> np.ndarray:
    """LightGBM on one-hot letters (an unknown letter is all zeros), stopped by the validation loss."""
    import lightgbm

    x = np.concatenate([rows.letters == i + 2 for i in range(BASES)], axis=1).astype(np.float32)
    train, valid = (
        lightgbm.Dataset(x[part], rows.labels[part], weight=rows.weights[part])
        for part in (rows.train, rows.valid)
    )
    goal = (
        {"objective": "multiclass", "num_class": rows.outputs}
        if rows.task.classes
        else {"objective": "binary"}
    )
    candidates = []
    for leaves in LEAVES:
        settings = goal | {
            "learning_rate": 0.03, "num_leaves": leaves, "min_data_in_leaf": 10, "num_threads": 1,
            "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "seed": seed, "verbose": -1,
        }  # fmt: skip
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        model = lightgbm.train(settings, train, 2000, valid_sets=[valid], callbacks=[stop])
        candidates.append(rows.probabilities(model.predict(x[rows.held], raw_score=True)))
    return _best(rows, candidates)


def kmer_linear(rows: Rows, seed: int) -> np.ndarray:
    """Logistic regression on TF-IDF of all words of 1 to 4 or 6 letters, at any position."""
    candidates = []
    for longest in LONGEST_WORDS:
        words = TfidfVectorizer(analyzer="char", ngram_range=(1, longest), lowercase=False, sublinear_tf=True)
        x = words.fit_transform(rows.inputs[i] for i in rows.train)
        x_held = words.transform(rows.inputs[i] for i in rows.held)
        for strength in STRENGTHS:
            model = LogisticRegression(C=strength, max_iter=500, random_state=seed)
            model.fit(x, rows.labels[rows.train], sample_weight=rows.weights[rows.train])
            candidates.append(rows.probabilities(model.decision_function(x_held)))
    return _best(rows, candidates)


def _best(rows: Rows, candidates: list[np.ndarray]) -> np.ndarray:
    """The probabilities with the lowest loss on the validation rows."""
    return min(candidates, key=lambda held: rows.log_loss(held[: len(rows.valid)], rows.valid))
