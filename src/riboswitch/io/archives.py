"""Take files out of a folder, a .zip or a wheel."""

from __future__ import annotations

import difflib
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from riboswitch.errors import FetchError, UsageError
from riboswitch.io import atomic_files, download

MANIFEST = "SOURCE.json"
BLOCK = 2**20
LARGEST = 2**33  # bytes of a member: 8 GB
SMALL, MOST_PACKED = 2**26, 200  # above so many bytes, a member may be packed to this fraction at most
# Errors of zipfile for an archive that is cut off, encrypted or packed in an unknown way.
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


def copy_members(
    folder: Path, members: list[str], digests: str | Mapping[str, str], target_folder: Path
) -> None:
    """Copy the members of a folder, and check each by its SHA-256."""
    if isinstance(digests, str) or not members:
        raise UsageError("a folder needs members, and a sha256 for each by its file name", where=str(folder))
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    chosen = choose(names, members, str(folder))
    odd = sorted(digests.keys() ^ {PurePosixPath(name).name for name in chosen})
    if odd:
        problem = "a sha256 without a member" if odd[0] in digests else "a member without a sha256"
        raise UsageError(problem, where=str(folder), found=odd[0], hint="Name it by the file name alone.")
    for name in chosen:
        target = target_folder / PurePosixPath(name).name
        with open(folder / name, "rb") as stream:
            write_file(stream, target)
        download.check_file(target, digests[target.name], where=str(folder / name))


def unpack(path: Path, members: list[str], target_folder: Path) -> None:
    """Unpack the members of a .zip or wheel, all into one folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
            for name in names:
                if name.startswith("/") or "\\" in name or ".." in PurePosixPath(name).parts:
                    raise FetchError("the archive has unsafe names", where=path.name, found=name)
            for name in choose(names, members, path.name):
                size = _allowed_size(archive.getinfo(name), path.name)
                with archive.open(name) as stream:
                    write_file(stream, target_folder / PurePosixPath(name).name, size)
    except BROKEN_ZIP as error:
        raise FetchError("not a readable .zip or wheel", where=path.name, found=error) from error


def _allowed_size(member: zipfile.ZipInfo, where: str) -> int:
    """The size that a member declares; `FetchError` if it is too large, or is packed as no data are."""
    ratio = member.file_size / max(member.compress_size, 1)
    if member.file_size > LARGEST or (member.file_size > SMALL and ratio > MOST_PACKED):
        raise FetchError("a member of the archive is too large", where=f"{where}: {member.filename}",
                         found=f"{member.file_size} bytes, packed into {member.compress_size}",
                         hint="Unpack it yourself if you trust it, and give the folder.")  # fmt: skip
    return member.file_size


def choose(names: Sequence[str], members: Sequence[str], where: str) -> list[str]:
    """The names that match a member or pattern, in their order; each member must match one."""
    chosen: set[str] = set()
    for member in members:
        matching = {name for name in names if _matches(name, member)}
        if not matching:
            raise FetchError("no such member", where=where, found=member, hint=_close_names(names, member))
        chosen |= matching
    return [name for name in names if name in chosen]


def _matches(name: str, pattern: str) -> bool:
    path, parts = PurePosixPath(name), PurePosixPath(pattern).parts
    return name == pattern or (len(path.parts) == len(parts) and path.match(pattern))


def _close_names(names: Sequence[str], member: str) -> str:
    """A hint: files of that name in another folder, else similar names."""
    elsewhere = [name for name in names if PurePosixPath(name).name == PurePosixPath(member).name]
    close = elsewhere[:3] or difflib.get_close_matches(member, names)
    if not close:
        return f"It holds {len(names)} files, none named like it."
    return f"Did you mean {' or '.join(close)}?"


def write_file(stream: IO[bytes], target: Path, size: int | None = None) -> None:
    """Write a new file of this size; refuse one that exists, or has the name of the manifest."""
    if target.name == MANIFEST or target.exists():
        problem = "two files would have the same name; fetch them into different folders"
        raise FetchError(problem, found=target.name)
    with open(target, "xb") as out:
        while block := stream.read(BLOCK):
            out.write(block)
            if size is not None and out.tell() > size:
                raise FetchError("a member of the archive is larger than it declares", found=target.name)
    atomic_files.sync(target)
