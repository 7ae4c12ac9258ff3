"""The best products of a space, as one list."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.config.settings import Limits, check_values
from riboswitch.data.model import Model
from riboswitch.errors import InputError, UsageError
from riboswitch.io.atomic_files import json_text
from riboswitch.io.summary import write_note
from riboswitch.screening.origin import Origin, model_digest
from riboswitch.screening.process_pool import cores
from riboswitch.screening.screeners import ScreenSettings
from riboswitch.spaces.exact.junction import Machine
from riboswitch.spaces.exact.properties import limits_surface, read_limits
from riboswitch.spaces.hits import Listed, candidates, make_list
from riboswitch.spaces.judge import Judge
from riboswitch.spaces.plan import Plan
from riboswitch.spaces.stored_facts import facts_of_fewer
from riboswitch.spaces.stream import stream, summary
from riboswitch.spaces.synthons.space import Space
from riboswitch.spaces.worker import Wanted, reads_tags

RESERVE, RESERVE_DIVERSE, LEAST_RESERVE = 2, 20, 100
"""Candidates for each product of the list: duplicates and synthons used too often fall away."""
WIDER, ROUNDS = 8, 3
LIMITS = {
    "top": Limits(whole=True, at_least=1, at_most=1_000_000),
    "per_synthon": Limits(whole=True, at_least=0),
    "most_enumerated": Limits(whole=True, at_least=0),
}


@dataclass(frozen=True)
class Search:
    """How the best products are chosen.

    Attributes
    ----------
    top : int
    by : str
        Column of the scores, with the name of its model if there are several.
    lowest : bool
    limits : tuple of str
        As ``weight=200..450``, see `properties.read_limits`.
    per_synthon : int
        Most products of one synthon; 0: any number.
    most_enumerated : int
        Most products that may be enumerated because they cannot be decomposed.
    networks_only : bool
        Rank by the networks of a stack alone.
    """

    top: int
    by: str
    lowest: bool = False
    limits: tuple[str, ...] = ()
    per_synthon: int = 0
    most_enumerated: int = 1_000_000
    networks_only: bool = False

    def __post_init__(self) -> None:
        check_values(LIMITS, top=self.top, per_synthon=self.per_synthon, most_enumerated=self.most_enumerated)


def ranking_model(models: Mapping[str, Model], by: str) -> tuple[Model, str]:
    """The model and its column that a column of the scores stands for.

    Raises
    ------
    UsageError
        If there is none.
    """
    columns = {f"{name}." * bool(name) + column: (model, column)
               for name, model in models.items() for column in model.task.columns}  # fmt: skip
    if by not in columns:
        raise UsageError(
            "no such column among the scores", found=by, hint=f"There are: {', '.join(columns)}."
        )
    return columns[by]


def search_space(
    space: Space, settings: ScreenSettings, search: Search, processes: int = 0, output: Path | None = None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Find the best products of a whole space.

    Parameters
    ----------
    space : Space
    settings : ScreenSettings
        Models and how they are applied; all of their answers stand on the list.
    search : Search
    processes : int
        0: as many as there are cores.
    output : Path, optional
        Where the list will be; the run notes beside it how far it has come.

    Returns
    -------
    table : DataFrame
        The list, best first: ``rank``, ``id``, ``smiles``, the columns of `screen`, and those of
        `hits.COLUMNS`.
    counts : dict
    """
    if settings.precision != "float32" or settings.device != "cpu":
        raise UsageError("a space is scored exactly, in float32 on processors", found=settings.precision,
                         hint="Leave --precision and --device out.")  # fmt: skip
    model, column = ranking_model(settings.models, search.by)
    judge = Judge(model, column, search.lowest, search.networks_only)
    limits = tuple(read_limits(search.limits))
    machine = Machine.of(judge.networks)
    plan = Plan.of(
        space, machine.reach, tagged=reads_tags(machine), most_enumerated=search.most_enumerated,
        surface=limits_surface(limits), processes=processes or cores(),
    )  # fmt: skip
    share = RESERVE_DIVERSE if search.per_synthon else RESERVE
    k = share * search.top + LEAST_RESERVE
    wanted = Wanted(model, column, search.lowest, search.networks_only, limits, k, search.most_enumerated)
    checkpoint = None if output is None else output.with_name(f"{output.name}.checkpoint")
    listed: Listed | None = None
    for number in range(ROUNDS):
        key = _key(space, settings, search, wanted.k)
        progress = stream(plan, wanted, processes or cores(), checkpoint, key)
        if progress.counts["products"] != space.products:
            raise AssertionError(f"{space.products} products, but {progress.counts['products']} scored")
        if not len(progress.best.scores):
            raise InputError(
                "no product is inside the limits, or none can be made", found=" ".join(search.limits)
            )
        found = candidates(space, progress.best.scores, progress.best.numbers, judge.sign)
        listed = make_list(found, len(found) < wanted.k, settings, judge, search.top, search.per_synthon)
        if listed.certain or number == ROUNDS - 1:
            break
        wanted = replace(wanted, k=wanted.k * WIDER)
        write_note(f"too few different products among the best {len(found)}: once more with {wanted.k}")
    assert listed is not None
    if not listed.certain:
        write_note("products that were left out may score as high as the last of the list: many are equal")
    return listed.table, {**summary(progress), **listed.counts, "certain": listed.certain}


def remove_checkpoint(output: Path) -> None:
    """Remove what a run noted, once its list is written."""
    output.with_name(f"{output.name}.checkpoint").unlink(missing_ok=True)


def origin_of(space: Space, settings: ScreenSettings, top: int) -> Origin:
    """What made the list."""
    models = {n: {"digest": model_digest(m), "task": m.task.to_dict()} for n, m in settings.models.items()}
    return Origin(space.digest, "", models, settings.precision, top=top)


def without(space: Space, names: Iterable[str]) -> Space:
    """A space without some synthons or reactions, given by their ids.

    Raises
    ------
    UsageError
        If nothing is left, or an id is not in the space.
    """
    gone = set(names)
    known = {r.id for r in space.reactions} | {
        row.id for r in space.reactions for p in r.components for row in p
    }
    if unknown := sorted(gone - known):
        raise UsageError("no such synthon or reaction in the space", found=unknown[0])
    reactions = []
    for reaction in space.reactions:
        parts = tuple(tuple(row for row in rows if row.id not in gone) for rows in reaction.components)
        if reaction.id not in gone and all(parts):
            reactions.append(replace(reaction, components=parts))
    if not reactions:
        raise UsageError("no reaction is left", found=f"{len(gone)} ids left out")
    digest = (
        hashlib.sha256(f"{space.digest} {' '.join(sorted(gone))}".encode()).hexdigest()
        if gone
        else space.digest
    )
    return replace(space, reactions=reactions, digest=digest, facts=facts_of_fewer(space, reactions))


def _key(space: Space, settings: ScreenSettings, search: Search, k: int) -> str:
    """Equal for runs that do the same."""
    models = {name: model_digest(model) for name, model in settings.models.items()}
    stated = {"space": space.digest, "models": models, "k": k, "search": asdict(search)}
    return hashlib.sha256(json_text(stated).encode()).hexdigest()
