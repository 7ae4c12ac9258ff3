"""parse: several files, one table, every row accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import SeqFeature, SimpleLocation
from Bio.SeqRecord import SeqRecord

from riboswitch.cli import main
from riboswitch.data.records import Records
from riboswitch.errors import InputError, RejectedError, UsageError
from riboswitch.steps.parse import command, parse

PROTEINS = {"reading": {"alphabet": "protein"}}


@pytest.fixture
def files(tmp_path):
    (tmp_path / "alpha.v1.faa").write_text(">a_1_X1\nMKVLL\n>b_2_X2\nMKVLW\n>bad\nM*K\n")
    (tmp_path / "beta.faa").write_text(">a_1_X1\nMKVAA\n>c_1_X3\nMKVLL\n")
    return [tmp_path / "alpha.v1.faa", tmp_path / "beta.faa"]


NOTES = {"table": "notes.tsv", "key": "gene", "columns": {"sequence": "drug"}}


@pytest.mark.parametrize(
    ("source", "options", "where"),
    [
        ({"fields": {"sequence": "x"}}, {}, "fields"),
        ({"rename": {"label": "sequence"}}, {}, "rename"),
        ({"rename": {"sequence": "label"}}, {}, "rename"),
        ({"id_pattern": "(?P<sequence>.+)"}, {}, "id_pattern"),
        ({}, {"annotate": NOTES}, "annotate"),
        ({}, {"kind": "multiclass", "targets": ["sequence"]}, "targets"),
    ],
)
def test_no_column_replaces_a_component(files, source, options, where):
    with pytest.raises(UsageError, match=f"{where}: the column 'sequence' holds the input"):
        parse([{"paths": files, **PROTEINS, **source}], "sequence", **options)
    named = {"molecule": "x"}  # a component of another modality is a name as any other
    assert parse([{"paths": files, **PROTEINS, "fields": named}], "sequence").table["molecule"][0] == "x"


def test_texts_in_label_columns_stand_for_what_the_source_says(tmp_path):
    path = tmp_path / "assay.csv"
    path.write_text(
        "id,smiles,a,note\n1,C,Active,Active\n2,CC,Inactive,x\n3,CCC,unclear,x\n4,CCN,1,x\n5,CO,,x\n"
    )
    source = {"paths": [path], "labels": {"Active": 1, "Inactive": 0}}
    records = parse([source], "molecule", kind="binary", targets=["a"])
    assert records.table["a"].tolist() == [1.0, 0.0, 1.0]
    assert records.table["note"].tolist() == ["Active", "x", "x"]  # no target
    assert records.rejected["code"].tolist() == ["BAD_LABEL", "MISSING_LABEL"]
    assert records.read == 5 and "unclear" in records.rejected["reason"][0]
    classes = parse([{"paths": [path], "labels": {"unclear": "Inactive"}}], "molecule",
                    kind="multiclass", targets=["a"])  # fmt: skip
    assert classes.table["a"].tolist() == ["Active", "Inactive", "Inactive", "1"]


def test_files_are_joined_and_every_row_is_accounted_for(files):
    source = {"paths": files, **PROTEINS, "rename": {"odd": "strange"},
              "fields": {"label": "{stem}", "odd": "{x} {}"},
              "id_pattern": "^(?P<gene>.+)_[0-9]+_(?P<accession>.+)$"}  # fmt: skip
    made = parse([source], "sequence", kind="multiclass", targets=["label"])
    assert made.read == 5 and made.ids == ["b_2_X2"]
    assert made.counts()["by_code"] == {"CONFLICTING_LABEL": 2, "DUPLICATE_ID": 1, "INTERNAL_STOP": 1}
    line = made.table.iloc[0]
    assert (line["label"], line["gene"], line["accession"], line["strange"]) == ("alpha", "b", "X2", "{x} {}")
    assert [s["file"] for s in made.meta["sources"]] == ["alpha.v1.faa", "beta.faa"]
    assert sum(s["read"] for s in made.meta["sources"]) == 5
    assert made.meta["components"] == ["sequence"]
    assert not [s for s in made.meta["sources"] if "components" in s]
    assert made.meta["reading"] == {"alphabet": "protein"}


def test_names_and_tables_add_columns(files, tmp_path):
    (tmp_path / "notes.tsv").write_text("gene\tdrug name\nb_2_X2\t tetracycline \nz\tx\n")
    (tmp_path / "classes.tsv").write_text(
        "drug_class\tphenotype_class\tkind\tpattern\tbasis\ntetracycline\tTetracycline\tstem-suffix\t-cycline\tstem\n"
        .replace("-cycline", "cycline")
    )  # fmt: skip
    notes = {"table": tmp_path / "notes.tsv", "key": "gene", "columns": {"drug": "drug name"}}
    classes = {"table": tmp_path / "classes.tsv", "name_column": "drug"}
    made = parse([{"paths": files[:1], **PROTEINS}], "sequence", kind="multiclass", targets=["y"],
                 annotate=notes, classes=classes)  # fmt: skip
    assert made.table["drug"].tolist() == ["", "tetracycline"]
    assert made.table["y"].tolist() == ["none", "tetracycline"]
    assert made.meta["annotated"] == 1
    with pytest.raises(
        InputError, match=r"no such column; found 'genes'\. Did you mean 'gene'\? Columns: gene, drug name"
    ):
        parse([{"paths": files, **PROTEINS}], "sequence", annotate={**notes, "key": "genes"})
    with pytest.raises(UsageError, match="no such column of names"):
        parse([{"paths": files, **PROTEINS}], "sequence", kind="multiclass", targets=["y"], classes=classes)


@pytest.mark.parametrize("content", [None, b"gene\t\xff\xfe\n"])
def test_a_table_that_cannot_be_read_is_named(files, tmp_path, content):
    if content is not None:
        (tmp_path / "notes.tsv").write_bytes(content)
    notes = {"table": tmp_path / "notes.tsv", "key": "gene", "columns": {"drug": "drug name"}}
    with pytest.raises(InputError, match=r"notes\.tsv"):
        parse([{"paths": files, **PROTEINS}], "sequence", annotate=notes)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"reading": {"alphabt": "protein"}}, "reading: unknown setting 'alphabt'. Did you mean 'alphabet'"),
        ({"readin": {}}, "source: unknown setting 'readin'. Did you mean 'reading'"),
        ({"id_pattern": "("}, "no regular expression"),
        ({"id_pattern": "a+"}, "need a name"),
        ({"id_pattern": "(a)(?P<b>c)"}, "need a name"),
        ({"paths": []}, "nothing to parse"),
    ],
)
def test_wrong_options_are_refused(files, source, told):
    with pytest.raises(UsageError, match=told):
        parse([{"paths": files, **PROTEINS, **source}], "sequence")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "annotate",
            {"table": "t", "key": "k"},
            "annotate: missing key 'columns'. Needed: table, key, columns",
        ),
        ("annotate", {"tabel": "t"}, "annotate: unknown setting 'tabel'. Did you mean 'table'"),
        ("annotate", {"table": "t", "key": "k", "columns": ["a"]}, "annotate: columns must map"),
        ("classes", {"table": "t"}, "classes: missing key 'name_column'"),
        ("classes", {"table": "t", "name_column": "n", "none": "x"}, "classes: unknown setting 'none'"),
        ("background", {"label": "none"}, "background needs the key 'genome'"),
    ],
)
def test_keys_that_are_missing_or_unknown_are_named(files, name, value, told):
    with pytest.raises(UsageError, match=told):
        parse([{"paths": files, **PROTEINS}], "sequence", kind="multiclass", targets=["y"], **{name: value})


def test_labels_need_a_kind_and_rows_a_limit(files):
    with pytest.raises(UsageError, match="labels need a kind"):
        parse([{"paths": files, **PROTEINS}], "sequence", targets=["y"])
    with pytest.raises(RejectedError, match=r"alpha\.v1\.faa: 1 of 3 rows were rejected"):
        parse([{"paths": files[:1], **PROTEINS}], "sequence", max_rejected=0.1)
    with pytest.raises(RejectedError, match=r"none of the 3 rows could be used\. Reasons: 3 PROTEIN_IN_DNA"):
        parse([{"paths": files[:1]}], "sequence", kind="multiclass", targets=["label"])
    with pytest.raises(UsageError, match="no such modality"):
        parse([{"paths": files}], "sound")


def test_the_command_takes_files_or_a_description(files, tmp_path, capsys):
    command(list(map(str, files)), output=tmp_path / "out/records.parquet", modality="sequence",
            reading={"alphabet": "protein"}, summary=tmp_path / "counts.json")  # fmt: skip
    made = Records.load(tmp_path / "out/records.parquet")
    assert (made.read, len(made)) == (5, 3)
    told = capsys.readouterr()
    assert told.out == "" and "read 5, accepted 3, rejected 2" in told.err
    with pytest.raises(UsageError, match=r"--spec: unknown setting 'source'\. Did you mean 'sources'"):
        command([], output=tmp_path / "x", spec={"source": []})


@pytest.fixture
def flatfile(tmp_path):
    letters = "ATGGCTAAATAACCGGTTACGTTAGCCATTTACG" * 9
    features = [SeqFeature(SimpleLocation(a, a + 12, 1), "CDS") for a in (0, 34, 68)]
    entry = SeqRecord(Seq(letters), "C1.1", features=features, annotations={"molecule_type": "DNA"})
    SeqIO.write(entry, tmp_path / "x.gb", "genbank")
    return tmp_path / "x.gb"


def test_an_annotated_genome_alone_is_a_data_set(flatfile, tmp_path):
    source = {"paths": [flatfile], "annotated": {"task": "coding", "window": 6}, "fields": {"from": "{stem}"}}
    made = parse([source], "sequence", kind="multiclass", targets=["kind"])
    assert set(made.table["kind"]) == {"coding", "intergenic"} and set(made.table["from"]) == {"x"}
    assert {"contig", "start", "end", "strand", "block"} <= set(made.table)
    (told,) = made.meta["sources"]
    assert told["left_out"] == {"intergenic_windows_not_drawn": 37} and told["read"] == 12
    assert made.meta["reading"] == {}
    spec = {"sources": [{**source, "paths": [str(flatfile)]}]}
    command(
        output=tmp_path / "out/r.parquet", modality="sequence", spec=spec, kind="multiclass", target=["kind"]
    )
    assert Records.load(tmp_path / "out/r.parquet").table.equals(made.table)


@pytest.mark.parametrize(
    ("source", "how", "told"),
    [
        ({"reading": {"alphabet": "dna"}}, {}, "reading of an annotated genome: unknown setting 'alphabet'"),
        ({}, {"targets": ["a", "b"]}, "an annotated genome gives one target"),
        ({}, {"modality": "molecule"}, "modality cannot be made from a genome; found 'molecule'"),
        ({"annotated": {"task": "codin"}}, {}, "no such task; found 'codin'"),
    ],
)
def test_wrong_options_of_an_annotated_genome_are_refused(flatfile, source, how, told):
    source = {"paths": [flatfile], "annotated": {"task": "coding"}, **source}
    with pytest.raises(UsageError, match=told):
        parse([source], **{"modality": "sequence", "kind": "multiclass", "targets": ["y"], **how})


def test_the_command_says_what_was_split(tmp_path, capsys):
    entries = Path(__file__).parents[1] / "data" / "gene_databases" / "resfinder.fasta"
    out = tmp_path / "records.parquet"
    main(["parse", str(entries), "--modality", "sequence", "--translate", "--genes", "find",
          "--output", str(out), "--summary", str(tmp_path / "counts.json")])  # fmt: skip
    said = capsys.readouterr().err
    assert "read 10, accepted 9, rejected 1" in said
    assert "resfinder.fasta: 2 rows hold several genes, and count as 5" in said
    assert Records.load(out).read == 10
    counts = json.loads((tmp_path / "counts.json").read_text())
    assert counts["split"] == {"resfinder.fasta": {"rows": 2, "parts": 5}}


@pytest.fixture
def parts(tmp_path):
    path = tmp_path / "parts.csv"
    path.write_text(
        "ID,up,core,down,quality,y\n1,AC,GT,,good,1\n2,AC,,TT,poor,2\n3,A,N*N,T,good,3\n4,,C,G, fair ,4\n"
    )
    return path


def test_a_sequence_in_several_columns_is_joined(parts):
    source = {"paths": [parts], "reading": {"input_column": "up+core+down"}}
    made = parse([source], "sequence", kind="regression", targets=["y"])
    assert made.inputs["sequence"] == ["ACGT", "ACTT", "CG"] and made.ids == ["1", "2", "4"]
    assert made.table["core"].tolist() == ["GT", "", "C"]  # the parts stay columns
    assert made.rejected["code"].tolist() == ["NOT_DNA"]
    with pytest.raises(InputError, match="no such column; found 'up\\+left'"):
        parse([{"paths": [parts], "reading": {"input_column": "up+left"}}], "sequence")


@pytest.mark.parametrize(
    ("keep", "ids"), [({"quality": "good"}, ["1"]), ({"quality": ["fair", "poor"]}, ["2", "4"])]
)
def test_rows_can_be_chosen_by_a_column_and_the_others_are_rejected(parts, keep, ids):
    source = {"paths": [parts], "reading": {"input_column": "up+core+down"}, "keep": keep}
    made = parse([source], "sequence", kind="regression", targets=["y"])
    assert made.ids == ids and made.read == 4 == len(made.table) + len(made.rejected)
    assert set(made.rejected["code"]) == {"NOT_DNA", "NOT_ASKED"}


@pytest.mark.parametrize(("keep", "words"), [
    ({"grade": "good"}, r"parts\.csv: no such column to choose rows by; found 'grade'\. Columns: "),
    ({"quality": "Good"}, r"no row has one of these texts.* 'quality'; found 'Good'\. It holds: fair, good"),
])  # fmt: skip
def test_a_choice_that_keeps_nothing_is_refused(parts, keep, words):
    with pytest.raises(InputError, match=words):
        parse([{"paths": [parts], "reading": {"input_column": "up+core+down"}, "keep": keep}], "sequence")
