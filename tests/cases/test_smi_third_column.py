"""In a SMILES file with tabs the id is the second column, as it stands; without them the rest of the line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.cli import main
from riboswitch.data.library import Library
from riboswitch.data.records import Record
from riboswitch.modalities.molecule.read import read

CASE = Path(__file__).parents[1] / "data/cases/smi_third_column/lib.smi"


def test_the_third_column_is_no_part_of_the_id(tmp_path):
    main(["prepare", str(CASE), "--reading", '{"id_column": "name"}', "--output", str(tmp_path / "lib")])
    table = Library.open(tmp_path / "lib").table()
    assert table["id"].tolist() == ["Z1", "Z2"]
    assert table["column_3"].tolist() == ["99.1", "98"]


def rows(tmp_path, text, **options):
    path = tmp_path / "x.smi"
    path.write_bytes(text.encode())
    return [*read(path, id_column="name", **options)]


@pytest.mark.parametrize(
    ("line", "name", "smiles"),
    [
        ("CCO\tZ1", "Z1", "CCO"),
        ("CCO\tZ 1 \t9", "Z 1 ", "CCO"),
        ("CCO Z1", "Z1", "CCO"),
        ("CCO  methyl  carbinol ", "methyl  carbinol", "CCO"),
        ("CCO \tZ1\t", "Z1", "CCO"),
        ("CCO Z1\t9", "Z1", "CCO"),
        ("CCO |(0,0,;1,0,;2,0,)| Z1", "Z1", "CCO |(0,0,;1,0,;2,0,)|"),
        ("CCO |(0,0,;1,0,;2,0,)|\tZ1\t9", "Z1", "CCO |(0,0,;1,0,;2,0,)|"),
        ("CCO |x|y", "|x|y", "CCO"),
        ("CCO\tZ\u20281\xa0", "Z\u20281\xa0", "CCO"),
    ],
)
def test_name_and_structure(tmp_path, line, name, smiles):
    (found,) = rows(tmp_path, line + "\n")
    assert isinstance(found, Record)
    assert (found.id, found.fields["raw_smiles"]) == (name, smiles)


def test_a_line_without_a_structure_or_a_name_is_rejected(tmp_path):
    found = rows(tmp_path, "CCO\t\t9\n\tZ1\nCCO\tZ2\n")
    assert [getattr(item, "code", item.id) for item in found] == ["MISSING_ID", "EMPTY", "Z2"]


@pytest.mark.parametrize("header", ["SMILES ID", "smiles\tname", "Canonical_SMILES\tid\tmw", "structure"])
def test_a_header_line_is_told(tmp_path, header):
    first, second = rows(tmp_path, f"{header}\nCCO\tZ1\t7\n")
    assert (first.code, first.row, second.id) == ("BAD_SMILES", 1, "Z1")
    assert "a header line" in first.reason


names = st.text(st.characters(codec="utf-8", exclude_characters="\t\r\n\0"), min_size=1, max_size=8)


def is_id(name):
    """Not empty, and no CXSMILES extension, which may stand in this column."""
    return bool(name.strip()) and not (name.strip().startswith("|") and name.strip().endswith("|"))


@given(st.lists(names.filter(is_id), min_size=1, max_size=5, unique=True))
def test_ids_come_out_as_they_are(tmp_path_factory, ids):
    folder = tmp_path_factory.mktemp("ids")
    found = rows(folder, "".join(f"CCO\t{name}\tmore\n" for name in ids))
    assert [item.id for item in found] == ids
