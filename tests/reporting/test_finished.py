"""The last words of a run: where to look, or what went wrong."""

import os

import pytest

from riboswitch.reporting.finished import failed, succeeded

BEGAN = 1_000_000.0


def written(path, text, at=BEGAN + 60):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    os.utime(path, (at, at))


@pytest.fixture
def run(tmp_path):
    results = tmp_path / "results"
    written(results / "report.html", "<html>")
    written(results / "hits.csv", 'id,name\n1,"a\nb"\n2,c\n', BEGAN - 60)
    written(results / "genomes/ward_1/calls.tsv", "a\tb\n1\t2\n")
    written(results / "genomes/ward_2/calls.tsv", "a\tb\n")
    written(results / "library/rejected.tsv", "row\n" + "1\n" * 4)
    written(results / "activity/rejected.tsv", "row\n" + "1\n" * 12)
    written(results / "other/rejected.tsv", "row\n")
    return tmp_path


def test_a_run_that_made_a_report_says_where_everything_is(run):
    lines = succeeded(run, BEGAN)
    assert lines == [
        "Done. Where to look:",
        f"  report      {run}/results/report.html",
        "  short-list  results/hits.csv (2 compounds, best first)",
        "  genes       results/genomes/*/calls.tsv (calls: ward_1 1, ward_2 0)",
        "  rejected    results/activity/rejected.tsv (12 rows, each with its reason)",
        "              results/library/rejected.tsv (4 rows, each with its reason)",
    ]


def test_a_run_that_made_no_report_says_nothing(run, tmp_path):
    assert succeeded(run, BEGAN + 120) == []
    assert succeeded(tmp_path / "nowhere", BEGAN) == []


def test_a_run_without_compounds_has_no_short_list(run):
    (run / "results/hits.csv").unlink()
    assert not any("short-list" in line for line in succeeded(run, BEGAN))


def test_a_run_that_failed_names_the_logs_and_their_last_errors(tmp_path):
    written(tmp_path / "logs/prepare.log", "riboswitch: note: x\nriboswitch: error: a.csv: no such file\n")
    written(
        tmp_path / "logs/scan/a.log", '{"kind": "note", "message": "n"}\n{"kind": "error", "message": "b"}\n'
    )
    written(tmp_path / "logs/train/b.log", "Traceback\nValueError: c\n")
    written(tmp_path / "logs/old.log", "riboswitch: error: long ago\n", BEGAN - 60)
    written(tmp_path / "logs/good.log", "riboswitch: read 3\n")
    lines = failed(tmp_path, BEGAN)
    assert lines == [
        "Not done. What went wrong:",
        "  logs/prepare.log: a.csv: no such file",
        "  logs/scan/a.log: b",
        "  logs/train/b.log: ValueError: c",
        "Put it right, and give the same command again: what is done stays.",
    ]


def test_a_run_that_failed_without_a_log_says_so(tmp_path):
    assert failed(tmp_path, BEGAN)[0] == "Not done. No log has an error of a step."
