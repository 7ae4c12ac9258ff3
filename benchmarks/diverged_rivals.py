"""The methods of the test, each in the form that other families choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from diverged_families import resistance_proteins
from diverged_hosts import FIRST, Gene
from diverged_judged import Answers, called, threshold
from diverged_kmers import STRENGTHS, KmerModel
from diverged_methods import BEST_HIT, COMBINATIONS, HMM, MARGINS, NETWORK, Classes, Combination, Method, View
from diverged_runs import HELD, IDENTITIES, SEEDS, Runs

from riboswitch.resistance.curated.rules import WHOLE
from riboswitch.resistance.curated.rules import genes as curated_genes
from riboswitch.resistance.curated.search.finder import Finder, Match
from riboswitch.resistance.curated.search.frames import ProteinFrame
from riboswitch.resistance.house_classes import house_classes

OURS = "combination"
RIVALS = ("best hit", "HMM", "k-mers", "curated rules")
NO_FRAME = "M" * 20
"""Stands for a gene without a reading frame; its score is set to the lowest."""


@dataclass(frozen=True)
class Question:
    """Genes of a part, mutated (``held`` false) or unchanged, with their families held out."""

    part: str
    held: bool

    @property
    def configuration(self) -> str:
        """What references and training leave out."""
        return HELD[self.part] if self.held else ("all" if self.part == "test" else "no test")


@dataclass
class Methods:
    """All methods; `chosen` settles their forms.

    Attributes
    ----------
    runs : Runs
    forms : dict of str to Method
        Those that only need a `View`.
    strength : float
        Of the k-mer model.
    choices : dict
        What was chosen, and the recalls that decided.
    views : dict
        Evidence that was asked for.
    """

    runs: Runs
    forms: dict[str, Method] = field(default_factory=dict)
    strength: float = STRENGTHS[1]
    choices: dict[str, Any] = field(default_factory=dict)
    views: dict[tuple[str, str], View] = field(default_factory=dict, repr=False)

    @classmethod
    def chosen(cls, runs: Runs) -> Methods:
        """Choose the form of each method by the families for it, and fit the combinations on others."""
        made = cls(runs)
        forms = {"best hit": dict(BEST_HIT), "HMM": dict(HMM), "margin": dict(MARGINS)}
        combined = {name: made.fitted(names) for name, names in COMBINATIONS.items()}
        forms[OURS] = {**combined, **MARGINS}
        for method, variants in forms.items():
            recalls = {name: made.validated(variant) for name, variant in variants.items()}
            best = max(recalls, key=lambda name: recalls[name])
            made.forms[method] = variants[best]
            made.choices[method] = {"form": best, "recall": {n: round(r, 4) for n, r in recalls.items()}}
        made.forms["network"] = NETWORK
        made.forms |= {f"combination of {name}": combination for name, combination in combined.items()}
        made.choices["combinations"] = {n: weights_of(c) for n, c in combined.items()}
        made._choose_strength()
        return made

    def view(self, question: Question, name: str, proteins: Sequence[str]) -> View:
        """Evidence of some proteins, kept under a name."""
        c = question.configuration
        if (c, name) not in self.views:
            self.views[c, name] = View(
                self.runs.evidence(name, proteins, c), self.runs.references(c), self.runs.profiles,
                self.runs.models(c), self.runs.model(c).task.classes,
            )  # fmt: skip
        return self.views[c, name]

    def genes(self, question: Question) -> list[Gene]:
        """The planted genes of a question."""
        seeds = SEEDS if question.part == "test" and not question.held else SEEDS[:1]
        return self.runs.genes(question.part, (100,) if question.held else IDENTITIES, seeds)

    def proteins(self, question: Question) -> tuple[str, list[str]]:
        """The frames of the planted genes, and a name for them."""
        return f"genes {question.part} {question.held}", [g.frame or NO_FRAME for g in self.genes(question)]

    def of_genes(self, question: Question) -> View:
        return self.view(question, *self.proteins(question))

    def of_frames(self, question: Question, host: str) -> View:
        return self.view(question, f"host {host}", self.runs.host(host).frames)

    def fitted(self, names: tuple[str, ...]) -> Combination:
        """A combination that learns its families, mutated and held out, from frames of the first genomes."""
        questions = [Question("fit", held) for held in (False, True)]
        frames = [self.of_frames(q, h) for q in questions for h in FIRST]
        return Combination.fit(names, [self.of_genes(q) for q in questions], frames)

    def validated(self, method: Method) -> float:
        """Recall of the families to choose by, at one false call a genome: mean of mutated and held out."""
        recalls = []
        for question in (Question("choose", False), Question("choose", True)):
            least = threshold([method(self.of_frames(question, h))[0] for h in FIRST], 1.0)
            answers = answered(method(self.of_genes(question)), self.genes(question))
            recalls.append(float(called(answers, least).mean()))
        return float(np.mean(recalls))

    def _choose_strength(self) -> None:
        question, recalls = Question("choose", False), {}
        for strength in STRENGTHS:
            of = [self.kmers(question, f"host {h}", self.runs.host(h).frames, strength)[0] for h in FIRST]
            found = self.kmers(question, *self.proteins(question), strength)
            recalls[strength] = float(
                called(answered(found, self.genes(question)), threshold(of, 1.0)).mean()
            )
        self.strength = max(recalls, key=lambda s: recalls[s])
        self.choices["k-mers"] = {"form": f"C = {self.strength:g}",
                                  "recall": {f"{s:g}": round(r, 4) for s, r in recalls.items()}}  # fmt: skip

    def answers(self, question: Question) -> dict[str, Answers]:
        """What each method says of the planted genes."""
        found = {name: method(self.of_genes(question)) for name, method in self.forms.items()}
        found |= self._others(question, *self.proteins(question))
        name, proteins = self.proteins(question)
        found["curated rules"] = self.runs.kept(f"rules {name}", lambda: self._rules(question, proteins))
        return {name: answered(f, self.genes(question)) for name, f in found.items()}

    def of_host(self, question: Question, host: str) -> dict[str, np.ndarray]:
        """The score of each method for the frames of a genome; the curated rules call none of them."""
        frames = self.runs.host(host).frames
        found = {name: method(self.of_frames(question, host)) for name, method in self.forms.items()}
        found |= self._others(question, f"host {host}", frames)
        return {name: f[0] for name, f in found.items()} | {"curated rules": np.zeros(len(frames))}

    def _others(self, question: Question, name: str, proteins: Sequence[str]) -> dict[str, Any]:
        return {"k-mers": self.kmers(question, name, proteins, self.strength)}

    def kmers(
        self, question: Question, name: str, proteins: Sequence[str], strength: float
    ) -> tuple[np.ndarray, Classes]:
        """Log odds that proteins resist by the k-mer model, and the likeliest class."""
        c = question.configuration
        model = self.runs.kept(
            f"kmers {c} {strength:g}", lambda: KmerModel.fit(self.runs.records(c, True), strength)
        )
        scores, classes = self.runs.kept(f"kmers {name} {c} {strength:g}", lambda: model(proteins))
        return scores, [(label,) for label in classes]

    def _rules(self, question: Question, proteins: Sequence[str]) -> tuple[np.ndarray, Classes]:
        """1 where NCBI's cut-offs call a whole gene, with its classes."""
        database = self.runs.bench.database
        held = {k.family for k in self.runs.known} - {
            k.family for k in self.runs.references(question.configuration)
        }
        gone = {k.sequence for k in resistance_proteins(database) if k.family in held} if held else set()
        finder = Finder([r for r in database.references if r.sequence not in gone], database.families)
        frames = [ProteinFrame.of(str(number), protein) for number, protein in enumerate(proteins)]
        of_protein: list[list[Match]] = [[] for _ in proteins]
        for match in finder.of_frames(frames):
            of_protein[int(match.frame.contig)].append(match)
        scores, classes = np.zeros(len(proteins)), []
        for number, matches in enumerate(of_protein):
            found = [g for g in curated_genes(matches, database.families) if g.method in WHOLE]
            scores[number] = bool(found)
            classes.append(tuple(c for g in found for c in house_classes(g.drug_class).split("/")))
        return scores, classes


def answered(found: tuple[np.ndarray, Classes], genes: Sequence[Gene]) -> Answers:
    """What a method says of planted genes, with whether a class is right; nothing without a frame."""
    scores, classes = found
    right = np.array([bool(set(c) & set(g.known.classes)) for c, g in zip(classes, genes, strict=True)])
    framed = np.array([bool(g.frame) for g in genes])
    return Answers(np.where(framed, scores, -np.inf), right & framed)


def weights_of(combination: Combination) -> dict[str, float]:
    """The weight of each score, and the bias."""
    pairs = zip(combination.names, combination.weights, strict=True)
    return {n: round(float(w), 3) for n, w in pairs} | {"bias": round(combination.bias, 3)}
