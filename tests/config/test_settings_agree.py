"""Defaults and limits stand once, in the code: the schema of the configuration and its page say the same."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from config_keys import KEYS, key_rows
from riboswitch import modalities
from riboswitch.config.settings import Limits, limits_of
from riboswitch.errors import UsageError
from riboswitch.genomes.positions import AnnotateSettings
from riboswitch.genomes.tasks.background import BackgroundSettings
from riboswitch.genomes.tasks.records import TASKS
from riboswitch.learning.settings import TrainSettings
from riboswitch.resistance.calling import ScanSettings
from riboswitch.resistance.ranking.settings import RankSettings
from riboswitch.scorecards.settings import ScorecardSettings

# Values on both sides of every limit that a setting has; no 1.0, which JSON takes for a whole number.
PROBES = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 33, 100, 10**6, -0.5, 1e-9, 0.5, 1.5, True, "nonsense", [1]]


class Owner(NamedTuple):
    """Who states the limits and defaults of some settings."""

    limits: Mapping[str, Limits]
    defaults: Mapping[str, Any]

    def has(self, name: str) -> bool:
        return name in self.limits or name in self.defaults


def of_class(cls, **own) -> Owner:
    """The fields of a settings dataclass; ``own``: defaults that a modality has instead."""
    return Owner(limits_of(cls), {f.name: f.default for f in dataclasses.fields(cls)} | own)


def of_step(name, *others) -> Owner:
    """The keyword arguments of a step, and the `LIMITS` of the modules that check them."""
    module = importlib.import_module(f"riboswitch.steps.{name}")
    arguments = inspect.signature(getattr(module, name)).parameters.values()
    limits = {}
    for part in (module, *map(importlib.import_module, others)):
        limits |= getattr(part, "LIMITS", {})
    return Owner(limits, {p.name: p.default for p in arguments})


def of_modalities(owner) -> list[Owner]:
    return [owner(modality) for modality in modalities.kinds().values()]


def of_function(function, limits) -> Owner:
    """The keyword arguments of a part of a modality."""
    arguments = inspect.signature(function).parameters.values()
    return Owner(limits, {p.name: p.default for p in arguments if p.default is not p.empty})


OWNERS = {
    "tasks.NAME.train": of_modalities(lambda modality: of_class(TrainSettings, **modality.network.TRAINING)),
    "tasks.NAME.parse": [of_step("parse", "riboswitch.data.curation")],
    "tasks.NAME.parse.background": [of_class(BackgroundSettings)],
    "tasks.NAME.parse.sources[].annotated": [of_class(task) for task in TASKS.values()],
    "tasks.NAME.split": [of_step("split")],
    "tasks.NAME.split.options": of_modalities(lambda m: of_function(m.grouper.group, m.grouper.LIMITS)),
    "tasks.NAME.featurize": of_modalities(lambda m: of_class(m.encoder.EncoderSettings)),
    "tasks.NAME.network": of_modalities(lambda m: of_class(m.network.NetworkSettings)),
    "tasks.NAME.pretrain": [
        of_function(m.pretext.exercise, m.pretext.LIMITS)
        for m in map(modalities.find, modalities.names())
        if m.pretext is not None
    ]
    + [Owner(limits_of(TrainSettings), {})],  # defaults of the workflow alone
    "tasks.NAME.scorecard": [of_class(ScorecardSettings)],
    "evaluate": [of_step("evaluate")],
    "scan": [of_class(ScanSettings)],
    "genes": [of_step("genes", "riboswitch.genomes.orfs")],
    "annotate": [of_class(AnnotateSettings)],
    "library": [of_step("prepare", "riboswitch.screening.preparing")],
    "rank": [of_class(RankSettings)],
}


OWNED = {
    key: owned
    for key in KEYS
    if (owned := [o for o in OWNERS.get(key.rpartition(".")[0], ()) if o.has(key.rpartition(".")[2])])
}
LIMITED = [key for key, owned in OWNED.items() if any(key.rpartition(".")[2] in o.limits for o in owned)]


def accepted(limits: Limits, value) -> bool:
    try:
        limits.check("x", value)
    except UsageError:
        return False
    return True


@pytest.mark.parametrize("key", LIMITED)
def test_the_schema_lets_pass_what_the_code_lets_pass(key):
    name, of_schema = key.rpartition(".")[2], Draft202012Validator(KEYS[key])
    limits = [owner.limits[name] for owner in OWNED[key] if name in owner.limits]
    for value in [*PROBES, *(choice for one in limits for choice in one.choices)]:
        assert of_schema.is_valid(value) == any(accepted(one, value) for one in limits), value


@pytest.mark.parametrize("key", [key for key in OWNED if "properties" not in KEYS[key]])
def test_the_schema_or_the_page_states_the_defaults_of_the_code(key):
    stated = [owner.defaults.get(key.rpartition(".")[2]) for owner in OWNED[key]]
    of_code = {value for value in stated if isinstance(value, int | float | str) and value != ""}
    default, row = KEYS[key].get("default"), " | ".join(key_rows()[key])
    if isinstance(default, int | float | str):
        assert of_code <= {default}
    elif "**required**" not in row:
        assert of_code <= {value for word in re.findall("`([^`]+)`", row) for value in read_as(word)}, row


def read_as(word: str) -> list:
    """The values that a word of the page may stand for."""
    try:
        return [word, float(word)]
    except ValueError:
        return [word, {"true": True, "false": False}.get(word, word)]


def test_every_limit_of_the_schema_in_these_sections_is_one_of_the_code():
    """`table` is looked up in NCBI's list, only the workflow uses `scan.batch`; the others are names that the
    modality or the step offers."""
    by_name = {"genes.table", "annotate.precision", "library.duplicates_by", "tasks.NAME.split.relatives",
               "tasks.NAME.parse.sources[].annotated.task", "scan.batch"}  # fmt: skip
    rules = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum"}
    limited = {
        key for key, schema in KEYS.items() if rules & schema.keys() and key.rpartition(".")[0] in OWNERS
    }
    assert sorted(limited - {*LIMITED}) == sorted(by_name)
