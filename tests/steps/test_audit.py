"""The verb: files of any format, records and splits, exit codes, and what it writes."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from cases import running
from reporting.results import Reader
from riboswitch.auditing.audit import Audit
from riboswitch.errors import InputError, UsageError
from riboswitch.io.parquet import write_parquet
from riboswitch.steps.audit import audit
from riboswitch.steps.parse import parse

TRAIN = ["CC(=O)Oc1ccccc1C(=O)O", "CCN(CC)CCNC(=O)c1ccc(N)cc1", "CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)O", "C1CCNCC1"]
TEST = ["OC(=O)c1ccccc1OC(C)=O", "CCN(CC)CCNC(=O)c1ccc(N)cc1.Cl", "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "CSSC", "C("]
FOUND = [("exact", "t0", "a0"), ("salt", "t1", "a1"), ("stereo", "t2", "a2")]


@pytest.fixture
def run(capsys, monkeypatch):
    return lambda *words: running.run(("audit", *words, "--processes=1"), capsys, monkeypatch)


def table(smiles, mark):
    labels = [f"{n}.5" for n in range(len(smiles))]
    return pd.DataFrame({"id": [f"{mark}{n}" for n in range(len(smiles))], "smiles": smiles, "y": labels})


@pytest.fixture
def files(tmp_path):
    for name, smiles in (("train", TRAIN), ("test", TEST)):
        table(smiles, name[0] if name == "test" else "a").to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def pairs(audit_):
    return [(pair["kind"], pair["test"], pair["train"]) for pair in audit_.facts["pairs"]]


def test_a_leak_is_red_and_the_exit_code_is_1(run, files):
    code, out, err = run(files / "train.csv", files / "test.csv", "--output", files / "audit.json",
                         "--page", files / "page.html", "--pairs", "-", "--target", "y")  # fmt: skip
    lines = err.splitlines()
    assert code == 1 and lines[-1].startswith("riboswitch: error: ") and "3 of 4 test rows" in lines[-1]
    assert (
        "light red, leaked 3, test_rows 4" in err
        and "test: 5 read, 4 accepted, 1 rejected, 1 BAD_SMILES" in err
    )
    assert out.splitlines()[0] == "kind,test,train,value,target,test_label,train_label"
    made = Audit.load(files / "audit.json")
    assert pairs(made) == FOUND and made.facts["unrelated"] == 1
    assert made.facts["test"]["by_code"] == {"BAD_SMILES": 1} and made.facts["train"]["files"] == [
        "train.csv"
    ]
    assert made.facts["labels"] == {"y": {"compared": 2, "conflicts": 0}}
    page = Reader((files / "page.html").read_text("utf-8"))
    assert page.loaded == [] and "red . Test rows were seen in training" in page.said and "a0" in page.said


def test_a_report_alone_and_unrelated_rows_exit_with_0(run, files):
    assert run(files / "train.csv", files / "test.csv", "--only-report")[0] == 0
    assert run(files / "train.csv", files / "test.csv", "--max-leaked=0.75")[0] == 0
    table(["CSSC", "FC(F)F"], "t").to_csv(files / "other.csv", index=False)
    code, _, err = run(files / "train.csv", files / "other.csv")
    assert code == 0 and "light green" in err and "none of 2 test rows" in err


def smi(rows):
    return "".join(f"{s} {i}\n" for i, s in zip(rows["id"], rows["smiles"], strict=True))


def test_the_format_of_a_file_changes_nothing(files):
    rows = table(TEST, "t")
    (files / "test.smi").write_text(smi(rows))
    rows.to_csv(files / "test.tsv", sep="\t", index=False)
    write_parquet(rows, files / "test.parquet")
    train = parse([{"paths": [files / "train.csv"]}], "molecule")
    found = []
    for name in ("test.csv", "test.smi", "test.tsv", "test.parquet"):
        facts = audit(train, parse([{"paths": [files / name]}], "molecule")).facts
        assert facts["test"].pop("files") == [name]
        found.append(facts)
    assert found[0] == found[1] == found[2] == found[3]


def test_records_and_their_split_are_audited_as_files(run, files, capsys, monkeypatch):
    everything = pd.concat([table(TRAIN, "a").assign(part="train"), table(TEST, "t").assign(part="test")])
    everything.to_csv(files / "all.csv", index=False)
    records, split = files / "records.parquet", files / "split.parquet"
    for words in (
        ("parse", files / "all.csv", "--id-column", "id", "--output", records),
        ("split", records, "--method", "predefined", "--column", "part", "--output", split),
    ):
        assert running.run(words, capsys, monkeypatch)[0] == 0
    assert run(records, split, "--output", files / "audit.json")[0] == 1
    made = Audit.load(files / "audit.json")
    assert pairs(made) == FOUND and made.facts["split"]["repeat"] == 0
    assert made.facts["train"]["read"] == 9 and made.facts["train"]["rows"] == made.facts["test"]["rows"] == 4
    code, _, err = run(records, split, "--repeat=1")
    assert code == 2 and "no such repeat" in err
    # Records beside a file: the file is read as the records were.
    assert run(records, files / "test.csv", "--output", files / "audit.json")[0] == 1
    assert Audit.load(files / "audit.json").facts["leaked"] == 4


def test_sequences_are_read_by_their_options(run, tmp_path):
    dna = "ATGGCTGAAAACGATCTGAAAGGCTTCCAGACCGCTGAAAACGATCTGAAAGGCTTCCAGACC"
    (tmp_path / "a.fasta").write_text(f">one\n{dna}\n")
    (tmp_path / "b.fasta").write_text(f">two\n{dna.lower()}\n")
    words = (tmp_path / "a.fasta", tmp_path / "b.fasta", "--modality=sequence")
    assert run(*words)[0] == 1
    assert run(*words, "--alphabet=protein")[0] == 1  # no protein: all rows are rejected


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"targets": ["z"]}, InputError, "the training rows have no such column; found 'z'"),
        ({"groups": ["z"]}, InputError, "no such column"),
        ({"max_leaked": 2}, UsageError, "max_leaked must lie between 0 and 1"),
        ({"settings": {"similr": 1}}, UsageError, "Did you mean 'similar'"),
        ({"settings": {"similar": 0}}, UsageError, "similar must"),
    ],
)
def test_wrong_arguments_are_refused(files, change, error, told):
    sides = [parse([{"paths": [files / name]}], "molecule") for name in ("train.csv", "test.csv")]
    with pytest.raises(error, match=told):
        audit(*sides, **change)


def test_two_modalities_and_an_empty_side_are_refused(files):
    train = parse([{"paths": [files / "train.csv"]}], "molecule")
    (files / "p.faa").write_text(">p\nMKVLAARND\n")
    with pytest.raises(UsageError, match="of two modalities; found 'molecule, sequence'"):
        audit(train, parse([{"paths": [files / "p.faa"], "reading": {"alphabet": "protein"}}], "sequence"))
    train.table = train.table.iloc[:0]
    with pytest.raises(InputError, match="there are no training rows"):
        audit(train, parse([{"paths": [files / "test.csv"]}], "molecule"))


@pytest.mark.parametrize(
    ("key", "value"),
    [("unrelated", 9), ("leaked", 0), ("light", "blue"), ("format", 1), ("more", 1), ("kinds", [])],
)
def test_a_changed_file_is_refused(files, key, value):
    sides = [parse([{"paths": [files / name]}], "molecule") for name in ("train.csv", "test.csv")]
    audit(*sides).save(files / "audit.json")
    facts = json.loads((files / "audit.json").read_text())
    (files / "audit.json").write_text(json.dumps(facts | {key: value}))
    with pytest.raises(InputError, match="not an audit"):
        Audit.load(files / "audit.json")
