"""One opener and one delimited reader: a file gives the same however it is packed, ended or marked."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import os
import sys
import threading
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.records import Rejection
from riboswitch.errors import InputError
from riboswitch.genomes.vcf import read_vcf
from riboswitch.io.delimited import DELIMITERS, MOST_CONTINUED, read_small_table, read_table
from riboswitch.io.opening import LONGEST_LINE, open_bytes, open_lines, open_text
from riboswitch.modalities.molecule import read as molecules
from riboswitch.modalities.molecule.files.tables import open_table
from riboswitch.modalities.sequence import read as sequences


def append(path):
    with open(path, "ab") as file:
        file.write(b"more,MKV\n")


def replace(path):
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def touch(path):
    os.utime(path, ns=(0, 0))


@pytest.mark.parametrize("change", [append, replace, touch, Path.unlink])
@pytest.mark.parametrize("opened", [open_bytes, open_text, open_lines])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, opened, change):
    path = tmp_path / "table.csv"
    path.write_bytes(b"id,sequence\na,MKV\n")
    with opened(path) as _handle:
        pass
    problem = r"table\.csv: the file changed while it was read"
    with pytest.raises(InputError, match=problem), opened(path) as _handle:
        change(path)


def test_a_pipe_is_not_watched(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"a,b\n" * 9,))
    writer.start()
    with open_lines(tmp_path / "pipe") as lines:
        assert len([*lines]) == 9
    writer.join()


PACK = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "two members": lambda data: gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :]),
    "zstd": lambda data: pa.compress(data, "zstd", asbytes=True),
}
packings, marks = st.sampled_from([*PACK]), st.sampled_from([b"", codecs.BOM_UTF8])
ends = st.sampled_from(["\n", "\r\n", "\r"])
suffixes = st.sampled_from(["", ".whatever"])


def table_bytes(lines, end, mark):
    return mark + end.join([*lines, ""]).encode("utf-8", "surrogateescape")


# A line of each kind, and the code that every reader gives it.
LINES = {
    "b,MKV": None,
    '"c, d","MKV"': None,
    "": "EMPTY",
    "e": "RAGGED_ROW",
    "f,MKV,g": "RAGGED_ROW",
    '"h"i,MKV': "BAD_QUOTING",
    "j,\udce9": "BAD_ENCODING",
    "k,\0": "NUL_BYTE",
}


@given(st.lists(st.sampled_from([*LINES]), max_size=8), ends, marks, packings, suffixes)
def test_a_table_gives_the_same_codes_through_every_reader(
    tmp_path_factory, lines, end, mark, packing, suffix
):
    lines = [f"{n}{line}" if line and line[0] != '"' else line for n, line in enumerate(lines)]
    codes = [LINES[line.lstrip("0123456789")] for line in lines] + [None]
    lines = ["id,smiles", *lines, "last,MKV"]
    path = tmp_path_factory.mktemp("table") / f"x.csv{suffix}"
    path.write_bytes(PACK[packing](table_bytes(lines, end, mark)))
    with open_lines(path) as opened:
        columns, rows = read_table(opened, ",")
        found = [(row.number, row.problem and row.problem.code) for row in rows]
    assert columns == ["id", "smiles"]
    assert found == list(enumerate(codes, 1))
    with open_table(path, "csv") as table:
        told = [row.code if isinstance(row, Rejection) else None for row in table.rows]
    assert told == codes
    read = sequences.read(path, format="csv", alphabet="protein", input_column="smiles")
    assert [i.code if isinstance(i, Rejection) and i.code != "DUPLICATE_ID" else None for i in read] == codes


cell = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=6)


@given(
    st.lists(st.tuples(cell, cell).filter(any), min_size=1, max_size=6), st.sampled_from([*DELIMITERS]),
    ends, marks, packings,
)  # fmt: skip
def test_cells_come_back_as_they_were_written(tmp_path_factory, rows, format, end, mark, packing):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=DELIMITERS[format], lineterminator=end)
    writer.writerows([("one", "two"), *rows])
    path = tmp_path_factory.mktemp("table") / "x"
    path.write_bytes(PACK[packing](mark + text.getvalue().encode()))
    columns, read = read_small_table(path, DELIMITERS[format])
    assert columns == ["one", "two"]
    assert [tuple(row.cells) for row in read] == rows


@given(st.lists(st.text("ACGT", min_size=1), min_size=1, max_size=4), ends, marks, packings, suffixes)
def test_fasta_is_the_same_however_it_is_packed(tmp_path_factory, texts, end, mark, packing, suffix):
    path = tmp_path_factory.mktemp("fasta") / f"x{suffix}"
    lines = [line for n, text in enumerate(texts) for line in (f">s{n}", text)]
    path.write_bytes(PACK[packing](table_bytes(lines, end, mark)))
    assert [item.components["sequence"] for item in sequences.read(path, format="fasta")] == texts


@given(st.lists(st.sampled_from(["CCO x", "OCC", "", "CCN\ty z"]), max_size=6), ends, marks, packings)
def test_a_smiles_file_is_the_same_however_it_is_packed(tmp_path_factory, lines, end, mark, packing):
    lines, path = [*lines, "CCC last"], tmp_path_factory.mktemp("smi") / "x"
    path.write_bytes(PACK[packing](table_bytes(lines, end, mark)))
    plain = path.with_suffix(".smi")
    plain.write_text("\n".join(lines))
    with open_table(path, "smi") as packed, open_table(plain) as expected:
        assert list(packed.rows) == list(expected.rows)


@given(ends, marks, packings)
def test_a_vcf_is_the_same_however_it_is_packed(tmp_path_factory, end, mark, packing):
    path = tmp_path_factory.mktemp("vcf") / "x"
    lines = [
        "##fileformat=VCFv4.2",
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO",
        "c\t7\t.\tA\tG,T\t.\t.\t.",
    ]
    path.write_bytes(PACK[packing](table_bytes(lines, end, mark)))
    assert [(v.pos, v.alt) for v in read_vcf(path)] == [(7, "G"), (7, "T")]


READERS = {
    "bytes": lambda path: drain(open_bytes, path),
    "text": lambda path: drain(open_text, path),
    "lines": lambda path: drain(open_lines, path),
    "sequences": lambda path: list(sequences.read(path, format="fasta")),
    "molecules": lambda path: list(molecules.read(path, format="smi")),
}


def drain(opener, path):
    with opener(path) as handle:
        for _ in handle:
            pass


def damaged(packed):
    return packed[:20] + bytes(b ^ 0xFF for b in packed[20:60]) + packed[60:]


TEXT = b">a\n" + b"".join(b"ACGT%d\n" % i for i in range(9000))
FAULTS = {
    "cut.gz": (gzip.compress(TEXT)[:-9000], "the compressed file ends too early"),
    "cut.zst": (pa.compress(TEXT, "zstd", asbytes=True)[:-900], "the compressed file ends too early"),
    "damaged.gz": (damaged(gzip.compress(TEXT)), "the compressed file is damaged"),
    "damaged.zst": (damaged(pa.compress(TEXT, "zstd", asbytes=True)), "the compressed file is damaged"),
    "plain.gz": (TEXT, "named .gz but not compressed with gzip"),
    "plain.bgz": (TEXT, "named .bgz but not compressed with gzip"),
    "plain.zst": (TEXT, "named .zst but not compressed with zstd"),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("name", FAULTS)
def test_every_reader_reports_a_faulty_archive_in_the_same_words(tmp_path, name, reader):
    content, words = FAULTS[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        reader(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: {words}")


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_file_that_is_not_there_or_a_folder(tmp_path, reader):
    with pytest.raises(InputError, match="no such file"):
        reader(tmp_path / "missing")
    with pytest.raises(InputError, match="it is a folder"):
        reader(tmp_path)


@pytest.mark.parametrize("opener", [open_text, open_lines])
def test_utf16_is_named(tmp_path, opener):
    (tmp_path / "x").write_bytes("id,smiles\n".encode("utf-16"))
    with pytest.raises(InputError, match=r"the text is UTF-16\. Save it as UTF-8"):
        drain(opener, tmp_path / "x")


def test_text_and_lines_name_the_same_byte(tmp_path):
    (tmp_path / "x").write_bytes(b"ab\n" * 9000 + b"a\xe9\n")
    with pytest.raises(InputError) as caught:
        drain(open_text, tmp_path / "x")
    with open_lines(tmp_path / "x") as lines:
        *_, last = lines
        problem = lines.problem(last)
    assert problem.code == "BAD_ENCODING"
    assert caught.value.problem == problem.reason == "not UTF-8 text: byte 0xe9 at position 27002"


class Slow(io.RawIOBase):
    """A pipe whose writer sends a byte at a time."""

    def __init__(self, data):
        self.data = data

    def readable(self):
        return True

    def readinto(self, buffer):
        buffer[: len(self.data[:1])] = self.data[:1]
        count, self.data = len(self.data[:1]), self.data[1:]
        return count


@pytest.mark.parametrize("packing", PACK)
def test_standard_input_may_be_packed_too_and_stays_open(monkeypatch, packing):
    data = PACK[packing](b"one\ntwo\n")
    stdin = io.TextIOWrapper(io.BufferedReader(Slow(data)))
    monkeypatch.setattr(sys, "stdin", stdin)
    with open_text("-") as handle:
        assert handle.read() == "one\ntwo\n"
    assert not stdin.closed and not stdin.buffer.closed


def test_standard_input_that_is_closed(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input: it is closed"), open_bytes("-"):
        pass


def test_a_cell_may_be_as_long_as_a_chromosome_but_a_quotation_mark_must_close(tmp_path):
    path, long = tmp_path / "x.csv", "ACGT" * 200_000
    path.write_text(f'id,sequence\na,{long}\n"b",{long}\n')
    assert [row.cells for row in read_small_table(path, ",")[1]] == [["a", long], ["b", long]]
    path.write_text('id,sequence\na,"C\n' + "b,CCC\n" * 20_000)
    with pytest.raises(InputError, match=r"x\.csv row 1: a quotation mark is opened and never closed"):
        read_small_table(path, ",")


@pytest.mark.parametrize("end", ["", "\n", "\r"])
def test_a_line_that_does_not_end_does_not_fill_the_memory(tmp_path, end):
    path = tmp_path / "x.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"id,sequence\na,MKV\nb,")
        for _ in range(20):
            file.write(b"A" * LONGEST_LINE)
        file.write(end.encode())
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"x\.csv\.gz line 3: a line of more than 16 MB"):
            read_small_table(path, ",")
        assert tracemalloc.get_traced_memory()[1] < 6 * LONGEST_LINE
    finally:
        tracemalloc.stop()


@given(text=st.text("ACGT\n", min_size=1, max_size=200), most=st.integers(1, 200), packed=st.booleans())
def test_a_text_that_is_too_large_is_refused_and_any_other_is_read_whole(
    tmp_path_factory, text, most, packed
):
    path = tmp_path_factory.mktemp("x") / "x.fna"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    if len(text) > most:
        with (
            pytest.raises(InputError, match=r"x\.fna: more than [0-9]+ bytes of text"),
            open_text(path, most=most) as handle,
        ):
            handle.read()
    else:
        with open_text(path, most=most) as handle:
            assert handle.read() == text


def test_an_unclosed_quotation_mark_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('id,sequence\na,"C\n' + "b,CCCCCCCCCCC\n" * 400_000)
    assert path.stat().st_size > 40 * MOST_CONTINUED
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="never closed"):
            read_small_table(path, ",")
        assert tracemalloc.get_traced_memory()[1] < 2**21
    finally:
        tracemalloc.stop()


def test_a_small_table_names_the_row_that_cannot_be_used(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("a\tb\n\n1\t2\n3\n")
    with pytest.raises(InputError, match=r"x\.tsv row 3: 1 cells where the header has 2; found '3'"):
        read_small_table(path, "\t")
    _, rows = read_small_table(path, "\t", fill=True)
    assert [row.cells for row in rows] == [["1", "2"], ["3", ""]]
