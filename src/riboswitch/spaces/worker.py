"""Scores the units of a space; each process has its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from riboswitch.chem.standardize import Standardized
from riboswitch.data.model import Model
from riboswitch.errors import InputError
from riboswitch.learning.device import deterministic
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.read import FORMS
from riboswitch.modalities.stored_reading import stored_reading
from riboswitch.spaces.best import BestProducts
from riboswitch.spaces.chain import Chain
from riboswitch.spaces.exact.block import Block
from riboswitch.spaces.exact.finding import Sides
from riboswitch.spaces.exact.joining import product_smiles
from riboswitch.spaces.exact.junction import Junction, Machine
from riboswitch.spaces.exact.kernel import TILE
from riboswitch.spaces.exact.properties import Limit, limits_surface, molecule_properties
from riboswitch.spaces.judge import Judge
from riboswitch.spaces.plan import Numbering, Plan, Unit, junction_of

FOR_NETWORKS = {"descriptors": "none"}  # networks read no descriptors, which take milliseconds

AUDITED = 4  # products of a unit that are scored once more without tables
TOLERANCE = 1e-4  # of a score from tables
NEAR = 1e-3  # rounding of quick outputs, as a share of the score
MANY = 0.1  # share of the pairs looked at, above which the quick outputs of all are quicker than exact ones


@dataclass(frozen=True)
class Wanted:
    """What is looked for in a space.

    Attributes
    ----------
    model : Model
    column : str
        The answer that ranks.
    lowest, networks_only : bool
        See `judge.Judge`.
    limits : tuple of Limit
    k : int
        How many products are kept.
    most_enumerated : int
    """

    model: Model
    column: str
    lowest: bool
    networks_only: bool
    limits: tuple[Limit, ...]
    k: int
    most_enumerated: int


class Found(NamedTuple):
    """The best products of a unit, and counts."""

    scores: np.ndarray
    numbers: np.ndarray
    counts: dict[str, int]
    worst: float


class Worker:
    """Scores units of a plan.

    Parameters
    ----------
    plan : Plan
    wanted : Wanted
    """

    def __init__(self, plan: Plan, wanted: Wanted):
        self.plan, self.limits, self.k = plan, wanted.limits, wanted.k
        self.judge = Judge(wanted.model, wanted.column, wanted.lowest, wanted.networks_only)
        self.machine = Machine.of(self.judge.networks)
        self.numbering = Numbering(plan.space)
        self.reading = stored_reading(wanted.model, self.judge.predictor.modality)

    def __call__(self, work: tuple[Unit, float]) -> Found:
        """Score a unit; products below a known score are left out."""
        unit, least = work
        self.best, self.least = BestProducts(self.k), least
        self.counts = dict.fromkeys(("products", "enumerated", "no_product", "audited", "pruned"), 0)
        self.worst = 0.0
        with deterministic():
            {"tables": self._tables, "virtual": self._virtual, "enumerated": self._range}[unit.kind](unit)
        return Found(self.best.scores, self.best.numbers, self.counts, self.worst)

    def _tables(self, unit: Unit) -> None:
        junction = self.plan.junctions[unit.reaction]

        def numbers(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            return self.numbering.numbers(unit.reaction, [a, b])

        self._blocks(junction, unit.rows, numbers, self._rng(unit))

    def _virtual(self, unit: Unit) -> None:
        chain = Chain.of(self.plan.space.reactions[unit.reaction])
        # Those of one middle stand together: they are alike at their open end.
        middle, first = np.divmod(np.arange(*unit.rows), len(chain.firsts))
        made = chain.virtual(zip(middle.tolist(), first.tolist(), strict=True))
        good = np.array([i for i, each in enumerate(made) if each is not None], np.int64)
        none = (len(made) - len(good)) * len(chain.lasts)
        self.counts["products"] += none
        self.counts["no_product"] += none
        if not len(good):
            return
        smiles = [each.smiles for each in made if each is not None]
        known = self.plan.chained.get(unit.reaction)
        sides = Sides.find([(smiles, chain.lasts)])[0] if known is None else known.with_first(smiles)
        junction = junction_of(
            sides, self.machine.reach, reads_tags(self.machine), limits_surface(self.limits)
        )

        def numbers(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            place = {chain.first: first[good[a]], chain.middle: middle[good[a]], chain.last: b}
            return self.numbering.numbers(unit.reaction, [place[i] for i in range(3)])

        for rows in junction.units():
            self._blocks(junction, rows, numbers, self._rng(unit))

    def _rng(self, unit: Unit) -> np.random.Generator:
        return np.random.default_rng([unit.reaction, int(unit.rows[0])])

    def _blocks(self, junction: Junction, rows: np.ndarray, numbers, rng: np.random.Generator) -> None:  # type: ignore[no-untyped-def]
        audited = False
        for found in junction.blocks(rows, self.machine, self.limits):
            if isinstance(found, Block):
                self._block(found, numbers)
                if not audited:
                    audited = True
                    self._audit(found, junction, rng)
            else:
                self._enumerate(numbers(found[:, 0], found[:, 1]))

    def _block(self, block: Block, numbers) -> None:  # type: ignore[no-untyped-def]
        size = len(block.a.rows) * len(block.b.rows)
        self.counts["products"] += size
        least = max(self.least, self.best.least)
        a, b = self._promising(block, least)
        if not len(a):
            return
        scores = np.concatenate([self.judge(block.outputs(a[i : i + 2**18], b[i : i + 2**18]))
                                 for i in range(0, len(a), 2**18)])  # fmt: skip
        kept = scores >= least
        self.best.add(scores[kept], numbers(block.a.rows[a[kept]], block.b.rows[b[kept]]))

    def _promising(self, block: Block, least: float) -> tuple[np.ndarray, np.ndarray]:
        """Pairs inside the limits that may reach a score; all that do are among them."""
        if not (self.machine.folded and self.judge.in_steps):
            return block.inside()
        judge, needed = self.judge, self.judge.least_output(least)
        hopeful = None if least == -np.inf else self._hopeful(block, least)
        if hopeful is not None and not hopeful.any():
            return np.empty(0, np.int32), np.empty(0, np.int32)
        first = block.reaching(0, judge.output, judge.sign, needed, hopeful)
        a, b, _ = first
        networks, looked_at = len(self.machine.networks), len(block.a.rows) * len(block.b.rows)
        looked_at *= 1 if hopeful is None else hopeful.mean()
        if networks == 1 or len(a) < MANY * looked_at or least == -np.inf:
            return a, b
        # Too many for one by one: the quick outputs of all networks, which are exact up to rounding.
        others = range(networks) if needed > -np.inf else range(1, networks)
        found = [block.reaching(n, judge.output, judge.sign, -np.inf, hopeful) for n in others]
        found = found if needed > -np.inf else [first, *found]
        a, b, _ = found[0]
        raw = np.zeros((networks, len(a), len(judge.model.task.outputs)))
        for number, (_, _, output) in enumerate(found):
            raw[number, :, judge.output] = judge.sign * output
        near = judge(raw) >= least - NEAR * max(1.0, abs(least))
        return a[near], b[near]

    def _hopeful(self, block: Block, least: float) -> np.ndarray:
        """Which tiles hold products that may reach a score, bool of shape (tiles of a, tiles of b)."""
        bounds = block.bounds(self.judge.output, self.judge.sign)
        raw = np.zeros((len(bounds), bounds[0].size, len(self.judge.model.task.outputs)))
        raw[:, :, self.judge.output] = self.judge.sign * bounds.reshape(len(bounds), -1)
        scores = self.judge(raw).reshape(bounds[0].shape)
        hopeful: np.ndarray = scores >= least - NEAR * max(1.0, abs(least))
        of_a, of_b = (np.minimum(TILE, len(half.rows) - TILE * np.arange(n))
                      for half, n in zip((block.a, block.b), block.tiles, strict=True))  # fmt: skip
        self.counts["pruned"] += int((~hopeful * of_a[:, None] * of_b).sum())
        return hopeful

    def _audit(self, block: Block, junction: Junction, rng: np.random.Generator) -> None:
        """Score a few products once more without tables."""
        a, b = rng.integers(len(block.a.rows), size=AUDITED), rng.integers(len(block.b.rows), size=AUDITED)
        of_a, of_b = junction.a.side.smiles, junction.b.side.smiles
        pairs = [(of_a[block.a.rows[i]], of_b[block.b.rows[j]]) for i, j in zip(a, b, strict=True)]
        texts = [product_smiles(pair) for pair in pairs]
        made = [i for i, text in enumerate(texts) if text is not None]
        if not made:
            return
        quick = self.judge(block.outputs(a[made].astype(np.int32), b[made].astype(np.int32)))
        arrays = encode({"molecule": [texts[i] for i in made]}, [str(i) for i in made], FOR_NETWORKS)
        plain = self.judge.plain(arrays)
        off = np.abs(quick - plain) / np.maximum(1.0, np.abs(plain))
        self.counts["audited"] += len(made)
        self.worst = max(self.worst, float(off.max()))
        if off.max() > TOLERANCE:
            raise InputError(
                "a product has another score from tables than alone", found=texts[made[int(off.argmax())]],
                hint="Please report it. --exclude leaves its synthons out.",
            )  # fmt: skip

    def _range(self, unit: Unit) -> None:
        start = self.numbering.first[unit.reaction]
        self._enumerate(np.arange(unit.rows[0], unit.rows[1]) + start)

    def _enumerate(self, numbers: np.ndarray) -> None:
        """Score products one by one, as they are read from a file."""
        self.counts["products"] += len(numbers)
        self.counts["enumerated"] += len(numbers)
        for start in range(0, len(numbers), 2048):
            some = numbers[start : start + 2048]
            texts = [self._text(int(number)) for number in some]
            made = np.array([text is not None for text in texts])
            self.counts["no_product"] += int((~made).sum())
            if not made.any():
                continue
            smiles = [text for text in texts if text is not None]
            arrays = encode({"molecule": smiles}, [str(i) for i in range(len(smiles))], FOR_NETWORKS)
            inside = molecule_properties(arrays, smiles, self.limits)
            scores = self.judge.plain(arrays)
            kept = inside & (scores >= max(self.least, self.best.least))
            self.best.add(scores[kept], some[made][kept])

    def _text(self, number: int) -> str | None:
        """A product in the form in which the model reads molecules; None if there is none."""
        reaction, places = self.numbering.places(number)
        parts = self.plan.space.reactions[reaction].components
        text = product_smiles([rows[i].synthon.smiles for rows, i in zip(parts, places, strict=True)])
        if text is None:
            return None
        read = FORMS[self.reading.get("standardize", True)](
            text, max_atoms=self.reading.get("max_atoms", 300)
        )
        return read.smiles if isinstance(read, Standardized) else None


def reads_tags(machine: Machine) -> bool:
    """Whether the networks read chiral tags, which depend on the order of the atoms of a SMILES."""
    return any(column.field == "tag" for column in machine.networks[0].features.atoms)
