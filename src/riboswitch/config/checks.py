"""What the workflow asks of its configuration beyond what a schema can say. Light: no torch, no pandas."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from riboswitch.errors import ConfigError

NEEDS = {  # a section, and what it makes no sense without
    "rank": ("library", "screen", "scan"),
    "library": ("rank",),
    "screen": ("rank",),
    "scan": ("genomes",),
    "genes": ("genomes",),
    "annotate": ("genomes",),
}


def check_names(config: Mapping[str, Any]) -> None:
    """Raise `ConfigError` where a name points nowhere: to a data source, task or genome that is not there."""
    _check_sections(config)
    data, tasks, genomes = config["data"], config["tasks"], config.get("genomes", {})
    for name, genome in genomes.items():
        _known(genome["data"], data, f"genomes.{name}.data", "data source")
    for name, task in tasks.items():
        for i, source in enumerate(task["parse"]["sources"]):
            _known(source["data"], data, f"tasks.{name}.parse.sources[{i}].data", "data source")
        if "pretrain" in task:
            _known(task["pretrain"]["data"], data, f"tasks.{name}.pretrain.data", "data source")
        for part in ("annotate", "background"):
            if part in task["parse"]:
                _known(task["parse"][part]["data"], data, f"tasks.{name}.parse.{part}.data", "data source")
    for section in ("scan", "genes", "annotate"):
        if section in config:
            _known(config[section]["task"], tasks, f"{section}.task", "task")
            _kind(tasks, config[section]["task"], "sequence", f"{section}.task")
    if "rank" in config:
        _check_ranking(config)


def _check_sections(config: Mapping[str, Any]) -> None:
    for section, needed in NEEDS.items():
        for name in needed:
            if section in config and not config.get(name):
                raise ConfigError(f"the section {section} needs the section {name}", where="config",
                                  hint=f"Add {name}, or leave {section} out.")  # fmt: skip


def _check_ranking(config: Mapping[str, Any]) -> None:
    data, tasks, genomes = config["data"], config["tasks"], config["genomes"]
    _known(config["library"]["data"], data, "library.data", "data source")
    _known(config["rank"]["genome"], genomes, "rank.genome", "genome")
    for i, task in enumerate(config["screen"]["tasks"]):
        _known(task, tasks, f"screen.tasks[{i}]", "task")
    for key in ("score_by", "class_task"):
        _known(config["rank"][key], config["screen"]["tasks"], f"rank.{key}", "screened task")
    for task in config["rank"].get("filters", {}):
        _known(task, config["screen"]["tasks"], f"rank.filters.{task}", "screened task")
    for i, task in enumerate(config["screen"]["tasks"]):
        _kind(tasks, task, "molecule", f"screen.tasks[{i}]")


def _known(name: str, names: Iterable[str], where: str, what: str) -> None:
    choices = sorted(names)
    if name not in choices:
        close = difflib.get_close_matches(name, choices, 1)
        hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(choices)}."
        raise ConfigError(f"no such {what}", where=f"config {where}", found=name, hint=hint)


def _kind(tasks: Mapping[str, Any], name: str, modality: str, where: str) -> None:
    found = tasks[name]["modality"]
    if found != modality:
        raise ConfigError(f"the task must be of modality {modality}", where=f"config {where}", found=found)
