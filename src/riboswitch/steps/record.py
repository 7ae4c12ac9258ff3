"""Write the records of a run: run.json, an RO-Crate, and a checklist for authors.

The folder of results is then an RO-Crate. Nothing that the workflow wrote is changed.
"""

from __future__ import annotations

__all__ = ["record"]
__verb__ = ("Report and check", 235)

import datetime
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from riboswitch.config.loading import load
from riboswitch.errors import UsageError
from riboswitch.io.atomic_files import atomic_path, json_text
from riboswitch.io.strict_json import parse_json
from riboswitch.io.summary import write_note
from riboswitch.reporting.gather import read_sources, read_tasks
from riboswitch.reporting.record.checklist import checklist
from riboswitch.reporting.record.crate import crate
from riboswitch.reporting.record.inventory import CHECKLIST, CRATE, RUN, Listed, listed, listed_text
from riboswitch.reporting.record.run import run_facts

Names = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]
TITLE = "riboswitch results"


def record(
    results: Path,
    data: Path | None = None,
    *,
    config: Mapping[str, Any] | None = None,
    tasks: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    title: str = TITLE,
    date: str = "",
    licence: str = "",
    authors: Sequence[str] = (),
) -> dict[str, str]:
    """Describe a run: software, machine, configuration, seeds, inputs and digests of all files.

    Parameters
    ----------
    results : Path
        Results of the workflow.
    data : Path, optional
        Folder of the fetched data, with a ``SOURCE.json`` for each source.
    config : mapping, optional
        The configuration as used. ``mirror`` is left out.
    tasks, sources : sequence of str, optional
        Names to describe; by default all in the folders.
    title : str
    date : str
        Date of publication, as 2026-03-31. RO-Crate asks for one; without it the crate has none.
    licence : str
        Of the results: an SPDX name, as CC-BY-4.0, or an address.
    authors : sequence of str
        ``Name`` or ``Name <https://orcid.org/...>``.

    Returns
    -------
    dict of str to str
        The texts of ``run.json``, ``checklist.md`` and ``ro-crate-metadata.json``. Equal results,
        arguments, software and machines give equal texts.

    Raises
    ------
    InputError
        If a file is missing or not what it should be, or there are no results.
    UsageError
        If the date is none.
    """
    _check_date(date)
    found, files = read_tasks(Path(results), tasks), listed(Path(results))
    inputs = read_sources(Path(data), sources) if data else {}
    facts = run_facts(found, inputs, files, config or {})
    texts = {RUN: json_text(facts), CHECKLIST: checklist(facts, found, title)}
    own: list[Listed] = [listed_text(name, text) for name, text in texts.items()]
    described = crate(facts, sorted([*files, *own]), title=title, date=date, licence=licence, authors=authors)
    return texts | {CRATE: json_text(described)}


def _check_date(date: str) -> None:
    try:
        if date:
            datetime.date.fromisoformat(date)
    except ValueError as error:
        raise UsageError("not a date", where="--date", found=date, hint="Write it as 2026-03-31.") from error


def command(
    results: Path,
    data: Path | None = None,
    /,
    *,
    config: Path | None = None,
    tasks: Names = None,
    sources: Names = None,
    title: str = TITLE,
    date: str = "",
    licence: str = "",
    authors: Names = None,
) -> None:
    """Write run.json, checklist.md and ro-crate-metadata.json into a folder of results.

    Parameters
    ----------
    results : Path
        Folder of results of the workflow.
    data : Path
        Folder of the fetched data.
    config : Path
        The configuration as used (YAML or JSON), or - for JSON on standard input.
    tasks : list of str
        Names of the tasks; by default all in the folder.
    sources : list of str
        Names of the data sources; by default all in the folder.
    title : str
        Title of the dataset.
    date : str
        Date of publication, as 2026-03-31.
    licence : str
        Licence of the results: an SPDX name, as CC-BY-4.0, or an address.
    authors : list of str
        "Name" or "Name <https://orcid.org/0000-0000-0000-0000>".
    """
    texts = record(results, data, config=_config(config), tasks=tasks, sources=sources, title=title,
                   date=date, licence=licence, authors=authors or ())  # fmt: skip
    for name, text in texts.items():
        with atomic_path(Path(results) / name) as temporary:
            temporary.write_text(text, "utf-8")
    missing = [option for option, given in (("--date", date), ("--licence", licence)) if not given]
    if missing:
        write_note(f"before you publish the crate, give {' and '.join(missing)}: RO-Crate asks for it")


def _config(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    if str(path) != "-":
        return load(path)
    try:
        config = parse_json(sys.stdin.read())
    except ValueError as error:
        raise UsageError("not a configuration as JSON", where="standard input", found=error) from error
    if not isinstance(config, dict):
        raise UsageError("not a configuration as JSON", where="standard input", found=config)
    return config
