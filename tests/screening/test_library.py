"""prepare and screen: nothing lost, nothing doubled, and no score that depends on the shards."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from riboswitch.data.library import Library
from riboswitch.data.model import Model
from riboswitch.errors import InputError, RejectedError, UsageError
from riboswitch.io.atomic_files import write_json
from riboswitch.steps.prepare import prepare
from riboswitch.steps.screen import command, screen

SMILES = ["C" * n + tail for n in range(1, 9) for tail in ("O", "N", "C(=O)O", "c1ccccc1")]


@pytest.fixture(scope="module")
def model(of_lengths):
    return of_lengths(SMILES)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / "raw.csv"
    lines = [
        "smiles,name",
        *(f"{s},0{i}" for i, s in enumerate(SMILES)),
        "OC,again",
        "C(,bad",
        ",empty",
        "CCS,new",
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def library(raw, tmp_path_factory):
    return prepare(
        raw, tmp_path_factory.mktemp("library") / "made", reading={"id_column": "name"}, part_rows=13
    )


def test_the_counts_add_up_and_duplicates_are_marked(library):
    counts, table = library.header["counts"], library.table()
    assert counts["read"] == len(SMILES) + 4 == counts["accepted"] + counts["rejected"]
    assert len(library) == counts["accepted"] == len(table) == sum(library.header["rows"])
    assert library.header["rows"] == [13, 13, 8]
    assert len(library.rejected()) == counts["rejected"] == sum(counts["by_code"].values())
    again = table[table["duplicate_of"] != ""]
    assert again["id"].tolist() == ["again"] and again["duplicate_of"].tolist() == ["00"]
    assert table["key"].nunique() == len(table) - 1
    assert not table["row"].duplicated().any() and table["row"].is_monotonic_increasing


def test_duplicates_can_be_rejected_and_a_library_is_replaced(raw, tmp_path):
    prepare(raw, tmp_path / "made", part_rows=3)
    made = prepare(raw, tmp_path / "made", duplicates="reject", part_rows=20)
    assert len(list((tmp_path / "made").glob("part-*"))) == 4
    gone = made.rejected()
    assert gone["code"].tolist().count("DUPLICATE") == 1
    assert "row-1 in row 1" in gone.loc[gone["code"] == "DUPLICATE", "reason"].iloc[0]
    one, two = (prepare(raw, tmp_path / n).folder for n in "ab")
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes()


def test_ids_of_rejected_rows_stay_text(tmp_path):
    (tmp_path / "raw.csv").write_text("smiles,name\nC,001\nC(,002\n")
    made = prepare(tmp_path / "raw.csv", tmp_path / "made", reading={"id_column": "name"})
    assert made.rejected()["id"].tolist() == ["002"]


@pytest.fixture(params=[4, 256])
def blocks(library, tmp_path, request):
    """The library in blocks of another size."""
    shutil.copytree(library.folder, tmp_path / "blocks")
    write_json(library.header | {"block_rows": request.param}, tmp_path / "blocks/library.json")
    return Library.open(tmp_path / "blocks")


@pytest.mark.parametrize("shards", [1, 2, 3, 5, 40])
def test_shards_joined_are_the_whole(blocks, model, shards):
    library = blocks
    whole = screen(library, {"solubility": model})
    parts = [screen(library, {"solubility": model}, shard=i, shards=shards) for i in range(shards)]
    assert all(list(part) == list(whole) for part in parts)
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    assert whole["id"].tolist() == library.table()["id"].tolist()


def test_scores_say_how_far_they_reach(library, model):
    assert "similarity" not in screen(library, model)
    made = screen(library, model, nearest=True).set_index("id")
    assert made["in_training"].drop("new").all() and not made.loc["new", "in_training"]
    assert made.loc["00", "nearest_training"] == "m1" and made.loc["00", "similarity"] == 1.0
    assert 0 <= made.loc["new", "similarity"] < 1
    assert made.loc["again", "y"] == pytest.approx(made.loc["00", "y"], abs=1e-5)


def test_a_list_is_scored_like_a_library_rejections_in_place(library, model):
    table = library.table()
    inputs = ["C(", *table["molecule"][:3], None, float("nan")]
    made = screen(inputs, model)
    assert made["status"].tolist()[1:4] == ["ok"] * 3 and (made["status"] != "ok").sum() == 3
    scored = screen(library, model)
    np.testing.assert_allclose(made["y"][1:4], scored["y"][:3], atol=1e-5)
    assert made["y"].isna().tolist() == [True, False, False, False, True, True]
    named = screen(pd.DataFrame({"smiles": ["CO", "CN"], "id": ["a", "b"]}), {"s": model})
    assert named["id"].tolist() == ["a", "b"] and "s.y" in named
    for nothing in ([], ["C("]):
        empty = screen(nothing, model)
        assert len(empty) == len(nothing) and {"y", "similarity"} <= set(empty)
    for wrong in ("CCO", pd.DataFrame({"structure": ["C"]})):
        with pytest.raises(UsageError):
            screen(wrong, model)


def test_raw_compounds_are_read_as_the_training_data_were(model, tmp_path):
    (tmp_path / "raw.csv").write_text("smiles\nCCO\nCCCCCCCC\n")
    strict = Model({**model.header, "reading": {"max_atoms": 5}}, model.tensors)
    strict.save(tmp_path / "strict.safetensors")
    assert screen(["CCO", "CCCCCCCC"], strict)["status"].tolist() == ["ok", "TOO_LARGE"]
    command(str(tmp_path / "raw.csv"), [str(tmp_path / "strict.safetensors")],
            output=str(tmp_path / "out.csv"))  # fmt: skip
    assert pd.read_csv(tmp_path / "out.csv")["status"].tolist() == ["ok", "TOO_LARGE"]
    with pytest.raises(UsageError, match="suffix must be"):
        command("missing.csv", ["missing.safetensors"], output=str(tmp_path / "out.xlsx"))


def test_what_is_no_library_or_fits_no_model_is_refused(library, model, gene_model, tmp_path, raw):
    with pytest.raises(InputError, match="not a prepared library"):
        Library.open(tmp_path)
    with pytest.raises(UsageError, match="no such shard"):
        screen(library, model, shard=2, shards=2)
    with pytest.raises(UsageError, match="no libraries of this modality"):
        screen(["MKV"], gene_model)
    with pytest.raises(UsageError, match="no libraries of this modality"):
        prepare(raw, tmp_path / "x", modality="sequence")
    with pytest.raises(UsageError, match="Did you mean 'id_column'"):
        prepare(raw, tmp_path / "x", reading={"id_colum": "name"})
    with pytest.raises(UsageError, match="no such duplicates_by"):
        prepare(raw, tmp_path / "x", duplicates_by="name")
    with pytest.raises(InputError, match="no such file"):
        prepare(tmp_path / "none.csv", tmp_path / "x")
    with pytest.raises(UsageError, match="no such duplicates"):
        prepare(raw, tmp_path / "x", duplicates="drop")
    assert not (tmp_path / "x").exists()


def test_a_library_of_nothing_is_no_library(tmp_path):
    (tmp_path / "raw.csv").write_text("smiles\nC(\n)\nC\n")
    with pytest.raises(RejectedError, match="2 of 3 rows were rejected"):
        prepare(tmp_path / "raw.csv", tmp_path / "made")
    assert not (tmp_path / "made" / "library.json").exists()
