"""Checks of the workflow's configuration that a schema cannot make. Light: no torch, no pandas."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from riboswitch.errors import ConfigError, meant, shorten

NEEDS = {  # a section, and what it makes no sense without
    "rank": ("library", "screen", "scan"),
    "check": ("rank",),
    "library": ("rank",),
    "screen": ("rank",),
    "scan": ("genomes",),
    "genes": ("genomes",),
    "annotate": ("genomes",),
}


NO_INPUT = {"data", "annotation", "taxon", "topology"}
"""Keys of a genome beside the files that are read: its sequence, its proteins."""

CANNOT = {  # a part of the contract of modalities, and what a task without it cannot do
    "genome": "tasks of this modality cannot be applied to a genome",
    "library": "tasks of this modality cannot screen a library",
    "pretext": "tasks of this modality cannot be pre-trained",
}

Offers = Mapping[str, Container[str]]
"""For each modality the parts of the contract that it offers."""


def check_names(config: Mapping[str, Any], modalities: Offers) -> None:
    """Check that every name is known and every task fits its use.

    Parameters
    ----------
    config : mapping
        A configuration that the schema accepts, its defaults filled in.
    modalities : mapping
        See `riboswitch.modalities.offers`.

    Raises
    ------
    ConfigError
        For a data source, task, genome or modality that is not there; a task whose modality lacks a part; or
        a genome without a file.
    """
    _check_sections(config)
    data, tasks, genomes = config["data"], config["tasks"], config.get("genomes", {})
    for name, genome in genomes.items():
        if "data" in genome:  # those of a sample sheet have none
            _known(genome["data"], data, f"genomes.{name}.data", "data source")
        if not genome.keys() - NO_INPUT:
            raise ConfigError("a genome needs its sequence or its proteins", where=f"genomes.{name}")
    for name, task in tasks.items():
        _known(task["modality"], modalities, f"tasks.{name}.modality", "modality")
        for i, source in enumerate(task["parse"]["sources"]):
            _known(source["data"], data, f"tasks.{name}.parse.sources[{i}].data", "data source")
        if "pretrain" in task:
            _known(task["pretrain"]["data"], data, f"tasks.{name}.pretrain.data", "data source")
            _check_part(modalities, task, "pretext", f"tasks.{name}.pretrain")
        for part in ("annotate", "background", "held_out"):
            if part in task["parse"]:
                _known(task["parse"][part]["data"], data, f"tasks.{name}.parse.{part}.data", "data source")
    for section in ("scan", "genes", "annotate"):
        if "task" in config.get(section, {}):
            _known(config[section]["task"], tasks, f"{section}.task", "task")
            _check_part(modalities, tasks[config[section]["task"]], "genome", f"{section}.task")
    if "scan" in config and not config["scan"].keys() & {"task", "curated"}:
        raise ConfigError("there is nothing to look for", where="config scan",
                          hint="Name a task, the curated database (scan.curated), or both.")  # fmt: skip
    if "curated" in config.get("scan", {}):
        _known(config["scan"]["curated"], data, "scan.curated", "data source")
    if "rank" in config:
        _check_ranking(config, modalities)
    if "check" in config:
        _check_check(config)


def _check_sections(config: Mapping[str, Any]) -> None:
    for section, needed in NEEDS.items():
        for name in needed:
            if section in config and not config.get(name):
                raise ConfigError(f"the section {section} needs the section {name}", where="config",
                                  hint=f"Add {name}, or leave {section} out.")  # fmt: skip


def _check_ranking(config: Mapping[str, Any], modalities: Offers) -> None:
    data, tasks, genomes = config["data"], config["tasks"], config["genomes"]
    _known(config["library"]["data"], data, "library.data", "data source")
    if reference := config["rank"].get("reference"):
        _known(reference["data"], data, "rank.reference.data", "data source")
    named = {"rank.genome": config["rank"].get("genome")}
    named |= {f"rank.genomes[{i}]": name for i, name in enumerate(config["rank"].get("genomes", []))}
    for where, name in named.items():
        if name is not None:
            _known(name, genomes, where, "genome")
    for i, task in enumerate(config["screen"]["tasks"]):
        _known(task, tasks, f"screen.tasks[{i}]", "task")
    for key in ("score_by", "class_task"):
        if config["rank"].get(key):
            _known(config["rank"][key], config["screen"]["tasks"], f"rank.{key}", "screened task")
    for task in config["rank"].get("filters", {}):
        _known(task, config["screen"]["tasks"], f"rank.filters.{task}", "screened task")
    for i, task in enumerate(config["screen"]["tasks"]):
        _check_part(modalities, tasks[task], "library", f"screen.tasks[{i}]")


def _check_check(config: Mapping[str, Any]) -> None:
    """The measured values are those of a binary task whose training leaves the library out."""
    name = config["check"]["task"]
    _known(name, config["screen"]["tasks"], "check.task", "screened task")
    task = config["tasks"][name]
    if task["kind"] != "binary" or len(task["targets"]) != 1:
        raise ConfigError("a check needs a binary task with one target", where="config check.task",
                          found=name)  # fmt: skip
    if "held_out" not in task["parse"]:
        raise ConfigError("training sees the compounds that would be checked", where="config check.task",
                          found=name, hint=f"Keep them out: tasks.{name}.parse.held_out.")  # fmt: skip


def _known(name: str, names: Iterable[str], where: str, what: str) -> None:
    choices = sorted(names)
    if name not in choices:
        hint = meant(name, choices, f"There are: {shorten(', '.join(choices), 300)}.")
        raise ConfigError(f"no such {what}", where=f"config {where}", found=name, hint=hint)


def _check_part(modalities: Offers, task: Mapping[str, Any], part: str, where: str) -> None:
    if part not in modalities[task["modality"]]:
        able = ", ".join(sorted(name for name, parts in modalities.items() if part in parts))
        raise ConfigError(CANNOT[part], where=f"config {where}", found=task["modality"],
                          hint=f"Name a task of another modality: {able}.")  # fmt: skip
