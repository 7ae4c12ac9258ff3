"""Laws of screen: no score depends on the processes, the shards or the blocks."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

from riboswitch.data.library import Library
from riboswitch.data.model import Model
from riboswitch.errors import InputError, UsageError
from riboswitch.io.sealed import write_sealed
from riboswitch.learning.trust.out_of_fold import OutOfFold
from riboswitch.screening.top_rows import top
from riboswitch.steps.prepare import prepare
from riboswitch.steps.screen import command, screen
from screening.compounds import AMINES


@pytest.fixture(params=[4, 256])
def blocks(chain_library, tmp_path, request):
    """The library in blocks of another size."""
    shutil.copytree(chain_library.folder, tmp_path / "blocks")
    write_sealed(chain_library.header | {"block_rows": request.param}, tmp_path / "blocks/library.json")
    return Library.open(tmp_path / "blocks")


@pytest.mark.parametrize("shards", [1, 2, 3, 5, 40])
def test_shards_joined_are_the_whole(blocks, chain_model, shards):
    library = blocks
    whole = screen(library, {"solubility": chain_model})
    parts = [screen(library, {"solubility": chain_model}, shard=i, shards=shards) for i in range(shards)]
    assert all(list(part) == list(whole) for part in parts)
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    assert whole["id"].tolist() == library.table()["id"].tolist()


def test_processes_do_not_change_a_byte_of_the_scores(small_blocks, bundle, tmp_path):
    for processes in (1, 2):
        command(str(small_blocks.folder), [str(bundle)], output=str(tmp_path / f"{processes}.parquet"),
                processes=processes, top=5)  # fmt: skip
    for name in ("{}.parquet", "{}.top.parquet"):
        assert (tmp_path / name.format(1)).read_bytes() == (tmp_path / name.format(2)).read_bytes()
    scores = pd.read_parquet(tmp_path / "1.parquet")
    assert scores["row"].tolist() == small_blocks.table()["row"].tolist()
    assert scores["y"].dtype == np.float32
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "1.top.parquet"), top(scores, 5, "y"))


def test_a_training_compound_is_scored_by_networks_that_did_not_see_it(small_blocks, model):
    """Only training compounds that were held out change, and are marked."""
    made = Model(model.header, dict(model.tensors))
    before = screen(small_blocks, made)
    answers = np.full((len(made.texts("training.ids")), 1), 7.5, np.float32)
    answers[::2] = np.nan
    OutOfFold(answers).store(made)
    after = screen(small_blocks, made)
    apart = after["out_of_fold"]
    assert "out_of_fold" not in before and apart.any() and (before["in_training"] & ~apart).any()
    assert (after.loc[apart, "y"] == 7.5).all() and before.loc[apart, "in_training"].all()
    pd.testing.assert_frame_equal(after[~apart].drop(columns="out_of_fold"), before[~apart])


def test_a_model_without_training_compounds_gives_the_same_scores(small_blocks, model, raw, tmp_path):
    names = {name: tensor for name, tensor in model.tensors.items() if not name.startswith("training.")}
    blind = Model(model.header, names)
    made = screen(small_blocks, blind)
    assert list(made) == ["row", "id", "forms", "y", "y_sd", "y_low", "y_high"]
    np.testing.assert_array_equal(made["y"], screen(small_blocks, model)["y"])
    assert list(screen(["CC", "C("], blind))[4:] == ["forms", "y", "y_sd", "y_low", "y_high"]


def test_raw_rows_are_scored_in_place_in_any_number_of_processes(raw, library, bundle, tmp_path, monkeypatch):
    monkeypatch.setattr("riboswitch.screening.screen_library.CHUNK_ROWS", 8)
    for processes in (1, 2):
        command(str(raw), [str(bundle)], output=str(tmp_path / f"{processes}.parquet"), processes=processes)
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()
    made = pd.read_parquet(tmp_path / "1.parquet")
    assert made["row"].tolist() == list(range(1, len(AMINES) + 1))
    bad = np.arange(len(AMINES)) % 10 == 9
    assert ((made["status"] == "BAD_SMILES") == bad).all() and (made["y"].isna() == bad).all()
    stored = screen(library, Model.load(bundle)).set_index("row")["y"]
    np.testing.assert_allclose(made.set_index("row")["y"][stored.index], stored, atol=1e-5)
    known = {*map(Chem.CanonSmiles, AMINES[:40])}
    shown = [Chem.CanonSmiles(smiles) in known for smiles in np.array(AMINES)[~bad]]
    assert made["in_training"][~bad].tolist() == shown and made["in_training"][bad].isna().all()
    command(str(raw), [str(bundle)], output=str(tmp_path / "near.csv"), processes=1, nearest=True)
    near = pd.read_csv(tmp_path / "near.csv")
    assert {"nearest_training", "similarity"} <= set(near) and len(near) == len(made)


def test_rows_of_a_raw_file_that_are_all_bad_give_no_file(bundle, tmp_path):
    (tmp_path / "bad.csv").write_text("smiles\nC(\n")
    with pytest.raises(InputError, match="none of the rows"):
        command(str(tmp_path / "bad.csv"), [str(bundle)], output=str(tmp_path / "out.csv"), processes=1)
    assert not (tmp_path / "out.csv").exists()


def test_scores_name_the_nearest_training_compound(chain_library, chain_model):
    assert "similarity" not in screen(chain_library, chain_model)
    made = screen(chain_library, chain_model, nearest=True).set_index("id")
    assert made["in_training"].drop("new").all() and not made.loc["new", "in_training"]
    assert made.loc["00", "nearest_training"] == "m1" and made.loc["00", "similarity"] == 1.0
    assert 0 <= made.loc["new", "similarity"] < 1
    assert made.loc["again", "y"] == pytest.approx(made.loc["00", "y"], abs=1e-5)


def test_a_list_gets_the_scores_of_the_library_and_rejections_keep_their_place(chain_library, chain_model):
    table = chain_library.table()
    inputs = ["C(", *table["molecule"][:3], None, float("nan")]
    made = screen(inputs, chain_model)
    assert made["status"].tolist()[1:4] == ["ok"] * 3 and (made["status"] != "ok").sum() == 3
    scored = screen(chain_library, chain_model)
    np.testing.assert_allclose(made["y"][1:4], scored["y"][:3], atol=1e-5)
    assert made["y"].isna().tolist() == [True, False, False, False, True, True]
    named = screen(pd.DataFrame({"smiles": ["CO", "CN"], "id": ["a", "b"]}), {"s": chain_model})
    assert named["id"].tolist() == ["a", "b"] and "s.y" in named
    for nothing in ([], ["C("]):
        empty = screen(nothing, chain_model)
        assert len(empty) == len(nothing) and {"y", "similarity"} <= set(empty)
    for wrong in ("CCO", pd.DataFrame({"thing": ["C"]})):
        with pytest.raises(UsageError):
            screen(wrong, chain_model)


def test_raw_compounds_are_read_as_the_training_data_were(chain_model, tmp_path):
    (tmp_path / "raw.csv").write_text("smiles\nCCO\nCCCCCCCC\n")
    strict = Model({**chain_model.header, "reading": {"max_atoms": 5}}, chain_model.tensors)
    strict.save(tmp_path / "strict.safetensors")
    assert screen(["CCO", "CCCCCCCC"], strict)["status"].tolist() == ["ok", "TOO_LARGE"]
    command(str(tmp_path / "raw.csv"), [str(tmp_path / "strict.safetensors")],
            output=str(tmp_path / "out.csv"))  # fmt: skip
    assert pd.read_csv(tmp_path / "out.csv")["status"].tolist() == ["ok", "TOO_LARGE"]
    with pytest.raises(UsageError, match="suffix must be"):
        command("missing.csv", ["missing.safetensors"], output=str(tmp_path / "out.xlsx"))


def test_wrong_libraries_models_and_options_are_refused(
    chain_library, chain_model, gene_model, tmp_path, chain_rows
):
    with pytest.raises(InputError, match="not a prepared library"):
        Library.open(tmp_path)
    with pytest.raises(UsageError, match="no such shard"):
        screen(chain_library, chain_model, shard=2, shards=2)
    with pytest.raises(UsageError, match="no libraries of this modality"):
        screen(["MKV"], gene_model)
    with pytest.raises(UsageError, match="no libraries of this modality"):
        prepare(chain_rows, tmp_path / "x", modality="sequence")
    with pytest.raises(UsageError, match="Did you mean 'id_column'"):
        prepare(chain_rows, tmp_path / "x", reading={"id_colum": "name"})
    with pytest.raises(UsageError, match="no such duplicates_by"):
        prepare(chain_rows, tmp_path / "x", duplicates_by="name")
    with pytest.raises(InputError, match="no such file"):
        prepare(tmp_path / "none.csv", tmp_path / "x")
    with pytest.raises(UsageError, match="no such duplicates"):
        prepare(chain_rows, tmp_path / "x", duplicates="drop")
    assert not (tmp_path / "x").exists()
