"""Laws of prepare: no row is lost, and neither processes nor interruptions change a byte."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from riboswitch.errors import InputError, RejectedError
from riboswitch.screening import preparing
from riboswitch.steps.prepare import prepare
from screening.compounds import AMINES, CHAINS, PREPARING, Killed
from waiting import alive, until


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


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
def test_the_bytes_do_not_depend_on_the_size_of_chunks(raw, library, tmp_path, chunk, monkeypatch):
    monkeypatch.setattr(preparing, "CHUNK_ROWS", chunk)
    assert bytes_of(prepare(raw, tmp_path / "made", **PREPARING).folder) == bytes_of(library.folder)


def test_the_bytes_do_not_depend_on_the_number_of_processes(raw, library, tmp_path, monkeypatch):
    monkeypatch.setattr(preparing, "CHUNK_ROWS", 30)
    assert len(AMINES) > preparing.FEW_CHUNKS * preparing.CHUNK_ROWS
    made = prepare(raw, tmp_path / "made", processes=2, **PREPARING)
    assert bytes_of(made.folder) == bytes_of(library.folder)


def test_duplicates_are_kept_or_rejected_as_asked(raw, tmp_path):
    made = {d: prepare(raw, tmp_path / d, duplicates=d, duplicates_by="smiles") for d in ("keep", "reject")}
    assert (made["keep"].table()["duplicate_of"] == "").all()
    assert made["reject"].table()["key"].is_unique
    kept = made["keep"].table()
    assert (kept["key"] == kept["molecule"]).all()
    assert set(kept["key"]) == set(made["reject"].table()["key"])
    assert len(made["keep"]) > len(made["reject"])


@pytest.mark.parametrize("moment", [1, 2, 3, 4, 5, 11, 19, 25, 26])
def test_a_run_that_was_killed_anywhere_is_finished_by_the_next(raw, library, tmp_path, moment, monkeypatch):
    calls, replace = [], os.replace

    def dying(*paths):
        calls.append(paths)
        if len(calls) == moment:
            raise Killed
        replace(*paths)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "replace", dying)
        prepare(raw, tmp_path / "made", **PREPARING)
    (tmp_path / "made/.part-00000.arrow.x.partial").write_text("half")
    again = []
    monkeypatch.setattr(os, "replace", lambda *paths: (again.append(paths), replace(*paths)))
    assert bytes_of(prepare(raw, tmp_path / "made", **PREPARING).folder) == bytes_of(library.folder)
    finished = (moment - 1) // 4 if moment < 25 else 6
    assert len(again) == 4 * (len(library.header["rows"]) - finished) + 2


def test_a_finished_library_is_left_alone_and_another_source_is_not(raw, tmp_path, monkeypatch):
    made = prepare(raw, tmp_path / "made", **PREPARING)
    before = {path: path.stat().st_mtime_ns for path in made.folder.iterdir()}
    prepare(raw, tmp_path / "made", **PREPARING)
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
def add_a_row(path):
    with open(path, "a") as file:
        file.write("CCCCCCCCCCCCN,late,1\n")


def change_a_letter(path):
    """Size and time stay, so only the digest tells."""
    facts = path.stat()
    text = path.read_text()
    path.write_text(text.replace("CCN", "CCO", 1))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


@pytest.mark.parametrize("change", [add_a_row, change_a_letter])
def test_a_source_that_changes_is_refused_and_leaves_nothing_to_go_on_from(
    raw, library, tmp_path, change, monkeypatch
):
    source, before = tmp_path / raw.name, raw.read_bytes()
    source.write_bytes(before)
    monkeypatch.setattr(preparing, "CHUNK_ROWS", 30)
    take, batches = preparing._take, []

    def changing(*given):
        batches.append(given)
        if len(batches) == 2:
            change(source)
        take(*given)

    with monkeypatch.context() as patch, pytest.raises(InputError, match="changed while it was read"):
        patch.setattr(preparing, "_take", changing)
        prepare(source, tmp_path / "made", **PREPARING)
    assert not (tmp_path / "made/library.json").exists()
    source.write_bytes(before)
    assert bytes_of(prepare(source, tmp_path / "made", **PREPARING).folder) == bytes_of(library.folder)


def test_kill_9_leaves_no_process_and_the_next_run_finishes(raw, library, tmp_path):
    (tmp_path / "script.py").write_text(PREPARE)
    words = [sys.executable, tmp_path / "script.py", raw, tmp_path / "made"]
    running = subprocess.Popen([str(w) for w in words], start_new_session=True)
    until(lambda: (tmp_path / "made/part-00001.json").exists() or running.poll() is not None)
    running.send_signal(signal.SIGKILL)
    running.wait()
    until(lambda: not alive(running.pid))
    assert bytes_of(prepare(raw, tmp_path / "made", **PREPARING).folder) == bytes_of(library.folder)


def test_the_counts_add_up_and_duplicates_are_marked(chain_library):
    counts, table = chain_library.header["counts"], chain_library.table()
    assert counts["read"] == len(CHAINS) + 4 == counts["accepted"] + counts["rejected"]
    assert len(chain_library) == counts["accepted"] == len(table) == sum(chain_library.header["rows"])
    assert chain_library.header["rows"] == [13, 13, 8]
    assert len(chain_library.rejected()) == counts["rejected"] == sum(counts["by_code"].values())
    again = table[table["duplicate_of"] != ""]
    assert again["id"].tolist() == ["again"] and again["duplicate_of"].tolist() == ["00"]
    assert table["key"].nunique() == len(table) - 1
    assert not table["row"].duplicated().any() and table["row"].is_monotonic_increasing


def test_duplicates_can_be_rejected_and_a_library_is_replaced(chain_rows, tmp_path):
    prepare(chain_rows, tmp_path / "made", part_rows=3)
    made = prepare(chain_rows, tmp_path / "made", duplicates="reject", part_rows=20)
    assert len(list((tmp_path / "made").glob("part-*"))) == 4
    gone = made.rejected()
    assert gone["code"].tolist().count("DUPLICATE") == 1
    assert "00 in row 1" in gone.loc[gone["code"] == "DUPLICATE", "reason"].iloc[0]
    one, two = (prepare(chain_rows, tmp_path / n).folder for n in "ab")
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes()


def test_ids_of_rejected_rows_stay_text(tmp_path):
    (tmp_path / "raw.csv").write_text("smiles,name\nC,001\nC(,002\n")
    made = prepare(tmp_path / "raw.csv", tmp_path / "made", reading={"id_column": "name"})
    assert made.rejected()["id"].tolist() == ["002"]


def test_a_library_of_mostly_rejected_rows_is_not_made(tmp_path):
    (tmp_path / "raw.csv").write_text("smiles\nC(\n)\nC\n")
    with pytest.raises(RejectedError, match="2 of 3 rows were rejected"):
        prepare(tmp_path / "raw.csv", tmp_path / "made")
    assert not (tmp_path / "made" / "library.json").exists()
