"""What an owner does: it answers the state of the training with sums over its own rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.special import expit

from riboswitch.data.records import Records
from riboswitch.data.splits import Split, without_test
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.device import deterministic, find_device
from riboswitch.learning.federated import masks, privacy
from riboswitch.learning.federated.agreeing import balance_of, label_scale, sums_of
from riboswitch.learning.federated.layout import CANDIDATES, CLOSE, CUTS, KEYS, SUMS, TEMPERATURES, layout_of
from riboswitch.learning.federated.local import Common, LocalTraining, PrivateTraining
from riboswitch.learning.federated.plan import Plan, arrays_of, load_arrays, made_network
from riboswitch.learning.federated.state import State, Update
from riboswitch.learning.loop import Data, Goal, infer
from riboswitch.learning.loss import Loss
from riboswitch.learning.training_job import Job
from riboswitch.modalities.base import Modality

LEAST_ROWS = 20
"""Training rows of an owner, below which sums would tell too much of each."""

Pieces = dict[str, "np.ndarray | float"]


class Owner:
    """An owner with its records, ready to answer any state of one plan.

    Parameters
    ----------
    plan : Plan
    name : str
    records : Records
        Read as the plan says.
    modality : Modality
    split : Split, optional
        Its rows for training and validation; by default a part of the rows, drawn at random, is for
        validation.
    repeat : int
    device : {"cpu", "cuda", "auto"}

    Raises
    ------
    UsageError, InputError
        If the owner is not in the plan, records do not suit it, or too few rows have labels.
    """

    def __init__(
        self,
        plan: Plan,
        name: str,
        records: Records,
        modality: Modality,
        split: Split | None = None,
        repeat: int = 0,
        device: str = "cpu",
    ):
        plan.require_owner(name)
        _require_read_alike(plan, records)
        self.plan, self.name, self.modality, self.device = plan, name, modality, find_device(device)
        features = modality.encoder.encode(records.inputs, records.ids, plan.encoder)
        if features.meta != plan.encoder:
            hint = "All owners need the same riboswitch and the same kind of inputs."
            raise InputError("the records are encoded otherwise than the plan says", where=name, hint=hint)
        split = self._drawn(records) if split is None else split
        split.require_repeat(repeat)
        self.job = Job.make(records, features, split, plan.task, vars(plan.training), plan.network, modality)
        self.split, self.repeat = split, repeat
        self.rows = {part: self.job.labelled(split.rows(part, repeat)) for part in ("train", "valid")}
        if plan.federation.private:
            self.rows["valid"] = np.empty(0, np.int64)
        if (found := len(self.rows["train"])) < LEAST_ROWS:
            raise InputError("too few labelled rows to take part: sums would tell of each",
                             where=name, found=found, hint=f"At least {LEAST_ROWS} are needed.")  # fmt: skip

    def _drawn(self, records: Records) -> Split:
        seed = self.plan.seed_of(self.name, 0)
        made = without_test(records.ids, records.ids, self.plan.valid, seed, "federated")
        if not self.plan.valid:
            made.table["part_0"] = "train"
        return made

    def answer(self, state: State, secret: bytes | None = None) -> Update:
        """Answer a state.

        Parameters
        ----------
        state : State
            Of the owner's plan.
        secret : bytes, optional
            For masks: the owner's own, or the one that all owners share.

        Raises
        ------
        UsageError, InputError
            If the secret is missing, or the training diverged.
        """
        plan = self.plan
        if state.plan.digest != plan.digest:
            raise InputError("the state is of another plan", found=state.plan.digest,
                             hint=f"This owner began with plan {plan.digest}.")  # fmt: skip
        if plan.federation.masked and secret is None:
            raise UsageError(
                "this plan hides numbers behind masks, which need a secret", hint="Give --secret."
            )
        spent = None
        if state.stage == KEYS:
            assert secret is not None
            vector = np.frombuffer(masks.public_key(secret), np.uint8)
        else:
            with deterministic(plan.seed_of(self.name, state.round)):
                network = made_network(plan, self.modality, state.weights)
                pieces, spent = self._pieces(state, network)
            vector = self._finite(layout_of(state.stage, plan, state.weights).pack(pieces), state)
            vector = self._masked(vector, state, secret) if secret is not None else vector
        return Update(self.name, plan.digest, state.digest, state.stage, state.round, vector, spent)

    def _pieces(self, state: State, network: Any) -> tuple[Pieces, float | None]:
        if state.stage == SUMS:
            return sums_of(self.job, self.rows["train"], network, self.plan), None
        if state.stage == CLOSE:
            return self._closing(state, network), None
        return self._training(state, network)

    def _data(self) -> Data:
        job = self.job
        return Data(self.modality.network, job.task, job.features, job.units, job.labels, job.weights,
                    self.rows["train"], self.rows["valid"], job.bounds)  # fmt: skip

    def _training(self, state: State, network: Any) -> tuple[Pieces, float | None]:
        plan, how = self.plan, self.plan.federation
        common = Common(
            state.weights, label_scale(state.scale), balance_of(state.scale, plan), how.prox,
            how.local_epochs, state.round * how.local_epochs,
        )  # fmt: skip
        fixed = (
            self._data(),
            network,
            plan.training,
            plan.seed_of(self.name, state.round),
            self.device,
            common,
        )
        rows, spent = len(self.rows["train"]), None
        pieces: Pieces = {"rows": float(rows), "weight": float(rows) if how.weighting == "rows" else 1.0}
        if how.epsilon is not None:
            noise, spent = self._noise(state.round)
            PrivateTraining(*fixed, noise, how.example_clip, privacy.fresh_generator()).run()
        else:
            training = LocalTraining(*fixed)
            pieces |= self._judged(training, network)
            pieces["train_loss"] = training.run() * rows
        weight = pieces["weight"]
        for name, value in arrays_of(network).items():
            if value.dtype.kind == "f":
                change = value.astype(np.float64) - state.weights[name].astype(np.float64)
                pieces[f"change.{name}"] = weight * change
        return pieces, spent

    def _noise(self, done: int) -> tuple[float, float]:
        """Noise of this owner, and what is spent after this round."""
        how, rows = self.plan.federation, len(self.rows["train"])
        assert how.epsilon is not None
        privacy.require_delta(how.delta, rows, self.name)
        sampling = privacy.Sampling.of(rows, self.plan.training.batch_size)
        batches = sampling.batches * how.local_epochs
        noise = privacy.least_noise(how.epsilon, how.delta, sampling, batches * how.rounds)
        return noise, privacy.spent(noise, sampling, batches * (done + 1), how.delta)

    def _judged(self, training: LocalTraining, network: Any) -> Pieces:
        """Losses of a network on validation rows at each temperature, summed over rows."""
        raw = self._raw(network)
        return {"losses": self._losses(training, raw), "judged_rows": float(len(self.rows["valid"]))}

    def _raw(self, network: Any) -> np.ndarray:
        return infer(self.modality.network, network, self.job.features, self.rows["valid"], self.job.units)

    def _losses(self, training: LocalTraining, raw: np.ndarray) -> np.ndarray:
        rows, task = self.rows["valid"], self.plan.task
        tried = TEMPERATURES if task.of_probabilities else np.ones(1)
        if not len(rows):
            return np.zeros(len(tried))
        goal = Goal(training.labels, training.weights, training.bounds).of(self.job.units(rows))
        outputs, loss = torch.tensor(raw, dtype=torch.float32), Loss(task, None)
        return np.array([loss(outputs / float(t), *goal).item() for t in tried]) * len(rows)

    def _closing(self, state: State, network: Any) -> Pieces:
        """Losses and counts of the last and of the best weights, with which the coordinator calibrates."""
        common = Common(state.weights, label_scale(state.scale), None, 0.0, 1, 0)
        training = LocalTraining(self._data(), network, self.plan.training, 0, self.device, common)
        losses, hits, called = [], [], []
        for name in CANDIDATES:
            best = state.best_weights if name == "best" and state.best_weights else state.weights
            load_arrays(network, best)
            raw = self._raw(network)
            losses.append(self._losses(training, raw))
            counts = self._counts(raw)
            hits.append(counts[0])
            called.append(counts[1])
        labels = self.job.labels[self.job.units(self.rows["valid"])]
        binary = self.plan.task.kind == "binary"
        known = np.stack(
            [(~np.isnan(labels)).sum(0), np.nansum(labels, 0) if binary else np.zeros(labels.shape[1])], 1
        )
        empty = np.empty(0)
        return {"losses": np.stack(losses), "judged_rows": float(len(self.rows["valid"])), "known": known,
                "hits": np.stack(hits) if binary else empty,
                "called": np.stack(called) if binary else empty}  # fmt: skip

    def _counts(self, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each target and cut-off: positives at or above it, and rows at or above it."""
        targets = len(self.plan.task.targets)
        if self.plan.task.kind != "binary" or not len(raw):
            return np.zeros((targets, len(CUTS))), np.zeros((targets, len(CUTS)))
        labels = self.job.labels[self.job.units(self.rows["valid"])]
        above = expit(raw)[:, :, None] >= expit(CUTS)  # (rows, targets, cuts)
        above &= ~np.isnan(labels)[:, :, None]
        return (above & (labels == 1)[:, :, None]).sum(0), above.sum(0)

    def _finite(self, vector: np.ndarray, state: State) -> np.ndarray:
        if not np.isfinite(vector).all():
            raise InputError("training diverged: a weight or a loss is no number",
                             where=f"{self.name}, {state.name}",
                             hint="The coordinator chooses a lower --learning-rate.")  # fmt: skip
        return vector

    def _masked(self, vector: np.ndarray, state: State, secret: bytes) -> np.ndarray:
        plan = self.plan
        if not plan.federation.masked:
            return vector
        whole = masks.to_whole(vector, masks.BITS[state.stage], len(plan.owners), self.name)
        if plan.federation.secure == "keys":
            keys = masks.agreed_keys(secret, self.name, state.keys)
        else:
            keys = masks.shared_keys(secret, self.name, plan.owners)
        return masks.masked(whole, self.name, keys, state.digest)


def _require_read_alike(plan: Plan, records: Records) -> None:
    """Raise `InputError` unless the records were read as the plan says."""
    found = {"modality": records.meta.get("modality"), "reading": records.meta.get("reading", {})}
    wanted = {"modality": plan.modality, "reading": plan.reading}
    for name, value in found.items():
        if value != wanted[name]:
            hint = f"Read them with {name} {wanted[name] or 'as it is by default'}."
            problem = f"the records were read with another {name} than the plan says"
            raise InputError(problem, found=value, hint=hint)


def secret_for(plan: Plan, stage: str, path: Path | None) -> bytes | None:
    """The secret of an owner from its file, made at the stage ``keys`` if it is not there.

    Raises
    ------
    UsageError, InputError
        If the plan needs one and there is none, or the file has none.
    """
    if not plan.federation.masked:
        return None
    if path is None:
        raise UsageError("this plan hides numbers behind masks, which need a secret",
                         hint="Give --secret FILE.")  # fmt: skip
    return masks.new_secret(path) if stage == KEYS and not path.exists() else masks.read_secret(path)
