"""Columns that are found by their names: one clear winner or a question, never a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from riboswitch.bio.fasta import INPUT_COLUMNS as SEQUENCES
from riboswitch.config.found_columns import ID_COLUMNS, find_column, refuse_swapped
from riboswitch.data.input_order import free_names
from riboswitch.data.records import Record, Records, Rejection
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.molecule.files.columns import INPUT_COLUMNS as SMILES
from riboswitch.modalities.molecule.read import read
from riboswitch.modalities.sequence.read import read as read_sequences


def found(columns, patterns):
    return find_column(columns, patterns, "what", "--input-column", "file")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("smiles", "smiles"),
        ("SMILES", "SMILES"),
        ("Smiles", "Smiles"),
        ("canonical_smiles", "canonical_smiles"),
        ("isomeric_smiles", "isomeric_smiles"),
        ("Canonical SMILES", "Canonical SMILES"),
        ("smiles_std", "smiles_std"),
        ("CanonicalSMILES", "CanonicalSMILES"),
        ("#smiles", "#smiles"),
        ("mol", "mol"),
        ("structure", "structure"),
        ("molecule", "molecule"),
        ("Ligand SMILES|molecule", "Ligand SMILES"),
        ("smiles|canonical_smiles", "smiles"),
        ("SMILES|canonical_smiles", "SMILES"),
        ("name|activity", None),
        ("", None),
    ],
)
def test_columns_of_smiles(columns, expected):
    assert found(["y", *columns.split("|"), "note"], SMILES) == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("id|name", "id"),
        ("ID|Name", "ID"),
        ("Name", "Name"),
        ("compound_id", "compound_id"),
        ("molecule_chembl_id|pref_name", "molecule_chembl_id"),
        ("zinc_id", "zinc_id"),
        ("Compound ID", "Compound ID"),
        ("Molecule ChEMBL ID|Molecule Name|Document ChEMBL ID", "Molecule ChEMBL ID"),
        ("Drug_ID", "Drug_ID"),
        ("DrugBank ID|Name|CAS Number", "DrugBank ID"),
        ("CID|Title", "CID"),
        ("accession", "accession"),
        ("acid|plasmid|valid|n_ids|target", None),
        ("row|index|number", None),
    ],
)
def test_columns_of_ids(columns, expected):
    assert found(["y", *columns.split("|")], ID_COLUMNS) == expected


@pytest.mark.parametrize(
    "name", ["sequence", "Sequence", "seq", "protein", "Protein Sequence", "aa_seq", "DNA"]
)
def test_columns_of_sequences(name):
    assert found(["id", "y", name], SEQUENCES) == name


@given(st.permutations(["Compound ID", "Name", "isomeric_smiles", "y", "mol", "CAS"]))
def test_the_order_of_columns_does_not_matter(columns):
    assert found(columns, SMILES) == "isomeric_smiles" and found(columns, ID_COLUMNS) == "Compound ID"


@given(st.permutations(["canonical_smiles", "isomeric_smiles", "y", "mol"]))
def test_equally_clear_names_are_listed_and_not_guessed(columns):
    with pytest.raises(InputError, match="several columns may hold the what") as caught:
        found(columns, SMILES)
    assert {*str(caught.value.found).split(", ")} == {"canonical_smiles", "isomeric_smiles"}
    assert "--input-column" in caught.value.hint


def written(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def test_a_named_column_is_taken_whatever_others_are_called(tmp_path):
    path = written(tmp_path, "x.csv", "smiles,id,other,name\nCCO,1,CCC,a\n")
    stream = read(path, input_column="other", id_column="name")
    (item,) = stream
    assert (item.id, item.components["molecule"]) == ("a", "CCC") and not stream.found.sentence
    (item,) = read(path)
    assert (item.id, item.components["molecule"]) == ("1", "CCO")


def test_what_was_found_is_said(tmp_path):
    stream = read(written(tmp_path, "x.csv", "Name,SMILES\na,CCO\n"))
    assert [item.id for item in stream] == ["a"]
    assert stream.found.sentence == "reads SMILES from column 'SMILES', ids from column 'Name'"
    stream = read(written(tmp_path, "x.csv", "SMILES,y\nCCO,1\n"))
    assert [item.id for item in stream] == ["row-1"]
    assert stream.found.sentence.endswith("; no column of ids was found, so rows are numbered")
    stream = read_sequences(written(tmp_path, "x.csv", "Gene ID,CDS seq\na,ACGT\n"))
    assert [item.id for item in stream] == ["a"]
    assert stream.found.columns == {"sequences": "CDS seq", "ids": "Gene ID"}


def test_ids_of_files_with_a_place_for_structures(tmp_path):
    assert [i.id for i in read(written(tmp_path, "x.smi", "C a\nCC\nCCC b c\n"))] == ["a", "row-2", "b c"]
    assert [i.id for i in read(written(tmp_path, "x.smi", "C\nCC\n"))] == ["row-1", "row-2"]
    block = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")).lstrip("\n") + ">  <ZINC ID>\nZ7\n\n$$$$\n"
    titled, untitled = f"t\n{block}", f"\n{block}"
    assert [i.id for i in read(written(tmp_path, "x.sdf", titled))] == ["t"]
    assert [i.id for i in read(written(tmp_path, "x.sdf", untitled))] == ["Z7"]


TEXT = "a title, with commas\n# and a comment\n\nname,smiles\na,CCO\nb,C(\nc,CC\n"


def test_lines_above_the_header_are_skipped(tmp_path):
    items = list(read(written(tmp_path, "x.csv", TEXT), skip_lines=2))
    assert [(i.row, i.id, type(i)) for i in items] == [
        (1, "a", Record),
        (2, "b", Rejection),
        (3, "c", Record),
    ]
    items = list(read_sequences(written(tmp_path, "s.csv", TEXT.replace("smiles", "seq")), skip_lines=2,
                                alphabet="protein"))  # fmt: skip
    assert [(i.row, i.id) for i in items] == [(1, "a"), (2, "b"), (3, "c")]
    assert [i.row for i in read(written(tmp_path, "x.smi", "smiles name\nC a\nCC b\n"), skip_lines=1)] == [
        1,
        2,
    ]
    with pytest.raises(InputError, match=r"no column of SMILES was found.*--skip-lines"):
        next(read(written(tmp_path, "x.csv", "My compounds\nname,smiles\na,CCO\n")))
    for bad in (-1, True, 1.5):
        with pytest.raises(UsageError, match="skip_lines must be"):
            next(read(tmp_path / "x.csv", skip_lines=bad))
    with pytest.raises(UsageError, match="fasta file has no lines above"):
        next(read_sequences(written(tmp_path, "x.fa", ">a\nACGT\n"), skip_lines=1))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "smiles,id\nM1,CCO\nM2,CCC\nM3,CCN\nM4,CCCC\n"),
        ("x.smi", "ZINC01 CCO\nZINC02 CCC\nZINC03 CCN\n"),
    ],
)
def test_swapped_ids_and_structures_are_noticed(tmp_path, name, text):
    with pytest.raises(InputError, match="ids and SMILES look swapped"):
        next(read(written(tmp_path, name, text)))


def test_swapped_ids_and_sequences_are_noticed(tmp_path):
    text = "sequence,id\nyp_01,ACGTACGTACGT\nyp_02,ACGTACGGGGGT\n"
    with pytest.raises(InputError, match="ids and sequences look swapped"):
        next(read_sequences(written(tmp_path, "x.csv", text)))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=9))
def test_only_a_majority_of_both_looks_swapped(rows):
    """The oracle counts; the text of an input is ``in``."""
    pairs = [("in" if a else "no", "in" if b else "no") for a, b in rows]
    swapped = bool(rows) and 2 * sum(a for a, _ in rows) > len(rows) > 2 * sum(b for _, b in rows)
    try:
        refuse_swapped(pairs, lambda text: text == "in", "texts", "file", "")
    except InputError:
        assert swapped
    else:
        assert not swapped


@pytest.mark.parametrize(
    ("reader", "text"), [(read, "CC(=O)Oc1ccccc1,a\n"), (read_sequences, "a,ACGTACGTACGTACGTACGTAC\n")]
)
def test_a_table_without_a_header_says_which_line_is_missing(reader, text, tmp_path):
    with pytest.raises(InputError, match="looks like data") as caught:
        next(reader(written(tmp_path, "x.csv", text)))
    header = caught.value.hint.split(" here ")[1].split(".")[0]
    (item,) = reader(written(tmp_path, "x.csv", f"{header}\n{text}"))
    assert isinstance(item, Record) and item.id == "a"


names = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["x", "y", "input_x", "smiles"]), max_size=4)


@given(names, st.sets(st.sampled_from(["x", "input_x", "y"])))
def test_carried_columns_have_names_of_their_own(carried, taken):
    free = free_names(carried, taken)
    assert free.keys() == carried.keys() and len(set(free.values())) == len(free)
    assert not set(free.values()) & taken
    assert all(name.endswith(carried[field]) for field, name in free.items())


def test_the_columns_of_records_tell_what_was_found(tmp_path):
    rows = read(written(tmp_path, "x.csv", "Name,SMILES\na,CCO\na,CC\n,C\n"))
    records = Records.collect(rows, ["molecule"])
    assert records.ids == ["a", "a", "row-3"]
    assert records.table["Name"].fillna("").tolist() == ["a", "a", ""]
