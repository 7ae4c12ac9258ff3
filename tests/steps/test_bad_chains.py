"""Chains with a label for each residue, promoters in parts: what may be wrong, each with its words."""

from __future__ import annotations

import re

import pytest

import riboswitch
from riboswitch.errors import RiboswitchError

CHAINS = {"reading": {"alphabet": "protein", "input_column": "input", "columns": ["expected"]}}
BAD_ROWS = {
    "a label more": ("MKVAA", "HELLLL", "BAD_LABEL", "6 labels for 5 positions"),
    "a label less": ("MKVAC", "HELL", "BAD_LABEL", "4 labels for 5 positions"),
    "a stop with a label": ("MKVAD*", "HELLLL", "BAD_LABEL", "6 labels for 5 positions"),
    "no labels": ("MKVAE", "", "MISSING_LABEL", "no label in expected"),
    "labels that are a gap of tables": ("MKVAF", "NA", "MISSING_LABEL", "no label in expected"),
    "labels with commas": ("MKVAG", '"H,E,L,L,L"', "BAD_LABEL", "9 labels for 5 positions"),
    "no chain": ("", "HELLL", "EMPTY", "the sequence is empty"),
    "a digit in the chain": ("MK1AA", "HELLL", "NOT_PROTEIN", "'1' at position 3 is no letter of protein"),
    "an alignment": ("MK-AA", "HELLL", "GAP", "gap '-' at position 3"),
    "dots of an alignment": ("M.VAA", "HELLL", "GAP", "gap '.' at position 2"),
}


def parsed(tmp_path, lines, source=CHAINS, **task):
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    how = {"kind": "per_position", "targets": ["expected"]} | task
    return riboswitch.parse([{"paths": [path], **source}], "sequence", **how)


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_chain_is_rejected_and_no_other_row_is_lost(tmp_path, name):
    chain, labels, code, reason = BAD_ROWS[name]
    records = parsed(tmp_path, ["id,input,expected", "1,MKVLA,HELHE", f"2,{chain},{labels}", "3,MKVLC,LLLLL"])
    assert records.ids == ["1", "3"]
    (found,) = records.rejected[["row", "code", "reason"]].to_numpy().tolist()
    assert found[:2] == [2, code] and reason in found[2]


def test_one_chain_with_two_structures_is_a_conflict(tmp_path):
    records = parsed(tmp_path, ["id,input,expected", "1,MKVLA,HELHE", "2,MKVLA,LLLLL", "3,MKVLC,LLLLL"])
    assert records.ids == ["3"] and set(records.rejected["code"]) == {"CONFLICTING_LABEL"}
    assert "Correct it at the source" in records.rejected["hint"].iloc[0]


PROMOTERS = {"reading": {"alphabet": "dna", "input_column": "up+core"}}
GOOD = ["id,up,core,y,quality", "1,ACG,TTTACA,1,good", "2,ACC,TTTACC,2,poor"]
BAD_FILES = {
    "a part that is not there": (PROMOTERS | {"reading": {"alphabet": "dna", "input_column": "up+kore"}}, {},
                                 "no such column; found 'up+kore'"),
    "a target that is not there": (PROMOTERS, {"targets": ["z"]}, "no such label column"),
    "a column to choose by that is not there": (PROMOTERS | {"keep": {"kwality": "good"}}, {},
                                                "no such column to choose rows by; found 'kwality'"),
    "a choice of nothing": (PROMOTERS | {"keep": {"quality": "best"}}, {}, "found 'best'"),
    "words for numbers": (PROMOTERS, {"targets": ["quality"]}, "BAD_LABEL"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_table_of_promoters_is_refused_in_one_line(tmp_path, name):
    source, task, message = BAD_FILES[name]
    with pytest.raises(RiboswitchError, match=re.escape(message)) as caught:
        parsed(tmp_path, GOOD, source, **({"kind": "regression", "targets": ["y"]} | task))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("line", "code", "reason"), [
    ("3,,,1,good", "EMPTY", "the sequence is empty"),
    ("3,AC!,TTT,1,good", "NOT_DNA", "'!' at position 3"),
    ("3,MKL,TTT,1,good", "PROTEIN_IN_DNA", ""),
    ("3,ACT,TTTACT,strong,good", "BAD_LABEL", "y is 'strong', not a number"),
    ("3,ACT,TTTACT,,good", "MISSING_LABEL", "no label in y"),
])  # fmt: skip
def test_a_bad_promoter_is_rejected_and_no_other_row_is_lost(tmp_path, line, code, reason):
    records = parsed(tmp_path, [*GOOD, line], PROMOTERS, kind="regression", targets=["y"])
    assert records.ids == ["1", "2"]
    (found,) = records.rejected[["code", "reason"]].to_numpy().tolist()
    assert found[0] == code and reason in found[1]
