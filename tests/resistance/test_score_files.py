"""rank takes the shards of one screen, of just this library and with one set of models, and nothing else."""

from __future__ import annotations

import json
import random
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from riboswitch.cli import main
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.data.library import Library
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records
from riboswitch.io.large.parquet_parts import write_parts
from riboswitch.io.parquet import META_KEY
from riboswitch.io.sealed import write_sealed
from riboswitch.learning.device import settled_precision
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.screening.scorefile import ScoreTable
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.prepare import prepare
from riboswitch.steps.rank import rank
from riboswitch.steps.split import split
from riboswitch.steps.train import train

SMILES = [f"{'C' * n}{tail}" for n in range(1, 11) for tail in ("O", "N", "C(=O)O", "c1ccccc1")]
CLASSES = "drug_class\tphenotype_class\tkind\tpattern\tbasis\ntetracycline\tT\tname\ttetracycline\tnamed\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory, of_lengths):
    """A library in blocks of eight, two models, calls, classes, and the scores of two shards."""
    folder = tmp_path_factory.mktemp("place")
    lines = [f"{smiles},c{i}" for i, smiles in enumerate(SMILES)]
    (folder / "raw.csv").write_text("\n".join(["smiles,name", *lines, "C(,bad"]) + "\n")
    library = prepare(folder / "raw.csv", folder / "library", reading={"id_column": "name"})
    write_sealed(library.header | {"block_rows": 8}, folder / "library/library.json")
    of_lengths(SMILES[:20]).save(folder / "length.safetensors")
    of_lengths(SMILES[10:30]).save(folder / "other.safetensors")
    rows = [
        Record(i, f"m{i}", {"molecule": smiles}, {"class": "none" if i % 2 else "tetracycline"})
        for i, smiles in enumerate(SMILES, 1)
    ]
    records = Records.collect(rows, ["molecule"], modality="molecule", reading={})
    sizes = {"hidden": 8, "ffn_hidden": 8}
    made = train(records, featurize(records), split(records, repeats=1), kind="multiclass", targets=["class"],
                 settings={"epochs": 1}, network=sizes)  # fmt: skip
    ensemble([made], records).save(folder / "class.safetensors")
    Calls(pd.DataFrame(columns=CALL_COLUMNS), {}).save(folder / "calls.parquet")
    (folder / "classes.tsv").write_text(CLASSES)
    for shard in range(2):
        screen(folder, f"{shard}.parquet", "--shard", shard, "--shards", 2)
    return folder


MODELS = ("drug_class=class.safetensors", "solubility=length.safetensors")


def run(words):
    try:
        main([str(word) for word in words])
    except SystemExit as leaving:
        return leaving.code or 0
    return 0


def screen(folder, output, *options, models=MODELS, library="library"):
    named = [f"{name}={folder / path}" for name, _, path in (model.partition("=") for model in models)]
    words = ["screen", folder / library, *named, "--output", folder / output, "--processes", 1, *options]
    assert run(words) == 0


@pytest.fixture
def ranked(place, capfd, tmp_path):
    """Rank files of scores: exit code, lines of standard error, counts."""

    def ranked(*scores, library="library", options=()):
        words = ["rank", place / library, *(place / score for score in scores)]
        words += ["--calls", place / "calls.parquet", "--classes", place / "classes.tsv"]
        words += ["--hits", tmp_path / "hits.csv", "--counts", tmp_path / "counts.json"]
        capfd.readouterr()
        counts = tmp_path / "counts.json"
        counts.unlink(missing_ok=True)
        code = run([*words, *options])
        found = json.loads(counts.read_text()) if counts.exists() else None
        return code, capfd.readouterr().err.splitlines(), found

    return ranked


def refused(told, *words):
    code, lines, counts = told
    assert code in (1, 2) and len(lines) == 1 and counts is None, lines
    assert all(word in lines[0] for word in words), lines[0]


def test_counts_are_told_and_reconcile_in_any_order_of_shards(place, ranked):
    code, lines, counts = ranked("1.parquet", "0.parquet")
    assert code == 0, lines
    assert (counts["read"], counts["rejected"], counts["scored"], counts["ranked"]) == (41, 1, 40, 40)
    assert lines == [
        "riboswitch: read 41, rejected 1, scored 40, ranked 40, duplicates 0, compromised 0, kept 40",
        "riboswitch: no promise of the number of actives: the model that ranks was not given",
    ]
    screen(place, "again.parquet", "--shard", 0, "--shards", 2)
    assert (place / "again.parquet").read_bytes() == (place / "0.parquet").read_bytes()


def test_scores_of_the_raw_file_are_taken_and_its_rejected_rows_counted(place, ranked):
    prepare(place / "raw.csv", place / "unnamed")
    screen(place, "raw.parquet", library="raw.csv")
    code, lines, counts = ranked("raw.parquet", library="unnamed")
    assert code == 0, lines
    assert (counts["scored"], counts["scores_rejected"]) == (40, 1)
    (place / "other.csv").write_text((place / "raw.csv").read_text().replace("c39", "c40"))
    screen(place, "foreign.parquet", library="other.csv")
    refused(ranked("foreign.parquet", library="unnamed"), "foreign.parquet", "of another library")


