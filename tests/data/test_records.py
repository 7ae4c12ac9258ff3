"""Records: nothing is lost, whatever a file holds."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.data.records import Record, Records, Rejection
from riboswitch.errors import InputError, RejectedError
from riboswitch.io.cells import unguarded
from riboswitch.io.parquet import write_parquet

ODD = st.text(st.sampled_from("aZ\t\n\r\"',;\\\0\x85\u2028\u200bäß漢🧬é"), max_size=12)
TEXT = ODD | st.text(st.characters(codec="utf-8"), max_size=8)
RECORDS = st.builds(
    Record,
    row=st.integers(1, 10**9),
    id=TEXT,
    components=st.fixed_dictionaries({"molecule": TEXT}),
    fields=st.fixed_dictionaries({"name": TEXT | st.none()}),
    source=TEXT,
)
REJECTIONS = st.builds(
    Rejection,
    row=st.integers(1, 10**9),
    id=TEXT,
    input=TEXT,
    code=st.sampled_from(["MISSING_ID", "TOO_SHORT"]),
    reason=TEXT,
    hint=TEXT,
    source=TEXT,
)
STREAM = st.lists(RECORDS | REJECTIONS, max_size=6)


def same(one, other):
    pd.testing.assert_frame_equal(one.table, other.table, check_dtype=False)
    pd.testing.assert_frame_equal(one.rejected, other.rejected)
    assert (one.read, one.meta) == (other.read, other.meta)


@given(STREAM)
def test_every_row_is_accepted_or_rejected(stream):
    records = Records.collect(stream, ["molecule"])
    assert len(records) + len(records.rejected) == records.read == len(stream)
    accepted = [item for item in stream if isinstance(item, Record)]
    assert records.ids == [item.id for item in accepted]
    assert records.components == ["molecule"] == [*records.inputs]
    assert records.inputs["molecule"] == [item.components["molecule"] for item in accepted]
    assert [*records.each_input()] == [item.components for item in accepted]
    assert records.rejected["row"].tolist() == [i.row for i in stream if isinstance(i, Rejection)]
    assert sum(records.counts()["by_code"].values()) == records.counts()["rejected"]


@settings(max_examples=60, deadline=None)
@given(STREAM)
def test_records_come_back_as_they_were_saved_and_equal_ones_are_equal_bytes(stream):
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / n / "records.parquet" for n in "ab"]
        for path in paths:
            Records.collect(stream, ["molecule"], modality="molecule", number=3).save(path)
        same(Records.load(paths[0]), Records.collect(stream, ["molecule"], modality="molecule", number=3))
        for file in ("records.parquet", "rejected.tsv"):
            first, second = (path.with_name(file).read_bytes() for path in paths)
            assert first == second
        with open(paths[0].with_name("rejected.tsv"), encoding="utf-8", newline="") as file:
            ids = [row["id"] for row in csv.DictReader(file, delimiter="\t")]
        assert [*map(unguarded, ids)] == [
            item.id.replace("\0", "\\x00") for item in stream if isinstance(item, Rejection)
        ]


@settings(max_examples=40, deadline=None)
@given(STREAM, STREAM, st.randoms())
def test_rejecting_and_joining_keep_the_counts(one, other, random):
    joined = Records.concat(
        [Records.collect(one, ["molecule"]), Records.collect(other, ["molecule"])], modality="molecule"
    )
    assert joined.read == len(one) + len(other)
    gone = pd.Series([random.random() < 0.5 for _ in range(len(joined))], dtype=bool)
    rejections = [Rejection(int(row), "x", "y", "GONE", "because") for row in joined.table["row"][gone]]
    after = joined.reject(gone, rejections)
    assert after.read == joined.read
    assert len(after.rejected) == len(joined.rejected) + gone.sum()
    assert after.ids == [name for name, out in zip(joined.ids, gone, strict=True) if not out]
    assert after.table.index.tolist() == list(range(len(after)))


def test_records_that_lost_a_row_do_not_exist():
    good = Records.collect([Record(1, "a", {"molecule": "C"})], ["molecule"])
    with pytest.raises(AssertionError, match="2 rows read"):
        Records(good.table, good.rejected, 2)
    with pytest.raises(AssertionError):
        good.reject(pd.Series([True]), [])


def test_the_fraction_of_rejected_rows_can_be_limited():
    records = Records.collect(
        [Record(1, "a", {"molecule": "C"}), Rejection(2, "b", "?", "BAD", "no letter", "Look.")], ["molecule"]
    )
    assert records.require(0.5) is records
    with pytest.raises(RejectedError, match=r"1 of 2 rows.*50\.0%.*1 BAD; the first at row 2"):
        records.require(0.4, "a.csv")
    with pytest.raises(RejectedError, match="none of the 0 rows"):
        Records.collect([], ["molecule"]).require()


def test_a_file_that_holds_no_records_is_refused(tmp_path):
    path = tmp_path / "records.parquet"
    with pytest.raises(InputError, match=r"records\.parquet: no such file"):
        Records.load(path)
    write_parquet(pd.DataFrame({"id": ["a"]}), path)
    with pytest.raises(InputError, match="not a file of records of this version"):
        Records.load(path)
    path.write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="not a readable Parquet file"):
        Records.load(path)


def test_the_rejected_rows_of_others_are_refused(tmp_path):
    Records.collect(
        [Record(1, "a", {"molecule": "C"}), Rejection(2, "b", "?", "BAD", "no letter")],
        ["molecule"],
        modality="molecule",
    ).save(tmp_path / "a.parquet")
    one = [Record(1, "a", {"molecule": "C"})]
    Records.collect(one, ["molecule"], modality="molecule").save(tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"rejected\.tsv: not the rejected rows of a\.parquet"):
        Records.load(tmp_path / "a.parquet")
    (tmp_path / "rejected.tsv").write_text("nonsense\n1\n")
    with pytest.raises(InputError, match="not a table of rejected rows"):
        Records.load(tmp_path / "b.parquet")
    (tmp_path / "rejected.tsv").unlink()
    with pytest.raises(InputError, match="no such file"):
        Records.load(tmp_path / "b.parquet")


def test_records_beside_others_have_rejected_rows_of_their_own(tmp_path):
    one = Records.collect([Record(1, "a", {"molecule": "CCO"}), Rejection(2, "b", "x", "BAD_SMILES", "no")],
                          ["molecule"], modality="molecule")  # fmt: skip
    one.save(tmp_path / "unlabelled.parquet", tmp_path / "unlabelled-rejected.tsv")
    assert Records.load(tmp_path / "unlabelled.parquet").read == 2
