"""Run: what results were made with, as JSON values for ``run.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from riboswitch.reporting.findings import TaskResult
from riboswitch.reporting.phrases import without_folders
from riboswitch.reporting.record.inventory import Listed
from riboswitch.reporting.record.surroundings import hardware, software

NOT_RESULTS = ("mirror",)  # keys of a configuration that name places of one machine and change no result


def run_facts(
    tasks: Mapping[str, TaskResult],
    sources: Mapping[str, Mapping[str, Any]],
    files: Sequence[Listed],
    config: Mapping[str, Any],
) -> dict[str, Any]:
    """Software and machine, the configuration, inputs, seeds and settings of each task, and files.

    Parameters
    ----------
    tasks, sources : mapping
        By name, as `gather` reads them.
    files : sequence of Listed
    config : mapping
        The configuration as used; empty if it is not known.

    Returns
    -------
    dict
        Software and machine are those that make the record. ``tasks`` has the releases that trained.
    """
    return {
        "software": software(),
        "hardware": hardware(),
        "configuration": _configuration(config),
        "inputs": {
            name: {**source, "source": without_folders(source["source"])} for name, source in sources.items()
        },
        "tasks": {name: _of_task(task) for name, task in tasks.items()},
        "files": {file.path: {"bytes": file.size, "sha256": file.sha256} for file in files},
    }


def _configuration(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration without places of one machine."""
    kept = {key: value for key, value in config.items() if key not in NOT_RESULTS}
    data = kept.get("data")
    if isinstance(data, Mapping):
        kept["data"] = {name: _source(source) for name, source in data.items()}
    return kept


def _source(source: Any) -> Any:
    if not isinstance(source, Mapping) or not isinstance(place := source.get("source"), str):
        return source
    path = PurePath(place.removeprefix("file:"))
    return {**source, "source": without_folders(place)} if path.is_absolute() else source


def _of_task(task: TaskResult) -> dict[str, Any]:
    header, metrics = task.header, task.metrics
    training, members = header["training"], header["members"]
    return {
        "task": header["task"],
        "modality": header["modality"],
        "rows": {key: task.rows.counts[key] for key in ("read", "accepted", "rejected")},
        "split": {"name": training.get("split_name"),
                  "sha256": training["split"]},
        "records": training["records"],
        "versions": training.get("versions", {}),
        "settings": {"train": training.get("settings", {}), "network": header.get("network", {}),
                     "encoder": header["encoder"], "evaluate": metrics["settings"]},
        "seeds": {"members": [member["seed"] for member in members],
                  "evaluate": metrics["settings"].get("seed")},
        "base_learners": header["stack"]["weights"] if "stack" in header else {},
        **({"start": training["start"]} if "start" in training else {}),
    }  # fmt: skip