def test_shards_that_are_missing_or_stand_twice_are_refused(place, ranked):
    refused(ranked("0.parquet"), "0.parquet", "missing", "'1'", "all shards")
    refused(ranked("0.parquet", "1.parquet", "1.parquet"), "shard 1 of 2 stands in two files")
    screen(place, "third.parquet", "--shard", 2, "--shards", 3)
    refused(ranked("0.parquet", "third.parquet"), "third.parquet", "shards", "found '3'")


def test_shards_of_other_models_are_refused(place, ranked):
    shard = ("--shard", 1, "--shards", 2)
    screen(place, "model.parquet", *shard, models=(MODELS[0], "solubility=other.safetensors"))
    refused(ranked("0.parquet", "model.parquet"), "model.parquet", "other models", "solubility")
    screen(place, "fewer.parquet", *shard, models=(f"{MODELS[0]}",))
    refused(ranked("0.parquet", "fewer.parquet"), "fewer.parquet", "other models", "solubility")
    screen(place, "precise.parquet", *shard, "--precision", "bfloat16")
    refused(ranked("0.parquet", "precise.parquet"), "precise.parquet", "precision", "bfloat16", "name one")
    screen(place, "near.parquet", *shard, "--nearest")
    refused(ranked("0.parquet", "near.parquet"), "near.parquet", "columns are not those of")


def test_the_header_of_scores_says_which_precision_auto_took(place):
    screen(place, "auto.parquet", "--precision", "auto")
    header = json.loads(pq.read_schema(place / "auto.parquet").metadata[META_KEY])
    assert header["precision"] == settled_precision("auto")


def test_scores_of_another_library_or_of_the_best_rows_are_refused(place, ranked):
    shutil.copytree(place / "library", place / "second", dirs_exist_ok=True)
    header = Library.open(place / "library").header
    write_sealed(header | {"block_rows": 16}, place / "second/library.json")
    refused(ranked("0.parquet", "1.parquet", library="second"), "0.parquet", "of another library")
    screen(place, "all.parquet", "--top", 3, "--by", "solubility.y")
    refused(ranked("all.top.parquet"), "all.top.parquet", "only the best 3 rows")


def test_the_model_that_names_neighbours_is_the_one_that_screened(place, ranked):
    both = ("0.parquet", "1.parquet")
    given = [option for model in MODELS for option in ("--model", model.replace("=", f"={place}/"))]
    assert ranked(*both, options=given)[0] == 0


def test_another_model_than_the_one_that_screened_is_refused(place, ranked):
    both = ("0.parquet", "1.parquet")
    refused(ranked(*both, options=["--model", f"solubility={place}/other.safetensors"]), "another model")
    other = ["--model", f"length={place}/length.safetensors"]
    refused(ranked(*both, options=other), "no such model", "drug_class, solubility")


@pytest.mark.parametrize("many", [1, 2])
def test_bundles_that_follow_an_option_are_not_taken_for_scores(place, ranked, many):
    given = [model.replace("=", f"={place}/") for model in (*MODELS, MODELS[0])[: many + 1]]
    told = ranked("0.parquet", "1.parquet", options=["--model", *given])
    said = ["a model bundle stands where files of scores do", "nothing takes these words"]
    refused(told, said[many - 1], "rite --model before each" if many == 1 else "write it before each value")


def test_text_and_foreign_files_are_no_scores(place, ranked):
    screen(place, "scores.csv")
    refused(ranked("scores.csv"), "scores.csv", "does not say", "into a .parquet file")
    pd.read_parquet(place / "0.parquet").to_parquet(place / "plain.parquet")
    refused(ranked("plain.parquet", "1.parquet"), "plain.parquet", "do not say")
    refused(ranked("nowhere.parquet"), "nowhere.parquet", "no such file")


def changed(path, to, change_table=None, **origin):
    """Copy a file of scores with another table or header, as a faulty program might."""
    table = pq.read_table(path)
    meta = json.loads(table.schema.metadata[META_KEY]) | origin
    frame = table.to_pandas()
    if change_table:
        change_table(frame)
    made = table.from_pandas(frame, preserve_index=False)
    pq.write_table(made.replace_schema_metadata({META_KEY: json.dumps(meta).encode()}), to)


def set_to(column, value):
    def change(frame):
        frame.loc[2, column] = value

    return change


