"""The sample sheet: what is read, and what is refused with the row."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.config.samples import COLUMNS, Sample, batches, chosen, read_samples
from riboswitch.errors import InputError


def sheet(folder, *lines, name="samples.tsv", separator="\t"):
    for file in ("a.fna", "b.gbk", "p.faa", "a.gff"):
        (folder / file).write_text("x")
    path = folder / name
    path.write_text("".join(separator.join(line) + "\n" for line in lines))
    return path


def test_all_columns(tmp_path):
    path = sheet(tmp_path, COLUMNS, ["A_1.2-x", "a.fna", "p.faa", "a.gff", "Escherichia", "Circular"],
                 ["b", "", "p.faa", "", "", ""])  # fmt: skip
    a, p, g = (str(tmp_path / name) for name in ("a.fna", "p.faa", "a.gff"))
    assert read_samples(path) == [
        Sample(1, "A_1.2-x", a, p, g, "Escherichia", "circular"), Sample(2, "b", "", p),
    ]  # fmt: skip
    assert [sample.read for sample in read_samples(path)] == [a, p]


def test_two_columns_commas_and_another_folder(tmp_path):
    (tmp_path / "sheets").mkdir()
    lines = [["name", "genome"], ["a", "a.fna"], ["b", str(tmp_path / "b.gbk")]]
    path = sheet(tmp_path, *lines, name="sheets/s.csv", separator=",")
    assert [s.name for s in read_samples(path, tmp_path)] == ["a", "b"]
    with pytest.raises(InputError, match=r"row 1: no such file.*relative to the folder of the sheet"):
        read_samples(path)


GOOD = ["a", "a.fna"]
BAD = {
    "no such column.*Did you mean 'genome'": [["name", "genom"], GOOD],
    "no such column.*'extra'": [["name", "genome", "extra"], [*GOOD, "1"]],
    "needs the column name": [["genome"], ["a.fna"]],
    "needs the column name, and genome or proteins": [["name", "gff"], ["a", "a.gff"]],
    "has no rows": [["name", "genome"]],
    "row 2: the name stands twice.*Row 1": [["name", "genome"], GOOD, ["a", "b.gbk"]],
    "row 2: the name differs only in case.*'a'": [["name", "genome"], GOOD, ["A", "b.gbk"]],
    "row 1: not a name of a genome": [["name", "genome"], ["../a", "a.fna"]],
    "row 2: not a name of a genome.*'-x'": [["name", "genome"], GOOD, ["-x", "b.gbk"]],
    "row 1: not a name": [["name", "genome"], ["", "a.fna"]],
    "row 2: no such file in the column genome.*c.fna": [["name", "genome"], GOOD, ["c", "c.fna"]],
    "2 files are missing": [["name", "genome"], ["b", "d.fna"], ["c", "c.fna"]],
    "row 1: reads in the column genome.*give the assembly": [["name", "genome"], ["a", "r_1.fastq.gz"]],
    "row 1: reads in the column proteins": [["name", "proteins"], ["a", "r.BAM"]],
    "row 1: a genome needs its sequence or its proteins": [["name", "genome"], ["a", ""]],
    "row 1: no such topology.*'round'": [["name", "genome", "topology"], [*GOOD, "round"]],
    "cells where the header has": [["name", "genome"], ["a"]],
}  # fmt: skip


@pytest.mark.parametrize("message", BAD)
def test_what_cannot_be_used_is_refused_with_its_row(tmp_path, message):
    with pytest.raises(InputError, match=message):
        read_samples(sheet(tmp_path, *BAD[message]))


def test_rows_are_chosen_from_one_to_the_last():
    samples = [Sample(n, f"s{n}", "x") for n in range(1, 6)]
    assert [s.row for s in chosen(samples, "2-4")] == [2, 3, 4] and chosen(samples, "") == samples
    for rows in ("0-1", "3-2", "1-6", "x", "2", "-1-2", "1-2-3"):
        with pytest.raises(InputError, match="no such rows"):
            chosen(samples, rows)


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(1, 60))
def test_batches_hold_every_row_once_in_order(number, size):
    samples = [Sample(n, f"s{n}", "x") for n in range(1, number + 1)]
    parts = [chosen(samples, rows) for rows in batches(number, size).values()]
    assert [s for part in parts for s in part] == samples
    assert {len(part) for part in parts[:-1]} <= {size} and len(parts[-1]) <= size
    assert [*batches(number, size)] == sorted(batches(number, size))
