from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riboswitch.errors import ConfigError, FetchError, RiboswitchError
from riboswitch.io import download
from riboswitch.steps.fetch import fetch
from riboswitch.steps.mirror import Mirrored, command, mirror
from steps.archives import digest, zipped

ROOT = Path(__file__).parents[2]


def wheel_of(text: str) -> bytes:
    return zipped({"genes/data.txt": text.encode()})


class Network:
    """Addresses and packages by what they are asked for with; `asked` counts, `closed` refuses."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.closed = False

    def get(self, name: str) -> bytes:
        self.asked.append(name)
        if self.closed or name not in self.content:
            raise URLError("no route to host")
        return self.content[name]

    def open_url(self, url: str) -> Any:
        return io.BytesIO(self.get(url))

    def pip_download(self, requirement: str, folder: Path) -> Path:
        try:
            content = self.get(requirement)
        except URLError as error:
            raise FetchError("the package index cannot be reached", where=requirement) from error
        path = folder / f"{requirement.replace('==', '-')}-py3-none-any.whl"
        path.write_bytes(content)
        return path


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    net = Network()
    monkeypatch.setattr(download, "_open_url", net.open_url)
    monkeypatch.setattr(download, "_pip_download", net.pip_download)
    return net


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a configuration with these data sources, each a source and a digest."""

    def write(*pairs: tuple[str, Any], name: str = "config.yaml") -> Path:
        data = {f"s{i}": {"source": source, "sha256": sha256} for i, (source, sha256) in enumerate(pairs)}
        path = tmp_path / name
        path.write_text(json.dumps({"data": data}))
        return path

    return write


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


PLACES = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["train.csv", "genes.fna"]))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(PLACES, st.binary(min_size=1, max_size=3), min_size=1, max_size=4))
def test_mirrored_files_are_fetched_without_network(
    files: dict[tuple[str, str], bytes], network: Network, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("law")
    network.closed = False
    network.content = {f"https://{host}.example/{name}": content for (host, name), content in files.items()}
    data = {f"s{i}": {"source": u, "sha256": digest(c)} for i, (u, c) in enumerate(network.content.items())}
    (folder / "config.yaml").write_text(json.dumps({"data": data}))
    done = mirror([folder / "config.yaml"], folder / "mirror")
    assert {item.state for item in done} <= {"downloaded", "there"}  # two addresses may have the same file
    first, network.asked, network.closed = tree(folder / "mirror"), [], True
    assert {item.state for item in mirror([folder / "config.yaml"], folder / "mirror")} == {"there"}
    for name, entry in data.items():
        manifest = fetch(entry["source"], folder / name, sha256=entry["sha256"], mirror=folder / "mirror")
        assert manifest["sha256"] == entry["sha256"]
    assert (network.asked, tree(folder / "mirror")) == ([], first)


def test_a_wheel_from_the_mirror_is_unpacked(network: Network, write: Callable, tmp_path: Path) -> None:
    network.content["genes==1.0"] = wheel_of("ACGT")
    sha256 = digest(wheel_of("ACGT"))
    [done] = mirror([write(("pypi:genes==1.0", sha256))], tmp_path / "mirror")
    assert done == Mirrored(
        "pypi:genes==1.0", "downloaded", str(tmp_path / "mirror/genes-1.0-py3-none-any.whl")
    )
    network.closed = True
    fetch("pypi:genes==1.0", tmp_path / "out", sha256=sha256, members=["genes/data.txt"],
          mirror=tmp_path / "mirror")  # fmt: skip
    assert (tmp_path / "out/data.txt").read_text() == "ACGT"


def test_files_on_disk_are_not_copied(network: Network, write: Callable, tmp_path: Path) -> None:
    config = write(("file:/home/me/library.csv", digest(b"x")), ("strain", {"strain.fna": digest(b"y")}))
    done = mirror([config], tmp_path / "mirror")
    assert [item.state for item in done] == ["on disk", "on disk"]
    assert (network.asked, tree(tmp_path / "mirror")) == ([], {})


def test_each_source_once_for_several_configurations(
    network: Network, write: Callable, tmp_path: Path
) -> None:
    network.content["https://a.example/x.csv"] = b"x"
    pair = ("https://a.example/x.csv", digest(b"x"))
    mirror([write(pair), write(pair, pair, name="second.yaml")], tmp_path / "mirror")
    assert network.asked == ["https://a.example/x.csv"]


def test_one_failure_keeps_no_other_source_from_being_had(
    network: Network, write: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network.content = {"https://a.example/bad.csv": b"changed", "https://a.example/good.csv": b"good"}
    config = write(
        ("https://a.example/gone.csv", digest(b"gone")),
        ("https://a.example/bad.csv", digest(b"bad")),
        ("https://a.example/good.csv", digest(b"good")),
    )
    with pytest.raises(FetchError, match=r"some downloads failed. Missing: .*gone.csv, .*bad.csv\."):
        command([config], output=tmp_path / "mirror")
    told = capsys.readouterr().err
    assert "failed: https://a.example/bad.csv (wrong checksum: expected sha256 " in told
    assert "riboswitch: downloaded 1, there 0, on disk 0, failed 2" in told
    assert tree(tmp_path / "mirror") == {"good.csv": b"good"}


def test_a_damaged_file_is_left_and_a_good_one_laid_beside_it(
    network: Network, write: Callable, tmp_path: Path
) -> None:
    network.content["https://a.example/x.csv"] = b"good"
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror/x.csv").write_bytes(b"goo")
    mirror([write(("https://a.example/x.csv", digest(b"good")))], tmp_path / "mirror")
    assert tree(tmp_path / "mirror") == {"x.csv": b"goo", f"{digest(b'good')[:12]}/x.csv": b"good"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tasks: {}", "config.yaml: no section data: nothing to download"),
        ("data: {a: 3}", "config.yaml data.a: a data source has a source and a sha256; found '3'"),
        ("data: {a: {source: 'http://a/b', sha256: x}}", "config.yaml data.a: http: is refused"),
        ("data: {a: {source: 'https://a/b'}}", "config.yaml data.a: a sha256 is required"),
        ("data: {a: {source: 'https://a/b', sha256: abc}}", "config.yaml data.a: not a sha256; found 'abc'"),
        (f"data: {{a: {{source: 'https://a/b', sha256: {{b: {'a' * 64}}}}}}}", "a single download"),
    ],
)
def test_a_wrong_configuration_is_refused_before_any_download(
    text: str, message: str, network: Network, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")):
        mirror([tmp_path / "config.yaml"], tmp_path / "mirror")
    assert not network.asked
    assert not (tmp_path / "mirror").exists()


def test_a_mirror_that_cannot_be_a_folder(network: Network, write: Callable, tmp_path: Path) -> None:
    (tmp_path / "mirror").write_text("a file")
    with pytest.raises(RiboswitchError, match="mirror"):
        mirror([write(("https://a.example/x.csv", digest(b"x")))], tmp_path / "mirror")


@pytest.mark.fetch
@pytest.mark.enable_socket
def test_the_default_configuration_for_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ROOT / "config/config.yaml"
    assert {item.state for item in mirror([config], tmp_path)} == {"downloaded", "on disk"}
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert {item.state for item in mirror([config], tmp_path)} == {"there", "on disk"}
