"""The files of data sources that a configuration reads. Light: no torch, no pandas."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from riboswitch.config.schemas import COUNT, TEXT, Schema, either, mismatch, named, record
from riboswitch.errors import ConfigError, InputError, meant
from riboswitch.io import atomic_files, strict_json

Config = Mapping[str, Any]


class DataFile(NamedTuple):
    """A file of a data source, and the key that names it."""

    data: str  # name of the data source
    file: str
    key: str  # as tasks.gene_class.parse.sources[0].files[2]


def data_files(config: Config) -> Iterator[DataFile]:
    """Yield every file of a data source that the sections of a valid configuration name."""
    for name, genome in config.get("genomes", {}).items():
        for key in sorted(genome.keys() - {"data", "taxon", "topology"}) if "data" in genome else ():
            yield DataFile(genome["data"], genome[key], f"genomes.{name}.{key}")
    for name, task in config["tasks"].items():
        yield from _files_of_task(task, f"tasks.{name}")
    if curated := config.get("scan", {}).get("curated"):
        yield DataFile(curated, "fam.tsv", "scan.curated")
    if "library" in config:
        yield DataFile(config["library"]["data"], config["library"]["file"], "library.file")
    if reference := config.get("rank", {}).get("reference"):
        yield DataFile(reference["data"], reference["file"], "rank.reference.file")


def _files_of_task(task: Config, key: str) -> Iterator[DataFile]:
    yield from parse_files(task["parse"], f"{key}.parse")
    if "pretrain" in task:
        yield from source_files(task["pretrain"], f"{key}.pretrain")


def parse_files(parse: Config, key: str = "") -> Iterator[DataFile]:
    """Yield the files that the records of a task are made from."""
    for i, source in enumerate(parse["sources"]):
        yield from source_files(source, f"{key}.sources[{i}]")
    if "held_out" in parse:
        yield from source_files(parse["held_out"], f"{key}.held_out")
    for part in ("annotate", "background"):
        if part in parse:
            yield DataFile(parse[part]["data"], parse[part]["file"], f"{key}.{part}.file")


def source_files(source: Config, key: str = "") -> Iterator[DataFile]:
    """Yield the files of a source of a task, and the annotation that their reader opens with them.

    The annotation may be in another data source (``../NAME/FILE``). One outside all data sources is left out.
    """
    for i, file in enumerate(source["files"]):
        yield DataFile(source["data"], file, f"{key}.files[{i}]")
    if annotation := source.get("reading", {}).get("annotation"):
        parts = PurePosixPath(posixpath.normpath(posixpath.join(source["data"], annotation))).parts
        if len(parts) == 2 and parts[0] not in ("/", ".."):
            yield DataFile(*parts, f"{key}.reading.annotation")


def files_by_source(config: Config) -> dict[str, list[str]]:
    """Return the files that are read from each data source, each once, in order."""
    found: dict[str, set[str]] = {name: set() for name in config["data"]}
    for item in data_files(config):
        if item.data in found:
            found[item.data].add(item.file)
    return {name: sorted(found[name]) for name in sorted(found)}


def check_files(config: Config) -> None:
    """Raise `ConfigError` for a file that its source cannot give, or whose name Snakemake cannot take."""
    _check_braces(config)
    for data, file, key in data_files(config):
        given = _given_names(config["data"][data])
        if given and not any(_is_given(file, name) for name in given):
            hint = meant(file, given, f"It gives {', '.join(given)}.")
            raise ConfigError(f"the data source {data} gives no such file", where=f"config {key}",
                              found=file, hint=f"{hint} Files are named without their folder.")  # fmt: skip


def _check_braces(config: Config) -> None:
    named = [(file, key) for _, file, key in data_files(config)]
    named += [(task["parse"]["classes"]["table"], f"tasks.{name}.parse.classes.table")
              for name, task in config["tasks"].items() if "classes" in task["parse"]]  # fmt: skip
    if "rank" in config:
        own = {key: config["rank"].get(key) for key in ("classes", "tested")}
        named += [(file, f"rank.{key}") for key, file in own.items() if file]
    for file, key in named:
        if {*"{}"} & {*file}:
            raise ConfigError("Snakemake takes braces in a file's name for a wildcard", where=f"config {key}",
                              found=file, hint="Rename the file.")  # fmt: skip


def _is_given(file: str, name: str) -> bool:
    return file == name or ("/" not in file and fnmatchcase(file, name))


def _given_names(source: Config) -> list[str]:
    """Names and patterns of the files that fetch takes from a source; none if they are not known."""
    if source.get("members"):
        return [PurePosixPath(member).name for member in source["members"]]
    address = str(source["source"])
    if address.startswith("pypi:"):
        return []
    path = unquote(urlsplit(address).path) if address.startswith("https:") else address.removeprefix("file:")
    return [PurePosixPath(path).name]


FILES: Schema = named(record({"bytes": COUNT, "sha256": TEXT}))
MANIFEST: Schema = {
    "type": "object",
    "required": ["source", "sha256", "licence", "citation", "files"],
    "properties": {
        "source": TEXT,
        "sha256": {"anyOf": [TEXT, named(TEXT)]},
        "licence": either(TEXT),
        "citation": either(TEXT),
        "files": FILES,
    },
}
"""JSON Schema of a ``SOURCE.json``, which `fetch` writes."""


def edited_files(folder: str | Path) -> list[Path]:
    """Return the files of a fetched data source that differ from their entry in ``SOURCE.json``.

    A file is read only if it is newer than ``SOURCE.json`` or has another size.
    """
    manifest = Path(folder) / "SOURCE.json"
    try:
        known, fetched_at = strict_json.read_json(manifest), manifest.stat().st_mtime
    except (InputError, OSError):
        return []
    listed: Any = known.get("files") if isinstance(known, dict) else None
    if mismatch(listed, FILES):
        return []
    paths = [(Path(folder) / name, entry) for name, entry in sorted(listed.items())]
    return [path for path, entry in paths if path.is_file() and _differs(path, entry, fetched_at)]


def _differs(path: Path, entry: Config, fetched_at: float) -> bool:
    state = path.stat()
    if state.st_size != entry["bytes"]:
        return True
    return state.st_mtime > fetched_at and atomic_files.sha256(path) != entry["sha256"]
