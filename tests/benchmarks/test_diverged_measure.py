"""The measurement of diverged genes as a whole, with invented evidence in place of searches and trainings."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import resistance_diverged
from diverged_evidence import NONE, Homology
from diverged_families import Known, parts
from diverged_hosts import Gene, Host
from diverged_methods import COMBINATIONS, View
from diverged_rivals import OURS, RIVALS, Methods, Question
from diverged_runs import IDENTITIES, Evidence, Runs
from diverged_scan import best
from sequence_planted import RESIDUES

CLASSES = ["class0", "class1", NONE]
FRAMES = 60


class InventedRuns(Runs):
    """Planted genes are far more like their reference than frames of hosts are like any."""

    def genes(self, part, identities, seeds=(0,)):
        known = [k for k in self.known if k.part == part][:6]
        return [Gene(k, i, s, k.sequence) for s in seeds for k in known for i in identities]

    def host(self, name):
        return Host(name, "invented", ["M" * 120] * FRAMES, 0)

    def models(self, configuration):
        return np.ones(2, bool)

    def model(self, configuration, copies=True):
        return SimpleNamespace(task=SimpleNamespace(classes=CLASSES))

    def evidence(self, name, proteins, configuration):
        rng, n, planted = np.random.default_rng(len(name)), len(proteins), name.startswith("genes")
        references = self.references(configuration)
        labels = {k.sequence: k.label for k in self.known}
        first = {k.label: i for i, k in reversed([*enumerate(references)])}
        hit = np.array([first[labels[p]] if planted else i % len(references) for i, p in enumerate(proteins)])
        score = (400.0 if planted else 60.0) + rng.random(n)
        homology = Homology(hit, score, np.full(n, 600.0), np.full(n, 620.0), score / 4, score / 10)
        network = rng.dirichlet(np.ones(3), n)
        hits = np.arange(n), np.arange(n) % 2, score.astype(np.float32)
        return Evidence(homology, hits, network)

    def kept(self, name, make):
        n = FRAMES if " host " in name else len(self.genes_of(name))
        return np.zeros(n), ([()] * n if name.startswith("rules") else ["class0"] * n)

    def genes_of(self, name):
        for part in ("test", "fit", "choose"):
            for held in (False, True):
                if f"genes {part} {held}" in name:
                    return Methods(self).genes(Question(part, held))
        return []


@pytest.fixture
def runs(tmp_path):
    rng = np.random.default_rng(0)
    known = [
        Known("M" + "".join(rng.choice([*RESIDUES], 120)), (f"class{i % 2}",), (), f"f{i}") for i in range(60)
    ]
    part = parts(known)
    made = InventedRuns(None, tmp_path)
    made.__dict__["known"] = [Known(k.sequence, k.classes, k.nodes, k.family, part[k.family]) for k in known]
    made.__dict__["background"] = ["M" * 100]
    made.__dict__["profiles"] = SimpleNamespace(
        cutoffs=np.array([100.0, 200.0]), classes=[("class0",), ("class1",)], names=["a", "b"]
    )
    return made


def test_every_method_is_measured_at_every_identity_and_the_margin_is_the_least(runs, monkeypatch):
    monkeypatch.setattr(resistance_diverged, "Runs", lambda bench, folder: runs)
    monkeypatch.setattr(resistance_diverged, "housekeeping", lambda methods, question: {})
    found, details = resistance_diverged.measure(SimpleNamespace(work=runs.folder))
    json.dumps(found | details)
    mutated = details["rates"]["1"]["mutated"]
    assert list(mutated) == [str(i) for i in IDENTITIES]
    for level in mutated.values():
        assert {OURS, *RIVALS, "network"} <= set(level["recall"])
        assert level["recall"][OURS]["mean"] == 1.0 and level["recall"]["curated rules"]["mean"] == 0.0
        assert level["margin"] == min(level["ours_minus"][r]["mean"] for r in RIVALS)
    assert found["diverged_margin"] == min(level["margin"] for level in mutated.values())
    assert set(details["chosen"]["combinations"]) == set(COMBINATIONS)
    assert details["scan"]["recall"] == dict.fromkeys(mutated, 1.0) and details["scan"]["held_out"] == 1.0
    assert set(details["scan"]["candidates"].values()) == {0}
    assert details["rates"]["1"]["held_out"]["macro_over_classes"][OURS] == 1.0


def test_a_class_comes_from_the_hit_alone_unless_models_or_the_network_are_asked(runs):
    homology = Homology(
        np.array([0, -1, -1]), *(np.zeros(3) for _ in range(3)), np.array([9.0, 0, 0]), np.zeros(3)
    )
    hits = np.array([1]), np.array([1]), np.array([150.0])
    network = np.array([[0.0, 0.9, 0.1]] * 3)
    view = View(Evidence(homology, hits, network), runs.known, runs.profiles, np.ones(2, bool), CLASSES)
    own = runs.known[0].classes
    assert view.joint_classes(False, False) == [own, (), ()]
    assert view.joint_classes(True, False) == [own, ("class1",), ()]
    assert view.joint_classes(True, True) == [own, ("class1",), ("class1",)]


@pytest.mark.parametrize(("none", "recall", "expected"), [
    (0.0, [0.9, 0.9, 0.8], 0.2), (0.15, [1.0, 0.9, 0.9], 0.3), (0.1, [0.9, 0.8, 0.9], 0.3),
    (0.2, [1.0, 0.5, 0.4], 0.2),
])  # fmt: skip
def test_the_threshold_is_the_highest_that_costs_no_recall(none, recall, expected):
    assert best(none, [0.1, 0.2, 0.3], recall) == expected
