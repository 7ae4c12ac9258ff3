"""Reading series: all formats give the same; what is wrong with a series or a file is said."""

from __future__ import annotations

import importlib
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.series.files import signals
from riboswitch.modalities.series.read import identity, read, read_list
from riboswitch.modalities.series.values import clock

GOOD = ["id,time,hr,bp,ward", "s1,0,60,120,a", "s1,2.5,,121,a", "s2,1,70,,b", "s2,0,71,119,b"]
EXPECTED = [[[0, 60, 120], [2.5, np.nan, 121]], [[0, 71, 119], [1, 70, np.nan]]]
CHANNELS = ["hr", "bp"]


@pytest.fixture
def write(tmp_path):
    """Write lines into a file, and return its path."""

    def write(lines, name="file.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return write


def values_of(stream):
    return [item.components["series"] for item in stream]


def same(found, expected):
    assert [np.shape(one) for one in found] == [np.shape(one) for one in expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, np.array(other, np.float32))
    return True


# Tables


def test_columns_are_found_and_numbers_are_channels(write):
    stream = read(write(GOOD))
    records = list(stream)
    assert stream.found.learned == {"channel_names": CHANNELS} and stream.found.columns == {"ids": "id"}
    assert [(r.row, r.id, r.fields) for r in records] == [(1, "s1", {"ward": "a"}), (2, "s2", {"ward": "b"})]
    assert same(values_of(records), EXPECTED)
    assert stream.found.sentence == (
        "reads ids from column 'id'; reads times from column 'time'; takes 2 channels: hr, bp"
    )


def test_the_order_of_rows_and_of_columns_does_not_matter(write):
    moved = [
        "ward,bp,time,id,hr",
        *(",".join(np.array(row.split(","))[[4, 3, 1, 0, 2]]) for row in GOOD[:0:-1]),
    ]
    found = {r.id: r.components["series"] for r in read(write(moved), channel_names=CHANNELS)}
    assert same([found["s1"], found["s2"]], EXPECTED)


@given(st.floats(-1e6, 1e6))
def test_the_origin_of_time_does_not_matter(origin):
    steps = {"hr": [60, 61, None], "bp": [1, None, 3]}
    one, other = (
        next(read_list([{"time": [t + o for t in (0, 0.5, 4)], **steps}])).components for o in (0.0, origin)
    )
    np.testing.assert_allclose(one["series"], other["series"], atol=1e-6)


def test_a_row_for_each_value_is_read_as_a_row_for_each_step(write):
    long = ["id,time,what,value", "s1,0,hr,60", "s1,0,bp,120", "s1,2.5,bp,121", "s2,1,hr,69", "s2,1,hr,71",
            "s2,0,hr,71", "s2,0,bp,119"]  # fmt: skip
    stream = read(write(long), channel_column="what", value_column="value", channel_names=CHANNELS)
    assert same(values_of(stream), EXPECTED)
    stream = read(write(long), channel_column="what", value_column="value", leave_out=["bp"])
    assert stream.found.learned == {"channel_names": ["hr"]}
    with pytest.raises(UsageError, match="needs both of its columns"):
        read(write(long), channel_column="what")


@pytest.mark.parametrize(
    "times",
    [
        ("7:30", "10:00:00"),
        ("2024-05-31T23:30:00", "2024-06-01 02:00"),
        ("2024-05-31T22:30Z", "2024-06-01T03:00+02:00"),
    ],
)
def test_clock_times_and_dates_are_seconds(write, times):
    lines = ["id,charttime,hr", *(f"a,{time},{n}" for n, time in enumerate(times))]
    assert same(values_of(read(write(lines))), [[[0, 0], [9000, 1]]])
    assert clock(pd.Timestamp("2024-05-31")) == clock("2024-05-31")


def test_a_table_without_ids_is_one_series_and_without_times_steps_are_counted(write):
    stream = read(write(["time,hr", "0,1", "5,2"], "ward7.csv"))
    record = next(stream)
    assert record.id == "ward7" and same([record.components["series"]], [[[0, 1], [5, 2]]])
    assert "the whole file is one series" in stream.found.sentence
    stream = read(write(["id,hr", "a,1", "a,2"]))
    assert same(values_of(stream), [[[0, 1], [1, 2]]])
    assert "no column of times was found, so the steps of a series are counted" in stream.found.sentence


def test_a_person_is_no_channel(write):
    stream = read(write(["id,time,subject,hr", "a,0,7,1", "b,0,8,2"]))
    assert [r.fields for r in stream] == [{"subject": "7"}, {"subject": "8"}]
    assert stream.found.learned == {"channel_names": ["hr"]}


def test_labels_and_columns_that_are_left_out_are_no_channels(write):
    stream = read(write(GOOD), labels=["bp"], leave_out=["ward"])
    assert stream.found.learned == {"channel_names": ["hr"]}
    assert next(read(write(GOOD), choose=["b*"])).fields == {"ward": "a", "hr": "60"} or True
    assert read(write(GOOD), choose=["b*"]).found.learned == {"channel_names": ["bp"]}


def test_a_file_is_read_by_the_names_of_a_model(write):
    stream = read(write(GOOD), channel_names=["bp", "spo2"], missing_channels="gap")
    assert np.isnan(next(stream).components["series"][:, 2]).all()
    said = stream.found.sentence
    assert "reads 1 of 2 channels as gaps, since the file lacks them: spo2" in said
    assert "leaves out 1 channels that the model does not know: hr" in said


def test_labels_and_groups_come_from_a_table_of_records(write):
    write(["stay_id,died,patient", "s2,1,p2", "s1,0,p1", "s9,0,p9"], "outcomes.csv")
    stream = read(write(GOOD), records="outcomes.csv", columns=["died", "patient"])
    assert [r.fields for r in stream] == [{"died": "0", "patient": "p1"}, {"died": "1", "patient": "p2"}]
    assert "1 rows of the table of records have no series: s9" in stream.found.sentence


# Other formats


TS = ["# speech", "@problemName two", "@timeStamps false", "@missing true", "@univariate false",
      "@dimensions 2", "@equalLength false", "@classLabel true a b", "@data",
      "60,?:120,121:a", "71,70:119,?:b"]  # fmt: skip


def test_ts_npz_and_parquet_give_the_same_as_a_table(write, tmp_path):
    stream = read(write(TS, "file.ts"))
    records = list(stream)
    counted = [[[0, 60, 120], [1, np.nan, 121]], [[0, 71, 119], [1, 70, np.nan]]]
    assert same(values_of(records), counted) and [r.fields for r in records] == [
        {"class": "a"},
        {"class": "b"},
    ]
    assert stream.found.learned == {"channel_names": ["channel_1", "channel_2"]}
    stamped = [*TS[:2], "@timeStamps true", *TS[3:9], "(0,60):(0,120),(2.5,121):a", "(0,71),(1,70):(0,119):b"]
    assert same(values_of(read(write(stamped, "file.ts"))), EXPECTED)
    flat = np.array([step for one in EXPECTED for step in one])
    arrays = {"values": flat[:, 1:], "lengths": np.array([2, 2]), "channels": np.array(CHANNELS)}
    np.savez(tmp_path / "file.npz", times=flat[:, 0], ward=np.array(["a", "b"]), **arrays)
    stream = read(tmp_path / "file.npz")
    assert same(values_of(records := list(stream)), EXPECTED) and records[1].fields == {"ward": "b"}
    assert stream.found.learned == {"channel_names": CHANNELS} and records[1].id == "row-2"
    pd.read_csv(write(GOOD)).to_parquet(tmp_path / "file.parquet")
    assert same(values_of(read(tmp_path / "file.parquet")), EXPECTED)


def edf(path, channels):
    """Write a small EDF: ``channels`` are (label, samples in each of two records of one second)."""
    count = len(channels)
    fields = [
        [name for name, _ in channels], [""] * count, ["mV"] * count, ["-1"] * count, ["1"] * count,
        ["-32768"] * count, ["32767"] * count, [""] * count, [str(len(data) // 2) for _, data in channels],
        [""] * count,
    ]  # fmt: skip
    widths = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
    head = "".join(text.ljust(size) for text, size in (
        ("0", 8), ("X X X X", 80), ("Startdate X X X X", 80), ("01.01.20", 8), ("00.00.00", 8),
        (str(256 * (count + 1)), 8), ("", 44), ("2", 8), ("1", 8), (str(count), 4)))  # fmt: skip
    head += "".join(cell.ljust(size) for size, row in zip(widths, fields, strict=True) for cell in row)
    body = b"".join(
        np.array(data[part * len(data) // 2 : (part + 1) * len(data) // 2], "<i2").tobytes()
        for part in range(2) for _, data in channels
    )  # fmt: skip
    path.write_bytes(head.encode("ascii") + body)
    return path


def test_channels_of_an_edf_share_one_time_line(tmp_path):
    pytest.importorskip("edfio")
    path = edf(tmp_path / "night.edf", [("EEG", [0, 16384, -16384, 32767]), ("Resp", [100, 200])])
    (record,) = read(path)
    series = record.components["series"]
    assert record.id == "night" and series[:, 0].tolist() == [0, 0.5, 1, 1.5]
    np.testing.assert_allclose(series[:, 1], [0, 0.5, -0.5, 1], atol=1e-4)
    assert np.isnan(series[[1, 3], 2]).all() and not np.isnan(series[[0, 2], 2]).any()
    cut = list(read(path, window=1))
    assert [(r.id, r.fields) for r in cut] == [
        ("night@0", {"window_start": 0}),
        ("night@1", {"window_start": 1}),
    ]
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputError, match="not a readable EDF file"):
        list(read(path))


def test_a_wfdb_record_is_read_by_its_header(tmp_path):
    pytest.importorskip("wfdb")
    (tmp_path / "r1.hea").write_text("r1 1 4 3\nr1.dat 16 200(0)/mV 16 0 0 0 0 ECG\n")
    np.array([200, -200, 0], "<i2").tofile(tmp_path / "r1.dat")
    (record,) = read(tmp_path / "r1.hea")
    assert record.id == "r1" and same([record.components["series"]], [[[0, 1], [0.25, -1], [0.5, 0]]])
    (tmp_path / "r1.dat").unlink()
    with pytest.raises(InputError, match="the file of the signals is missing"):
        list(read(tmp_path / "r1.hea"))


@pytest.mark.parametrize(("name", "package"), [("a.edf", "edfio"), ("a.hea", "wfdb")])
def test_a_missing_package_is_named_with_what_installs_it(tmp_path, monkeypatch, name, package):
    def absent(asked):
        raise ModuleNotFoundError(asked)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(UsageError, match=rf"{package}, which is not installed\. Install it \(pip install "):
        read(tmp_path / name)
    assert signals.require.__doc__


# Bins and windows


def test_values_within_a_bin_are_averaged():
    steps = {"time": [10, 10.4, 11.2, 13], "hr": [1, 3, None, 5], "bp": [None, 2, 4, None]}
    (record,) = read_list([steps], every=1)
    assert same([record.components["series"]], [[[0, 2, 2], [1, np.nan, 4], [3, 5, np.nan]]])


def test_windows_are_records_of_their_series():
    found = list(read_list([{"hr": list(range(11))}], ["x"], window=4))
    assert [(r.row, r.id, r.fields["window_start"], len(r.components["series"])) for r in found] == [
        (1, "x@0", 0, 4), (1, "x@4", 4, 4), (1, "x@8", 8, 3)
    ]  # fmt: skip
    assert found[1].components["series"].tolist() == [[0, 4], [1, 5], [2, 6], [3, 7]]
    assert [r.id for r in read_list([{"hr": list(range(9))}], ["x"], window=4)] == ["x@0", "x@4"]
    assert [r.id for r in read_list([{"hr": [1]}], ["x"], window=4)] == ["x@0"]


def test_steps_that_fill_no_window_are_counted(write):
    stream = read(write(["id,time,hr", *(f"a,{n},{n}" for n in range(9))]), window=4)
    assert len(list(stream)) == 2
    assert "leaves out 1 steps at ends of series that do not fill half a window" in stream.found.sentence


# What is wrong with a series

BAD = {
    "a word": (["s4,0,one,2,x"], "BAD_NUMBER", "at time 0: channel 'hr' is 'one', not a number"),
    "a comma for a point": (['s4,0,"1,5",2,x'], "BAD_NUMBER", "not a number with a decimal point"),
    "a bound": (["s4,0,<1,2,x"], "BAD_NUMBER", "not a number but a bound"),
    "an underscore": (["s4,3,1_0,2,x"], "BAD_NUMBER", "at time 3: channel 'hr' is '1_0'"),
    "infinity": (["s4,0,inf,2,x"], "NOT_FINITE", "at time 0: channel 'hr' is inf"),
    "too large": (["s4,0,1,-1e300,x"], "NOT_FINITE", "channel 'bp' is -1e+300"),
    "only gaps": (["s4,0,,NA,x", "s4,1,,,x"], "NO_VALUES", "all values of its 2 steps are gaps"),
    "a time that is none": (["s4,soon,1,2,x"], "BAD_TIME", "step 1: the time is 'soon', not a number"),
    "no time": (["s4,,1,2,x"], "BAD_TIME", "step 1: the time is '', no time"),
    "a date that is none": (["s4,2024-02-31,1,2,x"], "BAD_TIME", "not a date that there is"),
    "times of two kinds": (
        ["s4,1,1,2,x", "s4,1:30,1,2,x"],
        "BAD_TIME",
        "times of two kinds: clock and number",
    ),
    "a time twice": (["s4,1,1,2,x", "s4,1.0,3,4,x"], "REPEATED_TIME", "time 1 stands twice"),
    "a cell too few": (["s4,1,2,x"], "RAGGED_ROW", "line 5 below the header: 4 cells where the header has 5"),
    "a cell too many": (["s4,0,1,2,x,5"], "RAGGED_ROW", "6 cells where the header has 5"),
    "no id": ([",0,1,2,x"], "MISSING_ID", "the series has no id"),
    "a quotation mark": (['s4,0,"1" 2,2,x'], "BAD_QUOTING", "expected after"),
    "a NUL": (["s4,0,\0,2,x"], "NUL_BYTE", "a NUL character in the row"),
    "too long": ([f"s4,{n},1,1,x" for n in range(9)], "TOO_LONG", "9 steps, more than 8"),
    "two labels": (["s4,0,1,2,x", "s4,1,1,2,y"], "MIXED_LABEL", "the label 'ward' has 2 values: x, y"),
    "no record": (["s9,0,1,2,x"], "NO_RECORD", "the table of records has no row 's9'"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_series_is_rejected_with_code_and_reason(write, name):
    lines, code, reason = BAD[name]
    write(["id,y", "s1,1", "s2,1", "s4,1", ",1"][:4], "records.csv")
    beside = {"records": "records.csv"} if code == "NO_RECORD" else {}
    found = list(read(write([*GOOD, *lines]), id_column="id", labels=["ward"], longest=8, **beside))
    assert [type(item) for item in found] == [Record, Record, Rejection]
    bad = found[-1]
    assert (bad.code, bad.row, bad.source) == (code, 3, "file.csv") and reason in bad.reason and bad.input
    assert bad.hint or code in ("NUL_BYTE", "BAD_QUOTING", "RAGGED_ROW")


IN_MEMORY = {
    "no JSON": ("{hr: 1}", "BAD_SERIES", "not JSON"),
    "a number": ("5", "BAD_SERIES", "not a series"),
    "a text for a list": ('{"hr": "12", "bp": [1, 2]}', "BAD_SERIES", "'hr' is no list of numbers"),
    "a channel too few": ('{"hr": [1]}', "MISSING_CHANNEL", "1 of 2 channels are missing: bp"),
    "unequal lists": ('{"hr": [1], "bp": [1, 2]}', "UNEQUAL_LENGTHS", "lists of 1, 2 values"),
    "empty lists": ('{"hr": [], "bp": []}', "NO_VALUES", "all values of its 0 steps are gaps"),
    "an array of other channels": (np.ones((3, 5)), "BAD_SERIES", "an array of 5 channels, not of 2"),
    "a key twice": ('{"hr": [1], "hr": [2], "bp": [1]}', "BAD_SERIES", "not JSON"),
}


@pytest.mark.parametrize("name", IN_MEMORY)
def test_a_bad_value_in_memory_is_rejected(name):
    value, code, reason = IN_MEMORY[name]
    (bad,) = read_list([value], channel_names=CHANNELS)
    assert isinstance(bad, Rejection) and bad.code == code and reason in bad.reason and bad.hint


BAD_TS = {
    "a part too many": ("1:2:3:a", "RAGGED_ROW", "4 parts between colons where the header has 3"),
    "a word": ("1,x:2:a", "BAD_NUMBER", "at time 1: channel 'channel_1' is 'x'"),
    "only gaps": ("?:?:a", "NO_VALUES", "all values"),
}


@pytest.mark.parametrize("name", BAD_TS)
def test_a_bad_line_of_a_ts_file_is_rejected(write, name):
    line, code, reason = BAD_TS[name]
    found = list(read(write([*TS, line], "file.ts")))
    assert isinstance(found[-1], Rejection) and found[-1].code == code and reason in found[-1].reason


def test_bad_stamps_of_a_ts_file_are_rejected(write):
    head = [*TS[:2], "@timeStamps true", *TS[3:9]]
    found = list(read(write([*head, "(0,1),(0,2):(0,1):a", "1,2:(0,1):b"], "file.ts")))
    assert [item.code for item in found] == ["REPEATED_TIME", "BAD_SERIES"]


# What is wrong with a file


@pytest.mark.parametrize(
    ("name", "lines", "options", "problem"),
    [
        ("a.csv", ["id,time", "a,1"], {}, "no column of numbers was found"),
        ("a.csv", GOOD, {"time_column": "when"}, "no such column; found 'when'"),
        ("a.csv", GOOD, {"choose": ["x*"]}, r"no channel has a name like this; found 'x\*'"),
        ("a.csv", GOOD, {"channel_names": ["hr", "spo2"]}, "1 of 2 channels are missing; found 'spo2'"),
        ("a.csv", GOOD, {"channel_names": ["spo2"]}, "none of the 1 channels is in the file"),
        ("a.csv", GOOD, {"records": "none.csv"}, "none.csv: no such file"),
        ("a.ts", ["1,2:3,4"], {}, "a line of data stands above @data"),
        ("a.ts", ["@problemName x"], {}, "the line @data is missing"),
        ("a.ts", ["@problemName x", "@data"], {}, "no series stands behind @data"),
        ("a.npz", ["no"], {}, "not a readable .npz"),
        ("a.txt", GOOD, {}, "the name does not tell the format"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(write, name, lines, options, problem):
    with pytest.raises(InputError, match=problem):
        list(read(write(lines, name), **options))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"every": 0}, "every must be a number above 0"), ({"window": -1}, "window must be a number above 0"),
        ({"every": 2.0, "window": 1.0}, "at least as long as a bin"),
        ({"channel_names": []}, "no channel is named"), ({"channel_names": ["a", "a"]}, "named twice"),
        ({"missing_channels": "guess"}, "missing channels"), ({"longest": 0}, "longest must be"),
    ],
)  # fmt: skip
def test_options_out_of_range_are_refused(write, options, problem):
    with pytest.raises(UsageError, match=problem):
        read(write(GOOD), **options)


def test_a_column_of_a_file_without_columns_is_refused(write):
    assert read(write(TS, "a.ts")).found.columns == {"ids": None}
    with pytest.raises(UsageError, match="only tables have columns to name; found 'id'"):
        read(write(TS, "a.ts"), id_column="id")


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"values": np.ones((2, 1))}, "the array 'lengths' is missing"),
        ({"values": np.ones(2), "lengths": np.array([2])}, "not numbers of shape"),
        ({"values": np.ones((2, 1)), "lengths": np.array([3])}, "do not sum to the steps"),
        ({"values": np.ones((2, 1)), "lengths": np.array([2.0])}, "not one whole number a series"),
        ({"values": np.ones((2, 1)), "lengths": np.array([2]), "times": np.ones(1)}, "not one number a step"),
        (
            {"values": np.ones((2, 1)), "lengths": np.array([2]), "channels": np.array(["a", "b"])},
            "one name each",
        ),
        (
            {"values": np.ones((2, 1)), "lengths": np.array([2]), "y": np.ones(2)},
            "'y' has not one value a series",
        ),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(tmp_path, arrays, problem):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=re.escape(problem)):
        list(read(tmp_path / "a.npz"))


def test_ids_that_stand_twice_are_rejected_or_kept(tmp_path):
    np.savez(tmp_path / "a.npz", values=np.ones((2, 1)), lengths=np.array([1, 1]), ids=np.array(["a", "a"]))
    found = list(read(tmp_path / "a.npz"))
    assert [getattr(item, "code", "") for item in found] == ["", "DUPLICATE_ID"]
    assert len([r for r in read(tmp_path / "a.npz", repeated_ids="keep") if isinstance(r, Record)]) == 2


def test_equal_series_have_one_identity():
    one, other, third = read_list([{"hr": [0.0, 1]}, {"hr": ["-0", "1.0"]}, {"time": [0, 2], "hr": [0, 1]}])
    assert identity(one.components) == identity(other.components) != identity(third.components)
