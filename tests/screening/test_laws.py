"""Laws of prepare and screen: the bytes do not know how the work was divided, nor that it was interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

import riboswitch
from riboswitch.data import library as library_module
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.arrow_file import concatenated, cut, from_batches, reader, save, to_batch
from riboswitch.data.library import Library, block_rows
from riboswitch.data.model import Model
from riboswitch.errors import InputError, UsageError
from riboswitch.io.atomic_files import write_json
from riboswitch.io.parquet import read_meta
from riboswitch.screening import preparing
from riboswitch.screening.digests import FirstRows, FirstSeen
from riboswitch.screening.top_rows import merge_top, top
from riboswitch.steps.prepare import prepare
from riboswitch.steps.screen import command, screen
from waiting import alive, until

AMINES = [f"{'C' * i}N{'C' * j}" for i in range(1, 14) for j in range(1, 14)]  # each compound twice, but few


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# Blocks


@st.composite
def encoded(draw):
    """Items of two ragged fields and one of fixed length."""
    seed, many = draw(st.integers(0, 9999)), draw(st.integers(1, 30))
    rng = np.random.default_rng(seed)
    items = []
    for _ in range(many):
        size = rng.integers(0, 6)
        items.append({
            "atoms": rng.integers(0, 1 << 40, size),
            "ends": rng.integers(0, 99, (rng.integers(0, 7), 2)).astype(np.uint16),
            "globals": rng.normal(size=(1, 3)).astype(np.float32),
        })  # fmt: skip
    return RaggedArrays.pack("molecule", [f"m{i}" for i in range(many)], items, modality="none", encoder=1)


def require_equal(one, other):
    assert one.ids == other.ids and one.meta == other.meta and [*one.components] == [*other.components]
    np.testing.assert_array_equal(one.items(), other.items(), strict=True)
    assert one.only.values.keys() == other.only.values.keys()
    for name in one.only.values:
        np.testing.assert_array_equal(one.only.values[name], other.only.values[name], strict=True)
        np.testing.assert_array_equal(one.only.offsets[name], other.only.offsets[name], strict=True)


@settings(max_examples=40, deadline=None)
@given(encoded(), st.data())
def test_blocks_cut_and_joined_anywhere_are_the_whole(arrays, data):
    stops = sorted(data.draw(st.lists(st.integers(0, len(arrays)), max_size=4)))
    bounds = [0, *stops, len(arrays)]
    pieces = [cut(arrays, a, b) for a, b in pairwise(bounds)]
    require_equal(concatenated(pieces), arrays)
    whole = to_batch(arrays)
    batches = [whole.slice(a, b - a) for a, b in pairwise(bounds)]
    made = from_batches(batches, arrays.ids, read_meta(whole.schema))
    require_equal(made, arrays)
    assert all(value.flags.writeable for value in made.only.values.values())


@settings(max_examples=40, deadline=None)
@given(encoded(), st.data())
def test_blocks_of_records_that_share_items_hold_one_item_each(arrays, data):
    index = np.array(data.draw(st.lists(st.integers(0, len(arrays) - 1), min_size=1, max_size=40)))
    names = [f"r{i}" for i in range(len(index))]
    sharing = RaggedArrays(names, arrays.components, {"molecule": index}, arrays.meta)
    each = RaggedArrays.pack("molecule", names, [arrays.item(i) for i in index], **arrays.meta)
    middle = data.draw(st.integers(0, len(index)))
    pieces = [cut(sharing, 0, middle), sharing.take(np.arange(middle, len(index)))]
    require_equal(concatenated(pieces), each)
    whole = to_batch(sharing)
    require_equal(from_batches([whole], names, read_meta(whole.schema)), each)


def test_an_arrow_file_gives_back_what_was_saved(tmp_path):
    rng = np.random.default_rng(0)
    items = [{"x": rng.integers(0, 9, n % 3).astype(np.uint8)} for n in range(5000)]
    arrays = RaggedArrays.pack("molecule", [str(i) for i in range(5000)], items)
    save(arrays, tmp_path / "a.arrow")
    with reader(tmp_path / "a.arrow") as file:
        batches = [file.get_batch(i) for i in range(file.num_record_batches)]
    assert [len(b) for b in batches] == [2048, 2048, 904]
    require_equal(from_batches(batches, arrays.ids, read_meta(batches[0].schema)), arrays)


@given(st.integers(1, 10**9))
def test_blocks_are_powers_of_two_that_fit_into_parts(accepted):
    size = block_rows(accepted)
    assert 256 <= size <= 8_192 and size.bit_count() == 1 and library_module.PART_ROWS % size == 0
    assert size in (256, 8_192) or accepted / 16 < size <= accepted / 8


# Keys


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=3), max_size=200))
def test_first_seen_is_a_dictionary(texts):
    seen, expected = FirstSeen(), {}
    for number, text in enumerate(texts):
        assert seen.get(text) == expected.get(text) == seen.claim(text, number)
        expected.setdefault(text, number)
    assert len(seen) == len(expected)


def test_first_seen_grows_and_firsts_turn_pages(monkeypatch):
    monkeypatch.setattr(FirstRows, "PAGE", 7)
    seen, firsts = FirstSeen(), FirstRows()
    for number in range(20_000):
        seen.claim(f"key {number}", number)
        firsts.append(2 * number, f"id {number}")
    assert len(seen) == len(firsts) == 20_000
    for number in range(0, 20_000, 997):
        assert seen.get(f"key {number}") == number and firsts[number] == (2 * number, f"id {number}")


# Prepare


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Every tenth row cannot be read, and some come twice."""
    path = tmp_path_factory.mktemp("raw") / "raw.csv"
    lines = ["smiles,name,price"]
    for i, smiles in enumerate(AMINES):
        bad = i % 10 == 9
        lines.append(f"{'C(' if bad else smiles},c{i if i % 50 else 0},{i}")
    path.write_text("\n".join(lines) + "\n")
    return path


