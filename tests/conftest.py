"""Small things made once: proteins of three invented families, molecules, and networks trained on them."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import settings

from riboswitch.data.records import Record, Records
from riboswitch.io.log import progress
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.split import split
from riboswitch.steps.train import train

# No test measures time: a busy machine must not fail one.
settings.register_profile("riboswitch", deadline=None, max_examples=int(os.environ.get("EXAMPLES", "40")))
settings.load_profile("riboswitch")
progress.SECONDS = float("inf")  # nor write a line about how far it is

WORKFLOW = "tests/workflow/"
LETTERS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))
SMALL = {"embedding": 8, "hidden": 12}


def pytest_xdist_make_scheduler(config, log):
    """With ``-n``, tests of a file share a process; so do those of the workflow, which share a run."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path = nodeid.split("::")[0]
            return WORKFLOW if path.startswith(WORKFLOW) else path

    return ByFile(config, log)


def pytest_collection_modifyitems(config, items):
    """With ``-n``, the tests of the workflow begin: they take longest."""
    if config.getoption("numprocesses", None) or hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(WORKFLOW))


def mutants(ancestor, many, rng):
    """``many`` copies of a protein, one residue in ten changed."""
    for _ in range(many):
        residues = np.array(list(ancestor))
        places = rng.random(len(residues)) < 0.1
        residues[places] = rng.choice(LETTERS, places.sum())
        yield "M" + "".join(residues[1:])


@pytest.fixture(scope="session")
def proteins():
    """48 proteins in 24 families of two; the class is the letter that a third of the residues are."""
    rng = np.random.default_rng(0)
    rows = []
    for family in range(24):
        label, letter = (("none", "A"), ("tetracycline", "L"), ("macrolide", "W"))[family % 3]
        residues = rng.choice(LETTERS, 70)
        residues[rng.random(70) < 0.33] = letter
        for protein in mutants("".join(residues), 2, rng):
            number = len(rows) + 1
            fields = {"drug_class": label, "charge": f"{protein.count('K') / 10}", "logical": str(number % 2)}
            rows.append(Record(number, f"p{number}", {"sequence": protein}, fields, "proteins.faa"))
    return Records.collect(rows, ["sequence"], modality="sequence", reading={"alphabet": "protein"})


@pytest.fixture(scope="session")
def learned(proteins):
    """Records, arrays, split, and one quickly trained network a repeat."""
    arrays = featurize(proteins)
    halves = split(proteins, "family", target="drug_class", repeats=2,
                   fractions={"train": 0.6, "valid": 0.2, "test": 0.2})  # fmt: skip
    how = {"epochs": 12, "batch_size": 8, "learning_rate": 0.01}
    models = [
        train(proteins, arrays, halves, kind="multiclass", targets=["drug_class"], repeat=repeat,
              settings=how, network=SMALL)
        for repeat in range(2)
    ]  # fmt: skip
    return proteins, arrays, halves, models


@pytest.fixture(scope="session")
def gene_model(learned):
    """The networks of `learned` as one bundle; copy it before changing it."""
    return ensemble(learned[3], learned[0])


@pytest.fixture(scope="session")
def of_lengths():
    """Train a small network, in a moment, to tell the length of SMILES: SMILES -> bundle."""

    def bundle(smiles):
        rows = [Record(i, f"m{i}", {"molecule": s}, {"y": float(len(s))}) for i, s in enumerate(smiles, 1)]
        records = Records.collect(rows, ["molecule"], modality="molecule", reading={})
        arrays, halves = featurize(records), split(records, repeats=1)
        how, sizes = {"epochs": 1}, {"hidden": 8, "ffn_hidden": 8}
        made = train(records, arrays, halves, kind="regression", targets=["y"], settings=how, network=sizes)
        return ensemble([made], records)

    return bundle


@pytest.fixture(scope="module")
def few_trees():
    """Forests of molecules with 40 trees: for tests in which their number does not matter."""
    from riboswitch.modalities.molecule import baselines, stack

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baselines, "TREES", 40)
        for name, trees in {"TREES": 40, "NUMBER_TREES": 40, "LEAST_TREES": 20}.items():
            patch.setattr(stack, name, trees)
        yield
