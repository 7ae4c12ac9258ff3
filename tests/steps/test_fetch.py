from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from http.client import HTTPMessage, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request

import pytest
from cyclopts import App
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riboswitch.errors import FetchError, StorageError, UsageError
from riboswitch.io import download
from riboswitch.io.archives import choose
from riboswitch.steps.fetch import command, fetch

WHEEL = "gene_data-1.2.0-py3-none-any.whl"
CONTENT = {
    "gene_data/__init__.py": b"",
    "gene_data/data/a.fsa": b">a\nACGT\n",
    "gene_data/data/b.fsa": b">b\nTTTT\n",
    "gene_data/data/deep/c.fsa": b">c\nGGGG\n",
    "gene_data/data/notes.txt": b"notes\n",
    "gene_data/other/notes.txt": b"other notes\n",
}
PYPI = "pypi:gene-data==1.2.0"
URL = "https://example.org/data/table.csv"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in content.items():
            archive.writestr(zipfile.ZipInfo(name), value)
    return buffer.getvalue()


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below, hidden ones too, and every folder (as empty bytes)."""
    found = folder.rglob("*")
    return {p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else b"" for p in found}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A package index that has one wheel."""
    content = zipped(CONTENT)

    def wheel_of(requirement: str, folder: Path) -> Path:
        assert requirement == "gene-data==1.2.0"
        (folder / WHEEL).write_bytes(content)
        return folder / WHEEL

    monkeypatch.setattr(download, "_pip_download", wheel_of)
    return content


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(download, "_pip_download", refuse)
    monkeypatch.setattr(download, "_open_url", refuse)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Let every address answer with these bytes, or raise this error."""

    def answer(value: Any) -> None:
        def open_url(url: str) -> Any:
            if isinstance(value, Exception):
                raise value
            return io.BytesIO(value)

        monkeypatch.setattr(download, "_open_url", open_url)

    return answer


# --- laws

NAME = st.text("abc", min_size=1, max_size=2)
PATHS = st.lists(NAME, min_size=1, max_size=3).map("/".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.dictionaries(PATHS, st.binary(max_size=20), min_size=1, max_size=6), data=st.data())
def test_either_everything_arrives_or_nothing_changes(
    content: dict[str, bytes], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("law")
    archive = folder / "archive.zip"
    archive.write_bytes(zipped(content))
    members = data.draw(
        st.lists(st.sampled_from([*content, "*", "a/*", "*/*", "zz"]), min_size=1, max_size=3)
    )
    before = tree(folder)
    try:
        manifest = fetch(str(archive), folder / "out", sha256=digest(archive.read_bytes()), members=members)
    except FetchError:
        assert tree(folder) == before
        return
    wanted = {name.split("/")[-1]: content[name] for name in choose(list(content), members, "")}
    assert tree(folder / "out").keys() == wanted.keys() | {"SOURCE.json"}
    assert {name: tree(folder / "out")[name] for name in wanted} == wanted
    assert manifest["files"] == {n: {"sha256": digest(v), "bytes": len(v)} for n, v in wanted.items()}
    assert tree(folder).keys() - before.keys() == {"out"} | {f"out/{n}" for n in [*wanted, "SOURCE.json"]}


@given(names=st.lists(PATHS, unique=True, max_size=6))
def test_names_choose_themselves(names: list[str]) -> None:
    assert choose(names, names, "") == names


# --- packages


def test_only_the_named_members_of_a_wheel(wheel: bytes, tmp_path: Path) -> None:
    members = ["gene_data/data/*.fsa", "gene_data/data/notes.txt"]
    out = tmp_path / "new" / "out"
    words = {"licence": "CC0", "citation": "Nobody 2020"}
    manifest = fetch(PYPI, out, sha256=digest(wheel).upper(), members=members, **words)
    assert names_in(out) == ["SOURCE.json", "a.fsa", "b.fsa", "notes.txt"]
    assert manifest == json.loads((out / "SOURCE.json").read_text())
    assert manifest == {
        "source": PYPI,
        "sha256": digest(wheel),
        "members": sorted(members),
        **words,
        "files": {
            "a.fsa": {"sha256": digest(b">a\nACGT\n"), "bytes": 8},
            "b.fsa": {"sha256": digest(b">b\nTTTT\n"), "bytes": 8},
            "notes.txt": {"sha256": digest(b"notes\n"), "bytes": 6},
        },
    }


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (["gene_data/data/aa.fsa"], "no such member; found 'gene_data/data/aa.fsa'. Did you mean gene_data"),
        (["data/a.fsa"], "no such member; found 'data/a.fsa'. Did you mean gene_data/data/a.fsa?"),
        (["*.fsa"], "no such member; found '*.fsa'. It holds 6 files, none named like it."),
        (["gene_data/*/notes.txt"], "two files would have the same name; .* found 'notes.txt'"),
    ],
)  # fmt: skip
def test_wrong_members(members: list[str], message: str, wheel: bytes, tmp_path: Path) -> None:
    message = message.replace("*.fsa", r"\*.fsa")
    with pytest.raises(FetchError, match=message.replace("?", r"\?")):
        fetch(PYPI, tmp_path / "out", sha256=digest(wheel), members=members)
    assert tree(tmp_path) == {}


def test_a_package_needs_members(offline: None, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name the members"):
        fetch(PYPI, tmp_path / "out", sha256="0" * 64)


def test_wrong_checksum(wheel: bytes, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(PYPI, tmp_path / "out", sha256="0" * 64, members=["gene_data/data/a.fsa"])
    assert str(caught.value) == (
        f"{PYPI}: wrong checksum: expected sha256 {'0' * 64}, found {digest(wheel)}. "
        "The file is damaged or of another version; get it anew, or correct the sha256."
    )
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        ("WARNING: x\nERROR: No versions\nERROR: No matching distribution found for six==9\nhint: no\n",
         "six==9: pip could not fetch it: No matching distribution found for six==9"),
        ("python: No module named pip\n", "six==9: pip could not fetch it: python: No module named pip"),
        ("", "six==9: pip could not fetch it: no reason given"),
        ("WARNING: Retrying after connection broken by 'NewConnectionError'\nERROR: No match\n",
         "six==9: the package index cannot be reached. " + download.OFFLINE),
    ],
)  # fmt: skip
def test_what_pip_complains_of(
    stderr: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert words[-1] == "six==9"
        return subprocess.CompletedProcess(words, 1, "", stderr)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(FetchError) as caught:
        fetch("pypi:six==9", tmp_path / "out", sha256="0" * 64, members=["six.py"])
    assert str(caught.value) == message
    assert tree(tmp_path) == {}


@pytest.mark.fetch
@pytest.mark.enable_socket
def test_a_real_package(tmp_path: Path) -> None:
    sha256 = "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274"
    manifest = fetch("pypi:six==1.17.0", tmp_path / "out", sha256=sha256, members=["six.py"])
    assert list(manifest["files"]) == ["six.py"]
    assert b"__version__" in (tmp_path / "out" / "six.py").read_bytes()


# --- addresses


def test_a_file_from_an_address(serve: Callable[[Any], None], tmp_path: Path) -> None:
    serve(b"x,y\n")
    fetch(URL + "?download=1", tmp_path / "out", sha256=digest(b"x,y\n"))
    assert (tmp_path / "out" / "table.csv").read_bytes() == b"x,y\n"


def test_members_of_a_zip_from_an_address(serve: Callable[[Any], None], tmp_path: Path) -> None:
    serve(content := zipped(CONTENT))
    url = "https://example.org/all.zip"
    fetch(url, tmp_path / "out", sha256=digest(content), members=["gene_data/data/a.fsa"])
    assert names_in(tmp_path / "out") == ["SOURCE.json", "a.fsa"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (HTTPError(URL, 404, "Not Found", HTTPMessage(), None), f"{URL}: the server answers 404 Not Found"),
        (URLError("Name or service not known"),
         f"{URL}: the download failed; found 'Name or service not known'. {download.OFFLINE}"),
        (TimeoutError("timed out"), f"{URL}: the download failed; found 'timed out'. {download.OFFLINE}"),
        (IncompleteRead(b"x", 9),
         f"{URL}: the download failed; found 'IncompleteRead(1 bytes read, 9 more expected)'. "
         f"{download.OFFLINE}"),
    ],
)  # fmt: skip
def test_no_network(answer: Exception, message: str, serve: Callable[[Any], None], tmp_path: Path) -> None:
    serve(answer)
    with pytest.raises(FetchError) as caught:
        fetch(URL, tmp_path / "out", sha256="0" * 64)
    assert str(caught.value) == message
    assert tree(tmp_path) == {}


def test_no_redirect_to_http() -> None:
    handler, headers = download._HttpsOnly(), HTTPMessage()
    with pytest.raises(FetchError, match=r"an address without https; found 'http://example\.org/x'"):
        handler.redirect_request(Request(URL), None, 302, "Found", headers, "http://example.org/x")
    safe = handler.redirect_request(Request(URL), None, 302, "Found", headers, "https://example.org/x")
    assert safe.full_url == "https://example.org/x"


# --- disk


def test_a_single_file(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"1\n")
    for source in (str(tmp_path / "x.csv"), f"file:{tmp_path / 'x.csv'}", f"file://{tmp_path / 'x.csv'}"):
        assert list(fetch(source, tmp_path / "out", sha256=digest(b"1\n"))["files"]) == ["x.csv"]


def test_a_folder(tmp_path: Path) -> None:
    for name, content in CONTENT.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    sha256 = {"b.fsa": digest(b">b\nTTTT\n"), "a.fsa": digest(b">a\nACGT\n")}
    members = ["gene_data/data/*.fsa"]
    manifest = fetch(f"file:{tmp_path / 'in'}", tmp_path / "out", sha256=sha256, members=members)
    assert manifest["sha256"] == sha256
    assert list(manifest["files"]) == ["a.fsa", "b.fsa"]

    before = tree(tmp_path)
    for wrong, error, message in [
        (sha256 | {"c.fsa": "0" * 64}, UsageError, "a sha256 without a member; found 'c.fsa'"),
        ({"a.fsa": sha256["a.fsa"]}, UsageError, "a member without a sha256; found 'b.fsa'"),
        (sha256 | {"b.fsa": "0" * 64}, FetchError, r"data/b\.fsa: wrong checksum: expected sha256 000"),
        ("0" * 64, UsageError, "a folder needs members, and a sha256 for each"),
    ]:
        with pytest.raises(error, match=message):
            fetch(f"file:{tmp_path / 'in'}", tmp_path / "out", sha256=wrong, members=members)
        assert tree(tmp_path) == before


def test_a_single_file_takes_a_single_digest(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"1\n")
    with pytest.raises(UsageError, match="a single download has a single sha256"):
        fetch(str(tmp_path / "x.csv"), tmp_path / "out", sha256={"x.csv": digest(b"1\n")})


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"nothing\.csv: no such file or folder"):
        fetch(str(tmp_path / "nothing.csv"), tmp_path / "out", sha256="0" * 64)


# --- archives


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "..\\evil.txt"])
def test_an_archive_with_unsafe_names(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(content := zipped({"good.txt": b"", name: b"evil"}))
    before = tree(tmp_path)
    with pytest.raises(FetchError, match=r"x\.zip: the archive has unsafe names; found"):
        fetch(str(tmp_path / "x.zip"), tmp_path / "out", sha256=digest(content), members=["good.txt"])
    assert tree(tmp_path) == before


@pytest.mark.parametrize("harm", ["no zip", "cut off", "changed inside"])
def test_an_unreadable_archive(harm: str, tmp_path: Path) -> None:
    content = zipped({"a.txt": b"acgt" * 1000})
    content = {"no zip": b"hello", "cut off": content[:-30]}.get(harm, content[:40] + b"XXXX" + content[44:])
    (tmp_path / "x.zip").write_bytes(content)
    before = tree(tmp_path)
    with pytest.raises(FetchError, match=r"x\.zip: not a readable \.zip or wheel; found"):
        fetch(str(tmp_path / "x.zip"), tmp_path / "out", sha256=digest(content), members=["a.txt"])
    assert tree(tmp_path) == before


def test_a_member_cannot_take_the_place_of_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(content := zipped({"SOURCE.json": b"{}"}))
    with pytest.raises(FetchError, match="two files would have the same name"):
        fetch(str(tmp_path / "x.zip"), tmp_path / "out", sha256=digest(content), members=["SOURCE.json"])


# --- mirrors


@pytest.mark.parametrize(
    "where", [WHEEL, f"simple/gene-data/{WHEEL}", "Gene.Data-1.2.0-cp311-cp311-linux.whl"]
)
def test_a_wheel_in_the_mirror(where: str, offline: None, tmp_path: Path) -> None:
    content = zipped(CONTENT)
    (tmp_path / "mirror" / where).parent.mkdir(parents=True)
    (tmp_path / "mirror" / where).write_bytes(content)
    members = ["gene_data/data/a.fsa"]
    fetch(PYPI, tmp_path / "out", sha256=digest(content), members=members, mirror=tmp_path / "mirror")
    assert (tmp_path / "out" / "a.fsa").exists()


def test_an_address_in_the_mirror_is_told_apart_by_digest(offline: None, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / "mirror" / folder).mkdir(parents=True)
        (tmp_path / "mirror" / folder / "table.csv").write_text(folder)
    fetch(URL, tmp_path / "out", sha256=digest(b"two"), mirror=tmp_path / "mirror")
    assert (tmp_path / "out" / "table.csv").read_text() == "two"


def test_a_wrong_file_at_the_top_of_the_mirror_is_complained_of(offline: None, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("wrong")
    with pytest.raises(FetchError, match=rf"^{tmp_path / 'table.csv'}: wrong checksum"):
        fetch(URL, tmp_path / "out", sha256=digest(b"right"), mirror=tmp_path)


def test_what_the_mirror_lacks_comes_from_the_network(wheel: bytes, tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "gene_data-1.3.0-py3-none-any.whl").write_bytes(b"another version")
    members = ["gene_data/data/a.fsa"]
    fetch(PYPI, tmp_path / "out", sha256=digest(wheel), members=members, mirror=tmp_path / "mirror")
    assert (tmp_path / "out" / "a.fsa").exists()


def test_a_mirror_must_exist(offline: None, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none: the mirror is not a folder"):
        fetch(URL, tmp_path / "out", sha256="0" * 64, mirror=tmp_path / "none")


# --- what is asked for


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("pypi:six", "a package is named with its exact version"),
        ("pypi:six>=1.0", "a package is named with its exact version"),
        ("pypi:six==1.*", "a package is named with its exact version"),
        ("pypi:--index-url==1", "a package is named with its exact version"),
        ("http://example.org/x.csv", "http: is refused"),
        ("https://example.org/", "does not end in a file name"),
        ("https:///x.csv", "does not end in a file name"),
        ("https://example.org/%2e%2e", "does not end in a file name"),
        ("https://[x/y.csv", "not a valid address"),
        ("ftp://example.org/x.csv", "not a source that can be fetched"),
        ("file:", "not a source that can be fetched"),
        ("", "not a source that can be fetched"),
    ],
)
def test_wrong_sources(source: str, message: str, offline: None, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        fetch(source, tmp_path / "out", sha256="0" * 64)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("sha256", ["", {}, None, "abc", "0" * 63, "g" * 64, 10**63, {"x.csv": "abc"}])
def test_wrong_digests(sha256: Any, offline: None, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"sha256.* It is 64 hexadecimal digits, as `sha256sum FILE` prints"):
        fetch(URL, tmp_path / "out", sha256=sha256)


# --- again, and when something goes wrong


def test_what_is_there_is_not_fetched_again(
    wheel: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, members = tmp_path / "out", ["gene_data/data/a.fsa", "gene_data/data/b.fsa"]
    first = fetch(PYPI, out, sha256=digest(wheel), members=members)
    before, times = tree(out), {p: p.stat().st_mtime_ns for p in out.iterdir()}
    with monkeypatch.context() as patch:
        patch.delattr(download, "_pip_download")
        again = fetch(PYPI, out, sha256=digest(wheel), members=members[::-1])
        assert "already there" in capsys.readouterr().err
        assert (again, tree(out)) == (first, before)
        assert {p: p.stat().st_mtime_ns for p in out.iterdir()} == times
        assert fetch(PYPI, out, sha256=digest(wheel), members=members, licence="MIT")["licence"] == "MIT"
    fetch(PYPI, tmp_path / "twin", sha256=digest(wheel), members=members, licence="MIT")
    assert tree(tmp_path / "twin") == tree(out)


@pytest.mark.parametrize("harm", ["changed", "gone", "no manifest", "broken manifest", "strange manifest"])
def test_what_is_damaged_is_fetched_again(harm: str, wheel: bytes, tmp_path: Path) -> None:
    def again() -> None:
        fetch(PYPI, tmp_path, sha256=digest(wheel), members=["gene_data/data/a.fsa"])

    again()
    good = tree(tmp_path)
    manifest = json.loads(good["SOURCE.json"])
    if harm in ("changed", "gone"):
        (tmp_path / "a.fsa").unlink() if harm == "gone" else (tmp_path / "a.fsa").write_text("x")
    elif harm == "no manifest":
        (tmp_path / "SOURCE.json").unlink()
    else:
        text = "{" if harm == "broken manifest" else json.dumps(manifest | {"files": {"a.fsa": 3}})
        (tmp_path / "SOURCE.json").write_text(text)
    again()
    assert tree(tmp_path) == good


@pytest.mark.parametrize("failing", [1, 2, 3, 4])
@pytest.mark.parametrize("existing", [True, False])
def test_a_full_disk_leaves_the_old_files(
    failing: int, existing: bool, wheel: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "deep" / "out"
    if existing:
        out.mkdir(parents=True)
        (out / "a.fsa").write_text("old")
        (out / "mine.txt").write_text("mine")
    before, calls, real = tree(tmp_path), [], os.replace

    def replace(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == failing + 1:  # the first call writes the manifest in the hidden folder
            raise OSError(28, "No space left on device", str(target))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        members = ["gene_data/data/*.fsa"]
        try:
            fetch(PYPI, out, sha256=digest(wheel), members=members)
        except StorageError as error:
            assert "the disk is full (" in str(error)
            assert tree(tmp_path) == before
        else:
            assert (failing, existing) == (4, False)


def test_a_destination_that_is_no_folder(wheel: bytes, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match="is a file, where a folder is to be written"):
        fetch(PYPI, tmp_path / "out", sha256=digest(wheel), members=["gene_data/data/a.fsa"])
    assert tree(tmp_path) == {"out": b"a file"}


# --- the command


@pytest.fixture
def run() -> Callable[..., None]:
    app = App(result_action="return_value")
    app.command(command, name="fetch")
    return lambda *words: app(["fetch", *map(str, words)], exit_on_error=False)


def test_the_command(run: Callable[..., None], wheel: bytes, tmp_path: Path) -> None:
    run(PYPI, tmp_path, "--sha256", digest(wheel), "--members", "gene_data/data/*.fsa", "--licence", "MIT")
    assert names_in(tmp_path) == ["SOURCE.json", "a.fsa", "b.fsa"]
    assert json.loads((tmp_path / "SOURCE.json").read_text())["licence"] == "MIT"


def test_the_command_takes_named_digests_for_a_folder(run: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b=c"):
        (tmp_path / "in" / name).write_text(name)
    digests = [f"a={digest(b'a')}", f"b=c={digest(b'b=c')}"]
    run(tmp_path / "in", tmp_path / "out", "--sha256", *digests, "--members", "*")
    assert names_in(tmp_path / "out") == ["SOURCE.json", "a", "b=c"]


def test_the_command_looks_into_the_mirror_of_the_environment(
    run: Callable[..., None], offline: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "table.csv").write_text("x")
    monkeypatch.setenv("RIBOSWITCH_MIRROR", str(tmp_path))
    run(URL, tmp_path / "out", "--sha256", digest(b"x"))
    assert (tmp_path / "out" / "table.csv").exists()
    monkeypatch.setenv("RIBOSWITCH_MIRROR", "")
    with pytest.raises(AssertionError, match="the network was used"):
        run(URL, tmp_path / "out2", "--sha256", digest(b"x"))