HOW = {"reading": {"id_column": "name"}, "part_rows": 23}


@pytest.fixture(scope="module")
def library(raw, tmp_path_factory):
    return prepare(raw, tmp_path_factory.mktemp("library") / "made", **HOW)


def test_every_row_is_accepted_or_rejected_with_its_reason(library):
    counts, table, gone = library.header["counts"], library.table(), library.rejected()
    assert counts["read"] == len(AMINES) == len(table) + len(gone)
    assert sorted([*table["row"], *gone["row"]]) == list(range(1, len(AMINES) + 1))
    assert gone["code"].value_counts().to_dict() == counts["by_code"]
    assert counts["by_code"]["DUPLICATE_ID"] == 3 and table["id"].is_unique
    first = table.drop_duplicates("key").set_index("key")["id"]
    expected = table["key"].map(first).where(table["key"].duplicated(), "")
    assert table["duplicate_of"].tolist() == expected.tolist()
    assert table["price"].tolist() == [str(row - 1) for row in table["row"]]


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_chunks_do_not_show(raw, library, tmp_path, chunk, monkeypatch):
    monkeypatch.setattr(preparing, "CHUNK_ROWS", chunk)
    assert bytes_of(prepare(raw, tmp_path / "made", **HOW).folder) == bytes_of(library.folder)


def test_processes_do_not_show(raw, library, tmp_path, monkeypatch):
    monkeypatch.setattr(preparing, "CHUNK_ROWS", 30)
    assert len(AMINES) > preparing.FEW_CHUNKS * preparing.CHUNK_ROWS
    made = prepare(raw, tmp_path / "made", processes=2, **HOW)
    assert bytes_of(made.folder) == bytes_of(library.folder)


def test_duplicates_are_what_the_user_says(raw, tmp_path):
    made = {d: prepare(raw, tmp_path / d, duplicates=d, duplicates_by="smiles") for d in ("keep", "reject")}
    assert (made["keep"].table()["duplicate_of"] == "").all()
    assert made["reject"].table()["key"].is_unique
    kept = made["keep"].table()
    assert (kept["key"] == kept["molecule"]).all()
    assert set(kept["key"]) == set(made["reject"].table()["key"])
    assert len(made["keep"]) > len(made["reject"])


class Killed(BaseException):
    """Like SIGKILL, nothing catches it."""


@pytest.mark.parametrize("moment", [1, 2, 3, 4, 5, 11, 19, 25, 26])
def test_a_run_that_ended_anywhere_goes_on(raw, library, tmp_path, moment, monkeypatch):
    calls, replace = [], os.replace

    def dying(*paths):
        calls.append(paths)
        if len(calls) == moment:
            raise Killed
        replace(*paths)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "replace", dying)
        prepare(raw, tmp_path / "made", **HOW)
    (tmp_path / "made/.part-00000.arrow.x.partial").write_text("half")
    again = []
    monkeypatch.setattr(os, "replace", lambda *paths: (again.append(paths), replace(*paths)))
    assert bytes_of(prepare(raw, tmp_path / "made", **HOW).folder) == bytes_of(library.folder)
    finished = (moment - 1) // 4 if moment < 25 else 6
    assert len(again) == 4 * (len(library.header["rows"]) - finished) + 2


def test_a_finished_library_is_left_alone_and_another_source_is_not(raw, tmp_path, monkeypatch):
    made = prepare(raw, tmp_path / "made", **HOW)
    before = {path: path.stat().st_mtime_ns for path in made.folder.iterdir()}
    prepare(raw, tmp_path / "made", **HOW)
    assert {path: path.stat().st_mtime_ns for path in made.folder.iterdir()} == before
    (tmp_path / "raw.csv").write_text("smiles\nCC\n")
    assert len(prepare(tmp_path / "raw.csv", tmp_path / "made")) == 1
    assert len([*made.folder.iterdir()]) == 4


