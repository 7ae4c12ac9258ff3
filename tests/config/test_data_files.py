"""Which files of data sources a configuration reads, and whether they are those that were fetched."""

from __future__ import annotations

import copy
import hashlib
import os
import re

import pytest

from riboswitch.config.data_files import check_files, data_files, edited_files, files_by_source, source_files
from riboswitch.errors import ConfigError
from riboswitch.steps.fetch import fetch

CONFIG = {
    "data": {
        "genomes": {"source": "pypi:x==1", "members": ["x/data/*.gb", "x/data/a.fna", "x/data/a.gff"]},
        "table": {"source": "https://x.org/some%20names.csv"},
        "library": {"source": "file:/home/me/[1] library.csv"},
        "unused": {"source": "file:/home/me/u.csv"},
    },
    "genomes": {"a": {"data": "genomes", "sequence": "a.fna", "annotation": "a.gff"}},
    "tasks": {
        "t": {
            "parse": {
                "sources": [{"data": "genomes", "files": ["k.gb"]},
                            {"data": "genomes", "files": ["a.fna"], "reading": {"annotation": "a.gff"}}],
                "annotate": {"data": "table", "file": "some names.csv"},
                "background": {"data": "genomes", "file": "other.gb"},
            },
            "pretrain": {"data": "genomes", "files": ["pre.gb"]},
        },
    },
    "library": {"data": "library", "file": "[1] library.csv"},
}  # fmt: skip


def changed(change):
    config = copy.deepcopy(CONFIG)
    change(config)
    return config


def test_every_file_that_is_named_is_found_and_can_be_given():
    check_files(CONFIG)
    assert files_by_source(CONFIG) == {
        "genomes": ["a.fna", "a.gff", "k.gb", "other.gb", "pre.gb"],
        "library": ["[1] library.csv"],
        "table": ["some names.csv"],
        "unused": [],
    }
    keys = [item.key for item in data_files(CONFIG)]
    assert len(keys) == len(set(keys)) == 9


@pytest.mark.parametrize(
    ("annotation", "found"),
    [("a.gff", [("genomes", "a.gff")]), ("../table/b.gff", [("table", "b.gff")]),
     ("/elsewhere/a.gff", []), ("../../a.gff", [])],
)  # fmt: skip
def test_the_annotation_beside_a_file_is_an_input_wherever_a_data_source_has_it(annotation, found):
    source = {"data": "genomes", "files": ["a.fna"], "reading": {"annotation": annotation}}
    assert [(item.data, item.file) for item in source_files(source)] == [("genomes", "a.fna"), *found]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["genomes"]["a"].update(sequence="b.fna"),
         r"config genomes\.a\.sequence: the data source genomes gives no such file; found 'b\.fna'.*'a"),
        (lambda c: c["library"].update(file="library.csv"), r"library\.file.*Did you mean '\[1\] library"),
        (lambda c: c["tasks"]["t"]["pretrain"].update(files=["pre.gb", "x/data/pre.gb"]),
         r"tasks\.t\.pretrain\.files\[1\].*without their folder"),
        (lambda c: c["tasks"]["t"]["parse"]["annotate"].update(file="zzz"), r"annotate\.file.*It gives some"),
    ],
)  # fmt: skip
def test_a_file_that_its_source_cannot_give_is_reported(change, told):
    with pytest.raises(ConfigError, match=told):
        check_files(changed(change))


def test_only_a_file_whose_bytes_changed_counts_as_edited(tmp_path):
    (tmp_path / "a.csv").write_text("one\n")
    fetch(str(tmp_path / "a.csv"), tmp_path / "data", sha256=hashlib.sha256(b"one\n").hexdigest())
    file, manifest = tmp_path / "data/a.csv", tmp_path / "data/SOURCE.json"
    assert edited_files(tmp_path / "data") == []
    later = manifest.stat().st_mtime + 10
    os.utime(file, (later, later))
    assert edited_files(tmp_path / "data") == []
    file.write_text("two\n")
    os.utime(file, (later, later))
    assert edited_files(tmp_path / "data") == [file]
    file.write_text("longer\n")
    os.utime(file, (later - 100, later - 100))
    assert edited_files(tmp_path / "data") == [file]
    file.unlink()
    assert edited_files(tmp_path / "data") == edited_files(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("library.file", lambda c: c["library"].update(file="a{b}.csv")),
        ("genomes.a.sequence", lambda c: c["genomes"]["a"].update(sequence="a}.fna")),
        (
            "tasks.t.parse.classes.table",
            lambda c: c["tasks"]["t"]["parse"].update(classes={"table": "{x}.tsv"}),
        ),
        ("rank.classes", lambda c: c.update(rank={"classes": "/home/{me}/x.tsv"})),
    ],
)
def test_braces_in_the_name_of_a_file_are_refused(key, change):
    with pytest.raises(ConfigError, match=f"config {re.escape(key)}: Snakemake takes braces"):
        check_files(changed(change))
