"""Files of users: one bad row of any kind stops nothing, and changes no answer of another row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from riboswitch.config.setting_options import NO_SETTINGS
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, RejectedError, UsageError
from riboswitch.steps import explain, predict, prepare, screen
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.parse import command as parse
from riboswitch.steps.split import split
from riboswitch.steps.train import train

SMILES = ["CCO", "c1ccccc1O", "CC(=O)Oc1ccccc1C(=O)O", "CCCCN", "CC(C)Cc1ccc(cc1)C(C)C(=O)O"]
DNA = ["ATGAAAGTTGCA", "ATGCCCGGGTTT", "ATGTTTAAACCC", "ATGGATGATGAT", "ATGCATCATCAT"]
PROTEINS = ["MKVLAARNDCQE", "MWWPLTAAGHLL", "MKKLLPTAAAGL", "MDEFGHIKLMNP", "MSTVWYACDEFG"]


def trained(component, texts, reading, encoder, kind="binary", **network):
    """A bundle of two small networks."""
    labels = ["01" * 6 if kind == "per_position" else str(i % 2) for i in range(len(texts))]
    rows = [Record(i, f"r{i}", {component: t}, {"y": y})
            for i, (t, y) in enumerate(zip(texts, labels, strict=True), 1)]  # fmt: skip
    modality = "molecule" if component == "molecule" else "sequence"
    records = Records.collect(rows, [component], modality=modality, reading=reading)
    arrays = featurize(records, encoder)
    halves = split(records, "random", repeats=2, fractions={"train": 0.6, "valid": 0.2, "test": 0.2})
    models = [train(records, arrays, halves, kind=kind, targets=["y"], repeat=repeat, settings={"epochs": 1},
                    network=network) for repeat in range(2)]  # fmt: skip
    return ensemble(models, records)


SMALL = {"embedding": 4, "hidden": 4}
PROTEIN, DNA_READING, WINDOW = {"alphabet": "protein"}, {"alphabet": "dna"}, {"alphabet": "dna", "window": 12}
KINDS = {
    "molecule": lambda: trained("molecule", SMILES * 2, {}, {}, hidden=8, ffn_hidden=8),
    "protein": lambda: trained("sequence", PROTEINS * 2, PROTEIN, PROTEIN, **SMALL),
    "windows": lambda: trained("sequence", DNA * 2, DNA_READING, WINDOW, head="aligned", **SMALL),
    "codons": lambda: trained("sequence", DNA * 2, DNA_READING, {"alphabet": "codon"}, **SMALL),
    "translated": lambda: trained(
        "sequence", PROTEINS * 2, {"alphabet": "dna", "translate": True}, {"alphabet": "protein"}, **SMALL),
}  # fmt: skip
GOOD = {"molecule": SMILES, "protein": PROTEINS, "windows": DNA, "codons": DNA, "translated": DNA}
COMMON = [b"bad,", b"bad,X1!", b"bad,CCO,more", b"bad", b"bad,\xff\xfe", b"bad,C\0C", b'bad,"C"C"', b""]
BAD = {
    "molecule": [*COMMON, b"bad,C(", b"bad,[Fe]CC", b"bad,CC.CCC", b"bad,[Na+].[Cl-]", b"bad,*C",
                 b"bad,[CH2]C",
                 b"bad," + b"C" * 301, b"bad," + b"C" * 20_000, b"bad,C(C)(C)(C)(C)C"],
    "protein": [*COMMON, b"bad,MK*LL", b"bad,MK-LL", b"bad,ACGTACGTACGTACGTACGTACGT"],
    "windows": [*COMMON, b"bad,ATG", b"bad,ATGATGATGATGATG", b"bad,MKVLAARNDCQE", b"bad,ATG-AAGTTGCA",
                b"bad,AUGAAAGUUGCA"],
    "codons": [*COMMON, b"bad,AT", b"bad,A", b"bad,MKVLAARNDCQE"],
    "translated": [*COMMON, b"bad,AT", b"bad,ATGTAAATG"],
}  # fmt: skip


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """One bundle of each kind, made when it is needed."""
    folder, made = tmp_path_factory.mktemp("bundles"), {}

    def bundle(kind):
        if kind not in made:
            made[kind] = folder / f"{kind}.safetensors"
            KINDS[kind]().save(made[kind])
        return made[kind]

    return bundle


def written(folder, kind, bad=None, many=1, header=b"name,input"):
    """A CSV of the good rows, with a bad one in their midst."""
    rows = [f"g{i},{text}".encode() for i, text in enumerate(GOOD[kind])]
    if bad is not None:
        rows[2:2] = [bad] * many
    path = folder / f"{'good' if bad is None else 'bad'}.csv"
    path.write_bytes(b"\n".join([header, *rows]) + b"\n")
    return path


VERBS = {
    "predict": lambda path, bundle, **how: predict.command(str(path), [bundle], **how),
    "explain": lambda path, bundle, **how: explain.command(str(path), bundle, **how),
    "screen": lambda path, bundle, **how: screen.command(str(path), [str(bundle)], processes=1, **how),
}
CASES = [(verb, kind) for verb in VERBS for kind in KINDS if verb != "screen" or kind == "molecule"]


def answers(verb, path, bundle, reading=NO_SETTINGS):
    out = path.with_name(f"{path.stem}.parquet")
    VERBS[verb](path, bundle, output=str(out), reading=reading)
    return pd.read_parquet(out)


@pytest.mark.parametrize(("verb", "kind"), CASES)
def test_a_bad_row_of_any_kind_stops_no_answer(verb, kind, bundles, tmp_path):
    bundle = bundles(kind)
    alone = answers(verb, written(tmp_path, kind), bundle)
    assert set(alone["id"]) == {f"g{i}" for i in range(len(GOOD[kind]))}
    for bad in BAD[kind]:
        table = answers(verb, written(tmp_path, kind, bad), bundle)
        gone = table["row"] == 3
        assert gone.sum() == 1, bad[:40]
        (line,) = table[gone].to_dict("records")
        assert line["status"].isupper() and line["reason"], bad[:40]
        rest = table[~gone].reset_index(drop=True)
        pd.testing.assert_frame_equal(rest.drop(columns="row"), alone.drop(columns="row"), check_dtype=False,
                                      atol=2e-6)  # fmt: skip


@pytest.mark.parametrize("kind", ["molecule", "protein", "windows"])
def test_a_bad_row_of_any_kind_stops_neither_parse_nor_prepare(kind, tmp_path):
    modality = "molecule" if kind == "molecule" else "sequence"
    reading = {"alphabet": "protein"} if kind == "protein" else {}
    for bad in BAD[kind]:
        path = written(tmp_path, kind, bad)
        parse([str(path)], output=tmp_path / "records.parquet", modality=modality, reading=reading)
        records = Records.load(tmp_path / "records.parquet")
        good = [f"g{i}" for i in range(len(GOOD[kind]))]
        assert [i for i in records.ids if i != "bad"] == good and records.read == len(good) + 1
        if kind == "molecule":
            assert records.rejected["row"].tolist() == [3]
            made = prepare.prepare(path, tmp_path / "library")
            assert made.table(["id"])["id"].tolist() == good and made.rejected()["row"].tolist() == [3]


@pytest.mark.parametrize(("verb", "kind"), CASES)
def test_a_file_of_bad_rows_is_one_line(verb, kind, bundles, tmp_path, capsys):
    path = tmp_path / "bad.csv"
    path.write_bytes(b"\n".join([b"id,input", *[b"a,X1!"] * 3]) + b"\n")
    with pytest.raises((RejectedError, InputError), match="none of the") as caught:
        answers(verb, path, bundles(kind))
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("column", ["name", "compound_id"])
@pytest.mark.parametrize("how", [[], ["id_column"]])
@pytest.mark.parametrize("verb", VERBS)
def test_every_row_is_answered_whatever_its_id(verb, how, column, bundles, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(f"{column},smiles\na,CCO\na,CCC\n,CCN\n")
    table = answers(verb, path, bundles("molecule"), dict.fromkeys(how, column)).drop_duplicates("row")
    assert table["id"].tolist() == ["a", "a", "row-3"] and table["row"].tolist() == [1, 2, 3]
    assert not set(table["status"]) & {"MISSING_ID", "DUPLICATE_ID"}


def test_records_get_free_ids_where_no_column_was_named(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("name,smiles\na,CCO\na,CCC\n,CCN\n")
    (tmp_path / "b.csv").write_text("name,smiles\na,CCF\nc,CCCl\n")
    parse([str(tmp_path / n) for n in ("a.csv", "b.csv")], output=tmp_path / "r.parquet")
    records = Records.load(tmp_path / "r.parquet")
    assert records.ids == ["a", "row-2", "row-3", "row-1", "c"] and not len(records.rejected)
    assert records.table["name"].fillna("").tolist() == ["a", "a", "", "a", "c"]
    assert records.meta["sources"][0]["found"] == {"SMILES": "smiles", "ids": "name"}
    assert records.meta["sources"][0]["numbered"] == 2
    told = capsys.readouterr().err
    assert (
        "a.csv: reads SMILES from column 'smiles', ids from column 'name'; "
        "numbered, without an id of their own: 2" in told
    )
    parse([str(tmp_path / "a.csv")], output=tmp_path / "r.parquet", reading={"id_column": "name"})
    codes = Records.load(tmp_path / "r.parquet").rejected["code"].tolist()
    assert codes == ["DUPLICATE_ID", "MISSING_ID"]


@pytest.mark.parametrize("verb", VERBS)
def test_columns_are_carried_and_never_hide_an_answer(verb, bundles, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,SMILES,status,y,p_y,lot\n1,CCO,s1,y1,n1,l1\n2,CCC,s2,y2,n2,l2\n3,C(,s3,y3,n3,l3\n")
    reading = {"columns": ["status", "p_y", "lot"]}
    table = answers(verb, path, bundles("molecule"), reading).drop_duplicates("row")
    texts = table[["id", "input_status", "lot"]].fillna("").to_numpy().tolist()
    assert texts == [["1", "s1", "l1"], ["2", "s2", "l2"], ["3", "", ""]]
    if verb != "explain":
        assert table["smiles"].tolist() == ["CCO", "CCC", "C("]
        assert table["input_p_y"].tolist()[:2] == ["n1", "n2"] and table["p_y"].dtype.kind == "f"
    with pytest.raises(InputError, match="no such column; found 'lto'"):
        answers(verb, path, bundles("molecule"), {"columns": ["lto"]})


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("setting", [{"max_atoms": 5}, {"standardize": False}])
def test_what_inputs_mean_is_the_models_own(verb, setting, bundles, tmp_path):
    path = written(tmp_path, "molecule")
    with pytest.raises(UsageError, match="is the model's"):
        answers(verb, path, bundles("molecule"), setting)
    with pytest.raises(UsageError, match="Did you mean 'id_column'"):
        answers(verb, path, bundles("molecule"), {"id_colum": "x"})


def test_neither_a_library_nor_records_are_read_again(bundles, tmp_path):
    made = prepare.prepare(written(tmp_path, "molecule"), tmp_path / "library")
    with pytest.raises(UsageError, match="a prepared library is read already"):
        screen.command(str(made.folder), [str(bundles("molecule"))], reading={"id_column": "x"})
    with pytest.raises(UsageError, match="records are read already"):
        predict.command(
            "r", [bundles("molecule")], split=tmp_path, features=tmp_path, reading={"format": "csv"}
        )


def test_a_model_of_codons_gives_numbers(bundles):
    made = predict.predict(["ATGAAA", "AT", "ATGAAATT"], Model.load(bundles("codons")))
    assert made["status"].tolist() == ["ok", "TOO_SHORT", "ok"]
    assert np.isfinite(made["p_y"][[0, 2]]).all()
