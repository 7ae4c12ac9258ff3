"""Get data from a package, an address or a folder, checked by SHA-256.

Files are downloaded, checked and unpacked in a hidden folder beside the destination. They are moved into
place only when all are right, the manifest SOURCE.json last. Unchanged data are not fetched again.
"""

from __future__ import annotations

__all__ = ["fetch"]
__verb__ = ("Data", 10)

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from riboswitch.errors import FetchError
from riboswitch.io import atomic_files, download
from riboswitch.io.archives import MANIFEST
from riboswitch.io.data_folder import Places, fill_folder, known_manifest, update_words
from riboswitch.io.disk_faults import Writing
from riboswitch.io.locks import held
from riboswitch.io.log.messages import say


def fetch(
    source: str,
    destination: Path,
    *,
    sha256: str | Mapping[str, str],
    members: Sequence[str] = (),
    mirror: Path | None = None,
    base: Path | None = None,
    licence: str = "",
    citation: str = "",
) -> dict[str, Any]:
    """Bring files into a folder, and write a manifest that says where they came from.

    Parameters
    ----------
    source : str
        ``pypi:NAME==VERSION`` (a wheel, downloaded by pip), ``https://...``, ``file:PATH`` or a bare path.
    destination : Path
        The folder to fill. It does not change if anything fails. Other files in it stay.
    sha256 : str or mapping of str to str
        Digest of the download; for a folder on disk, or an https address that ends with a slash, the digest
        of each file, by file name.
    members : sequence of str
        Files to take from a wheel, a ``.zip`` or a folder: exact names, or patterns such as
        ``pkg/data/*.fsa`` (``*`` does not cross folders); each must match a file. They are stored under
        their file names alone. Without members a single file is stored as it is. Of an https address that
        ends with a slash they are exact.
    mirror : Path, optional
        A folder searched for the wheel or the file before the network is tried.
    base : Path, optional
        Where a relative path of a file starts from if it is not in the working directory.
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
        If the source cannot be fetched, does not have the digest, or lacks a member.
    StorageError
        If the disk is full, fails or is read-only; or (LockedError) another run fills the folder.
    UsageError
        If the source, a digest or the members are not well formed, or the destination is a file.
    """
    members = sorted({members} if isinstance(members, str) else set(members))
    digests = download.check_digests(sha256)
    request = {"source": download.check_source(source), "sha256": digests, "members": members}
    words = {"licence": licence, "citation": citation}
    destination = Path(destination).resolve()
    atomic_files.check_folder(destination)
    try:
        if known := known_manifest(destination, request):
            say("line", f"{destination}: already there")
            return update_words(known, words, destination)
        with held(destination) as lock, Writing(destination / MANIFEST):
            by_another_run = known_manifest(destination, request)
            places = Places(Path(mirror) if mirror else None, Path(base) if base else None)
            return by_another_run or fill_folder(request, words, destination, places, lock)
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
    base: Path | None = None,
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
        Digest of the download; for a folder on disk or an address that ends with / NAME=DIGEST for each file.
    members : list of str
        Files to take out of a wheel, a .zip or a folder: names, or patterns such as 'pkg/data/*.fsa'.
    mirror : Path
        Folder searched before the network; by default the environment variable RIBOSWITCH_MIRROR.
    base : Path
        Where a relative path starts from if it is not in the working directory.
    licence : str
        Licence of the data, for SOURCE.json.
    citation : str
        Whom to cite, for SOURCE.json.
    """
    if mirror is None and os.environ.get("RIBOSWITCH_MIRROR"):
        mirror = Path(os.environ["RIBOSWITCH_MIRROR"])
    fetch(source, destination, sha256=_parse_digests(sha256), members=members or (), mirror=mirror, base=base,
          licence=licence, citation=citation)  # fmt: skip


def _parse_digests(words: list[str]) -> str | dict[str, str]:
    """``["DIGEST"]`` or ``["NAME=DIGEST", ...]`` of the command line."""
    if len(words) == 1 and "=" not in words[0]:
        return words[0]
    return {name: digest for name, _, digest in (word.rpartition("=") for word in words)}
