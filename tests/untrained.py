"""Bundles of networks that learned nothing: enough to tell what is asked of a model, in a moment."""

from __future__ import annotations

import torch

from bundles import untested_bundle, with_golden
from riboswitch.modalities.sequence.network import Network, NetworkSettings

LETTERS = {"dna": 4, "rna": 4, "protein": 20, "codon": 64}


def bundle(kind="binary", classes=(), alphabet="dna", window=0, head="pooled", members=3):
    """A bundle of networks that learned nothing: enough to tell whether the same is asked."""
    encoder = {"modality": "sequence", "alphabet": alphabet, "letters": LETTERS[alphabet]}
    encoder |= {"window": window} if window else {}
    how, tensors = {"embedding": 4, "hidden": 6, "head": head}, {}
    for number in range(members):
        torch.manual_seed(number)
        network = Network(NetworkSettings(**how), len(classes) or 1, encoder)
        tensors |= {f"{number}.{k}": v.numpy() * 2 for k, v in network.state_dict().items()}
    facts = {"label_mean": [1.5], "label_sd": [2.0]} if kind == "regression" else {
        "label_mean": [0.0], "label_sd": [1.0]}  # fmt: skip
    task = {"kind": kind, "targets": ["worth"], "classes": list(classes)}
    each = [{"seed": i, "repeat": i, "temperature": 1.3, **facts} for i in range(members)]
    made = untested_bundle(tensors, each, modality="sequence", components=["sequence"], task=task,
                           encoder=encoder, network=how, reading={"alphabet": alphabet})  # fmt: skip
    if head == "per_position":  # the tasks here are of records: only good for being refused
        return made
    letters = {"rna": "ACGU", "protein": "ACDE"}.get(alphabet, "ACGT")
    return with_golden(made, {"sequence": [(letters * 1000)[: window or 60]]})
