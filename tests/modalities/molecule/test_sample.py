"""Rows are counted and copied as they are read."""

from __future__ import annotations

import gzip
from itertools import chain

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rdkit import Chem

from riboswitch.errors import InputError
from riboswitch.modalities.molecule import library, sample

SMILES = ["CCO", "c1ccccc1O", "CC(=O)Oc1ccccc1C(=O)O", "C[C@H](N)C(=O)O", "OCC"]
cells = st.sampled_from([*SMILES, "", " ", 'a "word"', "two\nlines", "é", "C(", "x,y"])


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in '",\n') else cell


csv_rows = st.lists(st.tuples(cells, cells).map(lambda pair: ",".join(map(quoted, pair))), max_size=12)
odd_rows = [st.sampled_from([some, "  ", "CCO", "CCO,a,b", 'C"C,x']) for some in ("", '""', '"CC"O,x')]
ends = st.sampled_from(["", "\n", "\n\n\n", "\n  \n", "\r\n"])


@st.composite
def tables(draw):
    rows = draw(csv_rows)
    for odd in draw(st.one_of(*(st.lists(some, max_size=4) for some in odd_rows))):
        rows.insert(draw(st.integers(0, len(rows))), odd)
    start = draw(st.sampled_from(["", "\ufeff", "\n"]))
    return "csv", f"{start}smiles,name\n" + "\n".join(rows) + draw(ends)


@st.composite
def smiles_files(draw):
    lines = st.sampled_from(["CCO ethanol", "C(", "", "  ", "c1ccccc1\tbenzene ring", "C\x00C"])
    return "smi", "\n".join(draw(st.lists(lines, max_size=12))) + draw(ends)


@st.composite
def structure_files(draw):
    records = st.sampled_from([*map(Chem.MolToMolBlock, map(Chem.MolFromSmiles, SMILES[:3])), "bad\n", ""])
    body = "".join(f"{record}$$$$\n" for record in draw(st.lists(records, max_size=6)))
    return "sdf", body + draw(st.sampled_from(["", "\n\n", Chem.MolToMolBlock(Chem.MolFromSmiles("CC"))]))


def plain(items):
    """What was read, but for its number."""
    return [
        (item.values, item.structure) if isinstance(item, library.Row) else (item.code, item.input)
        for item in items
    ]


@pytest.fixture(autouse=True, scope="module")
def odd_columns():
    """These files hold anything: whether columns look swapped is not this law's matter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("riboswitch.modalities.molecule.files.columns._refuse_swapped", lambda *_: None)
        yield


@settings(max_examples=80, deadline=None)
@given(tables() | smiles_files() | structure_files(), st.booleans(), st.data())
def test_rows_are_counted_and_copied_as_they_are_read(tmp_path_factory, file, packed, data):
    format, text = file
    folder = tmp_path_factory.mktemp("rows")
    path = folder / f"rows.{format}{'.gz' if packed else ''}"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    try:
        read = plain(library.rows(path, {}))
    except InputError as error:
        assume("look swapped" not in error.problem)  # counting does not look at what the cells hold
        with pytest.raises(InputError) as told:
            sample.count(path)
        assert told.value.problem == error.problem
        return
    counted = sample.count(path)
    assert counted == (len(read), True)
    bounds = sorted(data.draw(st.sets(st.integers(0, len(read)), min_size=2, max_size=6)))
    runs = [range(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=False)]
    copied = folder / f"copy.{format}"
    assert sample.sample_rows(path, copied, runs, counted) == format
    expected = list(chain.from_iterable(read[run.start : run.stop] for run in runs))
    while format != "sdf" and expected and expected[-1][0] == "EMPTY":  # blank lines at the end are no rows
        expected.pop()
    if expected:
        try:
            again = plain(library.rows(copied, {}))
        except InputError as error:  # a few odd rows may look swapped where all of them do not
            assume("look swapped" not in error.problem)
            raise
        assert again == expected


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 60), st.integers(1, 17), st.data())
def test_rows_of_parquet_are_counted_and_only_those_asked_for_are_copied(tmp_path_factory, rows, group, data):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    table = pd.DataFrame({"smiles": [SMILES[i % 5] for i in range(rows)], "number": range(rows)})
    table.to_parquet(path, row_group_size=group)
    counted = sample.count(path)
    assert counted == (rows, True)
    start, stop = sorted(data.draw(st.lists(st.integers(0, rows), min_size=2, max_size=2)))
    runs = [range(0, start // 2), range(start, stop)]
    sample.sample_rows(path, path.with_name("copy.parquet"), runs, counted)
    copied = pd.read_parquet(path.with_name("copy.parquet"))
    assert copied["number"].tolist() == [*runs[0], *runs[1]] and list(copied) == list(table)


@pytest.mark.parametrize("format", ["csv", "smi", "sdf"])
def test_rows_of_a_large_file_are_estimated_from_its_bytes(tmp_path, monkeypatch, format):
    block, rows = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")), 20_000 if format != "sdf" else 2_000
    made = {"csv": "CCO,name{:06}\n", "smi": "CCO name{:06}\n", "sdf": f"name{{:06}}{block}$$$$\n"}[format]
    path = tmp_path / f"rows.{format}"
    path.write_text("smiles,name\n" * (format == "csv") + "".join(made.format(i) for i in range(rows)))
    monkeypatch.setattr(sample, "LARGE", 1)
    monkeypatch.setattr(sample, "PROBE_ROWS", 32)
    counted = sample.count(path)
    assert not counted.exact and abs(counted.rows / rows - 1) < 0.02
    runs = [range(counted.rows * part // 4, counted.rows * part // 4 + 10) for part in range(4)]
    sample.sample_rows(path, tmp_path / f"copy.{format}", runs, counted)
    column = "title" if format == "sdf" else "name"
    names = [row.values[column] for row in library.rows(tmp_path / f"copy.{format}", {})]
    numbers = [int(name[4:]) for name in names]
    assert len(numbers) == 40 == len(set(numbers))
    for number, place in zip(numbers, chain(*runs), strict=True):
        assert abs(number - place) < 0.02 * rows
    packed = tmp_path / f"packed.{format}"  # whatever its name
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert sample.count(packed) == (rows, True)