@pytest.mark.parametrize(
    "change",
    [set_to("drug_class.p_none", np.nan), set_to("drug_class.p_none", -np.inf),
     set_to("drug_class.p_none", -0.5), set_to("solubility.y", np.nan), set_to("solubility.y", np.inf),
     set_to("drug_class.class", "what"), lambda t: t.pop("drug_class.p_none"),
     lambda t: t.pop("solubility.y_sd"), lambda t: t.pop("row"), set_to("row", 1), set_to("id", "c0"),
     lambda t: t.drop(columns=[])],
)  # fmt: skip
def test_damaged_scores_are_refused(place, ranked, tmp_path, change):
    for shard in range(2):
        changed(place / f"{shard}.parquet", place / f"bad{shard}.parquet", change)
    told = ranked("bad0.parquet", "bad1.parquet")
    if told[0]:
        refused(told, "scores" if "bad" not in told[1][0] else "bad")
    else:  # the last change is none
        assert told[2]["scored"] == 40


@pytest.mark.parametrize(
    "origin",
    [{"format": 2}, {"models": {}}, {"models": []}, {"models": {"a": {}}}, {"shard": 2}, {"shard": "0"},
     {"shards": 0}, {"library": 3}, {"more": 1}, {"models": {"a": {"digest": "x", "task": {"kind": "no"}}}}],
)  # fmt: skip
def test_a_damaged_origin_is_refused(place, ranked, origin):
    changed(place / "0.parquet", place / "bad.parquet", **origin)
    refused(ranked("bad.parquet", "1.parquet"), "bad.parquet", "creen again")


def test_a_flipped_bit_in_a_score_file_changes_no_rank(place, ranked, tmp_path):
    whole, draw, refusals = (place / "0.parquet").read_bytes(), random.Random(5), 0
    assert ranked("0.parquet", "1.parquet")[0] == 0
    hits = (tmp_path / "hits.csv").read_bytes()
    for _ in range(40):
        damaged = bytearray(whole)
        damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
        (place / "bad.parquet").write_bytes(damaged)
        told = ranked("bad.parquet", "1.parquet")
        if told[0]:
            refused(told)
            refusals += 1
        else:
            assert (tmp_path / "hits.csv").read_bytes() == hits
    assert refusals


def test_a_digest_of_a_model_is_that_of_its_content(place, tmp_path):
    from riboswitch.screening.origin import model_digest

    model = Model.load(place / "length.safetensors")
    model.save(tmp_path / "again.safetensors")
    assert model_digest(Model.load(tmp_path / "again.safetensors")) == model_digest(model)
    name = next(iter(model.tensors))
    tensors = model.tensors | {name: model.tensors[name] + 1}
    assert model_digest(Model(model.header, tensors)) != model_digest(model)


def test_the_next_plate_leaves_out_what_was_tested(place, ranked, tmp_path):
    """The first of the list are measured; the next list has none of them, and says so."""
    assert ranked("0.parquet", "1.parquet", options=("--keep", 5))[0] == 0
    first = pd.read_csv(tmp_path / "hits.csv")
    (tmp_path / "results.csv").write_text("\n".join(["smiles", *first["smiles"]]) + "\n")
    words = ("--keep", 5, "--tested", tmp_path / "results.csv", "--excluded", tmp_path / "excluded.csv")
    code, lines, counts = ranked("0.parquet", "1.parquet", options=words)
    assert code == 0 and counts["choice"]["excluded"] == {"tested": 5}
    assert any("left out 5 tested; kept 5 of a pool of 5" in line for line in lines)
    assert pd.read_csv(tmp_path / "excluded.csv")["id"].tolist() == first["id"].tolist()
    assert not {*pd.read_csv(tmp_path / "hits.csv")["id"]} & {*first["id"]}


def test_percentiles_need_scores_of_the_same_models(place, ranked, tmp_path):
    both = ("0.parquet", "1.parquet")
    code, lines, _ = ranked(*both, options=("--reference", place / "0.parquet", "--score-by", "solubility"))
    assert code == 0, lines
    percentiles = pd.read_csv(tmp_path / "hits.csv")["score_percentile"]
    assert percentiles.between(0, 100).all() and percentiles.is_monotonic_decreasing
    screen(place, "alone.parquet", models=(MODELS[0],))
    refused(ranked(*both, options=("--reference", place / "alone.parquet")), "alone.parquet", "other models")


def test_the_ranked_library_is_the_plain_one(place, ranked, tmp_path):
    """Files through the command line, and the same in memory: equal bytes."""
    assert ranked("1.parquet", "0.parquet", options=("--compounds", tmp_path / "compounds.parquet"))[0] == 0
    library, knowledge = Library.open(place / "library"), DrugClasses.load(place / "classes.tsv")
    tables = [ScoreTable.load(place / f"{shard}.parquet") for shard in range(2)]
    made = rank(library, tables, Calls.load(place / "calls.parquet"), knowledge)
    write_parts(made.compounds, tmp_path / "plain.parquet", made.counts)
    assert (tmp_path / "compounds.parquet").read_bytes() == (tmp_path / "plain.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "compounds.parquet", "counts.json", "hits.csv", "plain.parquet",
    ]  # fmt: skip