PREPARE = """
import sys
from riboswitch import prepare
from riboswitch.screening import preparing
if __name__ == "__main__":
    preparing.CHUNK_ROWS = 40
    prepare(sys.argv[1], sys.argv[2], reading={"id_column": "name"}, part_rows=23, processes=2)
"""


@pytest.mark.slow
def test_kill_9_leaves_no_process_and_the_next_run_goes_on(raw, library, tmp_path):
    (tmp_path / "script.py").write_text(PREPARE)
    words = [sys.executable, tmp_path / "script.py", raw, tmp_path / "made"]
    running = subprocess.Popen([str(w) for w in words], start_new_session=True)
    until(lambda: (tmp_path / "made/part-00001.json").exists() or running.poll() is not None)
    running.send_signal(signal.SIGKILL)
    running.wait()
    until(lambda: not alive(running.pid))
    assert bytes_of(prepare(raw, tmp_path / "made", **HOW).folder) == bytes_of(library.folder)


# Screen


@pytest.fixture(scope="module")
def model(of_lengths):
    return of_lengths(map(Chem.CanonSmiles, AMINES[:40]))


@pytest.fixture(scope="module")
def bundle(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "model.safetensors"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def small_blocks(library):
    """The library in blocks of eight rows, three a part."""
    write_json(library.header | {"block_rows": 8}, library.folder / "library.json")
    yield Library.open(library.folder)
    write_json(library.header, library.folder / "library.json")


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


def test_the_best_of_shards_are_the_best_of_all(small_blocks, bundle, tmp_path):
    for shard in range(3):
        command(str(small_blocks.folder), [str(bundle)], output=str(tmp_path / f"{shard}.parquet"), top=4,
                shard=shard, shards=3, lowest=True, by="y", processes=1)  # fmt: skip
    tops = [pd.read_parquet(tmp_path / f"{shard}.top.parquet") for shard in range(3)]
    whole = screen(small_blocks, Model.load(bundle))
    pd.testing.assert_frame_equal(
        merge_top(tops, 4, "y", lowest=True), top(whole, 4, "y", lowest=True), check_dtype=False
    )


def test_a_screen_that_was_killed_starts_anew(small_blocks, bundle, tmp_path, monkeypatch):
    out = tmp_path / "scores.parquet"
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("riboswitch.screening.scorefile._ParquetFile.write", lambda *_: raise_killed())
        command(str(small_blocks.folder), [str(bundle)], output=str(out), processes=1)
    assert not out.exists()
    (tmp_path / ".scores.parquet.x.partial").write_text("half")
    command(str(small_blocks.folder), [str(bundle)], output=str(out), processes=1)
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


def raise_killed():
    raise Killed


def test_a_model_that_knows_no_training_compounds_screens_all_the_same(small_blocks, model, raw, tmp_path):
    names = {name: tensor for name, tensor in model.tensors.items() if not name.startswith("training.")}
    blind = Model(model.header, names)
    made = screen(small_blocks, blind)
    assert list(made) == ["row", "id", "y", "y_sd"]
    np.testing.assert_array_equal(made["y"], screen(small_blocks, model)["y"])
    assert list(screen(["CC", "C("], blind))[4:] == ["y", "y_sd"]


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


# The best


def scored(cells):
    score = np.array([np.nan if cell is None else cell for cell in cells], np.float32)
    return pd.DataFrame({"row": np.arange(len(cells)), "score": score})


tables = st.lists(st.integers(-3, 3) | st.none(), max_size=40).map(scored)


@settings(max_examples=60, deadline=None)
@given(tables, st.integers(1, 12), st.lists(st.integers(0, 40), max_size=4), st.booleans())
def test_the_best_of_the_bests_are_the_best_of_all(table, k, stops, lowest):
    bounds = [0, *sorted(min(s, len(table)) for s in stops), len(table)]
    parts = [table.iloc[a:b] for a, b in pairwise(bounds)]
    tops = [top(part, k, "score", lowest=lowest) for part in parts]
    found = riboswitch.merge_top(tops, k, "score", lowest=lowest)
    expected = table.dropna().sort_values(["score", "row"], ascending=[lowest, True], kind="stable")
    assert found["row"].tolist() == expected["row"].tolist()[:k]
    pd.testing.assert_frame_equal(found, riboswitch.merge_top(tops[::-1], k, "score", lowest=lowest))


def test_what_cannot_be_best_is_told(model, bundle, library):
    table = pd.DataFrame({"row": [1], "name": ["x"]})
    for by, told in (("score", "no such column"), ("name", "a column of numbers")):
        with pytest.raises(UsageError, match=told):
            top(table, 1, by)
    with pytest.raises(UsageError, match="beside the output"):
        command(str(library.folder), [str(bundle)], top=3)
    with pytest.raises(UsageError, match="--by"):
        command(str(library.folder), [f"a={bundle}", f"b={bundle}"], top=3, output="x.parquet")
    with pytest.raises(UsageError, match="name each"):
        command(str(library.folder), [f"a={bundle}", f"a={bundle}"])
