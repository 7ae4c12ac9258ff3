"""Reading molecules: every row accounted for, every bad file told in one line."""

from __future__ import annotations

import csv
import gzip
import json
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdDepictor

from riboswitch.chem.sdf import Row
from riboswitch.data.records import Record, Records, Rejection
from riboswitch.errors import InputError, RiboswitchError, UsageError
from riboswitch.modalities.molecule.encode import encode, encode_mols
from riboswitch.modalities.molecule.read import RESERVED, RowReader, identity, key_of, read, read_list

DATA = Path(__file__).parents[2] / "data" / "molecules"


def cases() -> list[dict[str, str]]:
    with open(DATA / "cases.tsv", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["file"])
def test_bad_files(case: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    path, options = DATA / case["file"], json.loads(case["options"])
    if case["accepted"] == "-":
        with pytest.raises(RiboswitchError) as caught:
            list(read(path, **options))
        assert case["expect"] in str(caught.value)
        assert case["file"] in str(caught.value)
    else:
        counts = Records.collect(read(path, **options), ["molecule"]).counts()
        codes = ", ".join(f"{code} {count}" for code, count in counts["by_code"].items())
        assert (str(counts["accepted"]), str(counts["rejected"])) == (case["accepted"], case["rejected"])
        assert codes == case["expect"]
    assert capfd.readouterr() == ("", "")


def test_every_data_file_has_a_case() -> None:
    named = {case["file"] for case in cases()} - {"missing.csv"}
    assert named == {path.name for path in DATA.iterdir()} - {"cases.tsv"}


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["CCO", "c1ccccc1", "C1CC", "", "[Na+].[Cl-]", "CC.CCC", "CC(=O)[O-].[Na+]"]),
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_row_is_lost(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerows([["smiles", "y"], *([cell, "1"] for cell in cells)])
    from_file = list(read(path))
    assert [item.row for item in from_file] == list(range(1, len(cells) + 1))
    in_memory = list(read_list(cells))
    assert [type(item) for item in from_file] == [type(item) for item in in_memory]
    for item in in_memory:
        if isinstance(item, Rejection):
            assert item.code.isupper()
            assert item.reason


@given(st.binary(max_size=200), st.sampled_from(["csv", "tsv", "smi", "sdf"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_end_in_rows_or_one_of_our_errors(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, format: str
) -> None:
    path = tmp_path_factory.mktemp("noise") / "noise"
    path.write_bytes(content if format in ("smi", "sdf") else b"smiles\n" + content)
    try:
        Records.collect(read(path, format=format), ["molecule"])
    except InputError as error:
        assert "noise" in str(error)


def test_fields_ids_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "library.csv"
    path.write_text("name,smiles,y,row\na,OCC,1.5,x\nb,C1CC,2,x\nc,[Na+].CC(=O)[O-],,x\n")
    first, bad, salt = read(path, id_column="name")
    assert first == Record(
        1,
        "a",
        {"molecule": "CCO"},
        {"y": "1.5", "input_row": "x", "raw_smiles": "OCC", "changes": ""},
        "library.csv",
    )
    assert isinstance(bad, Rejection)
    assert (bad.row, bad.id, bad.input, bad.source) == (2, "b", "C1CC", "library.csv")
    assert bad.reason == "unclosed ring"
    assert isinstance(salt, Record)
    assert salt.fields["y"] is None
    assert salt.fields["changes"] == "removed [Na+]; charges neutralised"
    assert next(iter(read(path, columns=["y"]))).fields.keys() == {"y", "raw_smiles", "changes"}  # type: ignore[union-attr]


def test_reserved_columns_are_renamed() -> None:
    (record,) = read(DATA / "reserved_columns.csv")
    assert isinstance(record, Record)
    assert {"input_id", "input_row", "input_molecule", "input_source"} <= record.fields.keys()
    assert (record.components, record.fields["input_molecule"]) == ({"molecule": "CCO"}, "f")
    assert not set(RESERVED[:4]) & record.fields.keys()
    assert (record.fields["raw_smiles"], record.fields["input_raw_smiles"]) == ("CCO", "d")


def test_position_of_a_bad_byte() -> None:
    (bad,) = [item for item in read(DATA / "latin1.csv") if isinstance(item, Rejection)]
    assert (bad.row, bad.reason) == (2, "not UTF-8 text: byte 0xe9 at position 23")
    assert (DATA / "latin1.csv").read_bytes()[22] == 0xE9


def test_rows_are_counted_over_blank_lines() -> None:
    assert [item.row for item in read(DATA / "blank_lines.csv")] == [1, 2, 3, 4]


@pytest.mark.parametrize("after", ["", "CCO,ethanol\n"])
def test_a_blank_line_before_misplaced_quotes_is_reported_once(tmp_path: Path, after: str) -> None:
    (tmp_path / "odd.csv").write_text(f'smiles,name\n\n"CC"O,x\n{after}')
    items = list(read(tmp_path / "odd.csv"))
    assert [item.row for item in items] == [1, 2, 3][: 2 + bool(after)]
    assert [item.code for item in items[:2]] == ["EMPTY", "BAD_QUOTING"]


def test_a_bad_byte_in_a_row_with_misplaced_quotes_costs_no_other_row(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_bytes(b'smiles,name\n"CC"O,\xe9\nCCO,ethanol\n')
    bad, good = read(tmp_path / "odd.csv")
    assert isinstance(bad, Rejection) and isinstance(good, Record)
    assert (bad.code, good.row) == ("BAD_QUOTING", 2)


def test_a_smiles_cut_at_a_strange_character_is_no_molecule() -> None:
    assert Chem.MolFromSmiles("CCé") is not None, "RDKit reads CC here, which is why we look first"
    (bad,) = read_list(["CCé"])
    assert isinstance(bad, Rejection)
    assert bad.reason == "the character 'é' at position 3"


def test_sd_file_properties() -> None:
    first, other = read(DATA / "good.sdf")
    assert isinstance(first, Record)
    assert (first.components, first.fields["title"]) == ({"molecule": "CO"}, "methanol")
    assert first.fields["y"] == "1.5"
    assert isinstance(other, Rejection)
    by_title = next(iter(read(DATA / "good.sdf", id_column="title")))
    assert by_title.id == "methanol"


def test_sd_file_reason_is_rdkits() -> None:
    bad = [item for item in read(DATA / "broken_record.sdf") if isinstance(item, Rejection)]
    assert [item.row for item in bad] == [2, 4]
    assert [item.reason for item in bad] == [
        "Atom line too short: '    0.0 oops' on line 5",
        "Element 'Qq' not found",
    ]


def test_rdkit_oracle_for_sd_files(tmp_path: Path) -> None:
    smiles = ["C[C@H](N)C(=O)O", "C/C=C/CO", "c1ccncc1", "C[S@](=O)c1ccccc1"]
    writer = Chem.SDWriter(str(tmp_path / "out.sdf"))
    for text in smiles:
        mol = Chem.MolFromSmiles(text)
        rdDepictor.Compute2DCoords(mol)
        writer.write(mol)
    writer.close()
    records = Records.collect(read(tmp_path / "out.sdf"), ["molecule"])
    assert records.inputs["molecule"] == [Chem.CanonSmiles(text) for text in smiles]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(DATA / "bom_crlf.csv", encoding="utf-8") as handle:
        monkeypatch.setattr(sys, "stdin", handle)
        assert [item.source for item in read("-", format="csv")] == ["stdin", "stdin"]
    with pytest.raises(UsageError, match="format"):
        next(read("-"))
    with pytest.raises(InputError, match="plain file"):
        next(read("-", format="parquet"))


def test_reading_is_lazy(tmp_path: Path) -> None:
    path = tmp_path / "big.smi.gz"
    with gzip.open(path, "wt") as handle:
        handle.writelines(f"{'C' * (1 + i % 20)}O\n" for i in range(200_000))
    assert len(list(islice(read(path), 10))) == 10


def test_damage_after_good_rows_still_raises() -> None:
    stream = read(DATA / "truncated.csv.gz")
    assert isinstance(next(stream), Record)
    with pytest.raises(InputError, match="ends too early"):
        list(stream)


def test_zstd_is_unpacked(tmp_path: Path) -> None:
    text = "smiles,y\n" + "".join(f"{'C' * (1 + i % 30)}O,{i}\n" for i in range(3000))
    packed = pa.compress(text.encode(), "zstd", asbytes=True)
    path = tmp_path / "library.csv.zst"
    path.write_bytes(packed)
    plain = tmp_path / "library.csv"
    plain.write_text(text)
    assert [i.components["molecule"] for i in read(path)] == [i.components["molecule"] for i in read(plain)]
    path.write_bytes(packed + pa.compress(b"CCC,1\n", "zstd", asbytes=True))
    assert sum(1 for _ in read(path)) == 3001, "two streams one after the other are one file"


@pytest.mark.parametrize("keep", [4, 10, 0.5, -20])
def test_a_zstd_file_that_is_cut_is_named(tmp_path: Path, keep: float) -> None:
    packed = pa.compress(b"smiles\n" + b"CCO\nCCN\n" * 9000, "zstd", asbytes=True)
    path = tmp_path / "library.csv.zst"
    path.write_bytes(packed[: int(keep * len(packed)) if isinstance(keep, float) else keep])
    with pytest.raises(InputError, match=r"library\.csv\.zst: the compressed file ends too early"):
        list(read(path))


def test_the_name_of_a_compressed_file_must_not_lie(tmp_path: Path) -> None:
    for ending, name in ((".gz", "gzip"), (".zst", "zstd")):
        path = tmp_path / f"library.csv{ending}"
        path.write_text("smiles\nCCO\n")
        with pytest.raises(InputError, match=f"named {ending} but not compressed with {name}"):
            list(read(path))


@pytest.mark.parametrize("place", ["directory", "unknown format"])
def test_unreadable_places(tmp_path: Path, place: str) -> None:
    with pytest.raises(RiboswitchError):
        list(read(tmp_path, format="csv" if place == "directory" else "xls"))


def test_list_ids() -> None:
    assert [item.id for item in read_list(["CCO", "CCC"])] == ["row-1", "row-2"]
    first, again = read_list(["CCO", "CCC"], ["a", "a"])
    assert first.id == "a"
    assert isinstance(again, Rejection)
    assert (again.code, again.reason) == ("DUPLICATE_ID", "the id 'a' stands in row 1 already")
    with pytest.raises(UsageError):
        list(read_list(["CCO"], ["a", "b"]))


def test_identity() -> None:
    for smiles in ("CCO", "Oc1ccccn1", "not a molecule"):
        assert identity({"molecule": smiles}) == key_of(smiles)
    assert key_of("CCO") == "LFQSCWFLJHTTHZ-UHFFFAOYSA-N"
    assert key_of("Oc1ccccn1") == key_of("O=c1cccc[nH]1"), "tautomers share a key"
    assert key_of("C[C@H](N)C(=O)O") != key_of("C[C@@H](N)C(=O)O"), "mirror images do not"
    assert key_of("not a molecule") == "not a molecule"
    for by in ("inchikey", "smiles"):
        assert key_of("OCC", by) == key_of("CCO", by)
    assert key_of("OCC", "smiles") == "CCO"
    assert key_of("Oc1ccccn1", "smiles") != key_of("O=c1cccc[nH]1", "smiles")
    assert key_of("not a molecule", "smiles") == "not a molecule"
    with pytest.raises(UsageError, match="inchikey"):
        key_of("CCO", "name")


def test_raw_smiles_are_checked_and_left_alone() -> None:
    given_smiles = ["OCC", " [Na+].[O-]C(C)=O ", "C1CC", "*C", "[#0]C", "C[C@H](O)N |o1:1|", "C" * 301]
    items = list(read_list(given_smiles, standardize="none"))
    good = [item for item in items if isinstance(item, Record)]
    assert [item.components["molecule"] for item in good] == ["OCC", "[Na+].[O-]C(C)=O", "C[C@H](O)N |o1:1|"]
    assert [item.fields["changes"] for item in good] == ["", "", "relative stereo (or1): 2 forms"]
    codes = [item.code for item in items if isinstance(item, Rejection)]
    assert codes == ["BAD_SMILES", "QUERY_ATOMS", "QUERY_ATOMS", "TOO_LARGE"]
    with pytest.raises(UsageError, match="no such way to standardise"):
        list(read_list(["C"], standardize="all"))


HANDED_ON = [
    "OCC", "C[C@H](N)C(=O)O", "OC(=O)/C=C\\c1ccccc1", "[Na+].[O-]C(C)=O", "C[N+](C)(C)CCO", "[13CH3]C",
    "[O-][n+]1ccccc1C", "C1=CC=CC=C1", "O=N(=O)c1ccccc1", "[CH3:1][OH:2]", "C[S@+]([O-])CC", "C[Si](C)(C)C",
    "C1CC[C@@H](C)[C@H](C)C1", "N1C=CC2=C1C=CC=C2", "CC(C)=[N+]=[N-]", "F/C(Cl)=C(/F)Br",
    "[H]OC([H])([H])[H]",
]  # fmt: skip


@pytest.mark.parametrize("standardize", [True, False, "none"])
@pytest.mark.parametrize("smiles", HANDED_ON)
def test_the_molecule_handed_on_is_that_of_the_record(smiles: str, standardize: bool | str) -> None:
    reader = RowReader("list", "smiles", None, [], 300, standardize)
    record, mol = reader.molecule(Row(1, {"smiles": smiles}))
    assert isinstance(record, Record)
    made = record.components["molecule"]
    found, expected = encode_mols([mol], ["it"]), encode({"molecule": [made]}, ["it"])
    for name in ("atoms", "bonds", "globals"):
        np.testing.assert_array_equal(np.sort(found.only.values[name]), np.sort(expected.only.values[name]))
    assert Chem.MolToSmiles(mol) == Chem.CanonSmiles(made)
    if standardize == "none":
        np.testing.assert_array_equal(found.only.values["atoms"], expected.only.values["atoms"])
