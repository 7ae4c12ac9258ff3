"""--quiet and --log-json: on every verb, with the same results."""

import json
import os

import pytest

from riboswitch import cli
from riboswitch.io.log import messages

ROWS = "id,smiles,kind\na,CCO,1\nb,c1ccccc1O,0\nc,C1CC(,1\nd,CCN,1\n"


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.delenv(messages.VARIABLE, raising=False)


def parsed(folder, capsys, *flags, before=False):
    """Records of a small file, as bytes, and what was said."""
    folder.mkdir()
    (folder / "rows.csv").write_text(ROWS)
    words = ["parse", str(folder / "rows.csv"), "--output", str(folder / "out.parquet")]
    cli.main([*flags, *words] if before else [*words, *flags])
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    return made, capsys.readouterr()


def test_results_are_the_same_bytes_and_only_standard_error_changes(tmp_path, capsys):
    plain, said = parsed(tmp_path / "plain", capsys)
    quiet, silent = parsed(tmp_path / "quiet", capsys, "--quiet")
    logged, lines = parsed(tmp_path / "json", capsys, "--log-json", before=True)
    assert plain == quiet == logged
    assert "riboswitch: " in said.err and silent.err == "" and said.out == silent.out == lines.out == ""
    told = [json.loads(line) for line in lines.err.splitlines()]
    assert {each["kind"] for each in told} >= {"summary"}
    assert next(each for each in told if each["kind"] == "summary")["counts"]["rejected"] == 1
    assert messages.VARIABLE not in os.environ


def test_standard_output_is_the_same_bytes(tmp_path, capsys):
    (tmp_path / "a.csv").write_text(ROWS)
    outs = []
    for flags in ([], ["--quiet"], ["--log-json"]):
        cli.main(["audit", str(tmp_path / "a.csv"), str(tmp_path / "a.csv"), "--only-report", *flags])
        outs.append(capsys.readouterr().out)
    assert outs[0] == outs[1] == outs[2]


def test_errors_are_told_in_each_way(tmp_path, capsys):
    words = ["parse", str(tmp_path / "none.csv"), "--output", str(tmp_path / "out.parquet")]
    for flags in ([], ["--quiet"]):
        with pytest.raises(SystemExit) as left:
            cli.main([*words, *flags])
        err = capsys.readouterr().err
        assert left.value.code == 1 and err.startswith("riboswitch: error: ") and err.count("\n") == 1
    with pytest.raises(SystemExit):
        cli.main([*words, "--log-json"])
    told = json.loads(capsys.readouterr().err)
    assert (told["kind"], told["exit_code"]) == ("error", 1) and "no such file" in told["message"]


def test_what_the_environment_says_holds_without_a_flag_and_comes_back(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv(messages.VARIABLE, "json")
    _, said = parsed(tmp_path / "a", capsys)
    assert json.loads(said.err.splitlines()[0])["kind"]
    _, said = parsed(tmp_path / "b", capsys, "--quiet")
    assert said.err == "" and os.environ[messages.VARIABLE] == "json"


def test_after_two_dashes_a_flag_is_a_word(capsys):
    with pytest.raises(SystemExit):
        cli.main(["card", "--", "--quiet"])
    assert "--quiet" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["", "scan", "new", "audit"])
def test_the_help_tells_of_both(verb, capsys):
    cli.main([*filter(None, [verb]), "--help"])
    text = capsys.readouterr().out
    assert "--quiet" in text and "--log-json" in text
