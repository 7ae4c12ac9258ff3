"""Copy all downloads of a configuration into a folder, for machines without a network.

A file that exists with the right SHA-256 is not downloaded again. The exit code is 1 if a download failed.
"""

from __future__ import annotations

__all__ = ["mirror"]
__verb__ = ("Data", 20)

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from cyclopts import Parameter

from riboswitch.config import loading
from riboswitch.errors import ConfigError, FetchError, UsageError
from riboswitch.io import atomic_files, download
from riboswitch.io.disk_faults import Writing
from riboswitch.io.log.messages import say
from riboswitch.io.summary import write_summary

STATES = ("downloaded", "there", "on disk", "failed")


class Mirrored(NamedTuple):
    """The result for one data source."""

    source: str
    state: str  # one of STATES; a source "on disk" needs no download and is not copied
    detail: str  # the path of its file, or why the download failed


def mirror(
    configs: Sequence[str | Path],
    directory: str | Path,
    *,
    progress: Callable[[Mirrored], None] | None = None,
) -> list[Mirrored]:
    """Download the data sources of configurations into a folder that `fetch` searches before the network.

    Parameters
    ----------
    configs : sequence of path
        Configurations as the workflow takes them; only their section ``data`` is read.
    directory : path
        The mirror. Files in it never change; one with the right SHA-256 is not downloaded again. Files keep
        their names; if a name is taken, the file goes into a folder named by its digest.
    progress : callable, optional
        Called with each `Mirrored` when it is done.

    Returns
    -------
    list of Mirrored
        Each source once, in the order of the configurations. After a failure the others are still downloaded.

    Raises
    ------
    ConfigError
        If a configuration cannot be read, or a source or digest in it is not well formed.
    StorageError
        If the disk is full, may not be written to, or fails.
    """
    wanted = dict.fromkeys(pair for path in configs for pair in _downloads(path))
    directory = Path(directory)
    done = []
    with Writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for source, digest in wanted:
            done.append(_mirrored(source, digest, directory))
            if progress:
                progress(done[-1])
    return done


def command(
    configs: list[Path],
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
) -> None:
    """Fill a folder with the downloads of configurations.

    Parameters
    ----------
    configs : list of Path
        Configurations, as config/config.yaml.
    output : Path
        The folder. Give it later as --config mirror=FOLDER, or in the environment variable RIBOSWITCH_MIRROR.
    """
    done = mirror(configs, output, progress=_print)
    states = Counter(item.state for item in done)
    write_summary({state: states[state] for state in STATES}, None)
    if states["failed"]:
        failed = ", ".join(item.source for item in done if item.state == "failed")
        raise FetchError("some downloads failed", where=str(output), hint=f"Missing: {failed}.")


def _print(item: Mirrored) -> None:
    say("line", f"{item.state}: {item.source} ({item.detail})", state=item.state, source=item.source)


def _downloads(path: str | Path) -> Iterator[tuple[str, str]]:
    """Source and digest of every data source of a configuration; no digest for a source on disk."""
    data = loading.load(path).get("data")
    if not isinstance(data, dict) or not data:
        raise ConfigError("no section data: nothing to download", where=str(path))
    for name, entry in data.items():
        where = f"{path} data.{name}"
        if not isinstance(entry, dict):
            raise ConfigError("a data source has a source and a sha256", where=where, found=entry)
        yield from _checked(entry, where)


def _checked(entry: dict[str, Any], where: str) -> Iterable[tuple[str, str]]:
    try:
        source = download.check_source(str(entry.get("source", "")))
        digest = download.check_digests(entry.get("sha256", ""))
        if not download.is_download(source):
            return [(source, "")]
        if isinstance(digest, str):
            return [(source, digest)]
        return download.addresses(source, entry.get("members") or [], digest).items()
    except UsageError as error:
        raise ConfigError(error.problem, where=where, found=error.found, hint=error.hint) from error


def _mirrored(source: str, digest: str, directory: Path) -> Mirrored:
    if not digest:
        return Mirrored(source, "on disk", "not copied")
    if found := download.in_mirror(source, digest, directory):
        return Mirrored(source, "there", str(found))
    try:
        return Mirrored(source, "downloaded", str(_download(source, digest, directory)))
    except FetchError as error:
        return Mirrored(source, "failed", str(error).removeprefix(f"{source}: "))


def _download(source: str, digest: str, directory: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=directory, prefix=".mirror.", suffix=".partial") as folder:
        path = download.obtain(source, digest, Path(folder))
        target = directory / path.name
        if target.exists():
            target = directory / digest[:12] / path.name
        with atomic_files.atomic_path(target) as temporary:
            os.replace(path, temporary)
    return target
