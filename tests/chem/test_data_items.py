"""Data items of SD records: read as they are meant, or the record is rejected."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem, rdBase

from chem.mol_blocks import rows, v2000
from riboswitch.chem import sdf
from riboswitch.chem.ctfile import data_items
from riboswitch.errors import Problem

BLOCK = v2000()
LETTERS = st.characters(codec="ascii", categories=["L", "N"])
NAMES = (
    st.text(st.one_of(LETTERS, st.sampled_from("_.-() %µ")), min_size=1, max_size=12)
    .map(str.strip)
    .filter(
        lambda name: name and name[0] != "_"  # RDKit hides these
    )
)
VALUE_LINES = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20
).filter(lambda line: line.strip() and not line.startswith((">", "$")))
VALUES = st.lists(VALUE_LINES, min_size=1, max_size=3).map("\n".join)
HEADERS = st.sampled_from([">  <{}>", "> <{}>", ">  <{}>  (1)", "> 25 <{}> DT12", "> <{}> FROM ARCHIVES"])


def written(items: dict[str, str], header: str = ">  <{}>") -> str:
    return "".join(f"{header.format(name)}\n{value}\n\n" for name, value in items.items())


def by_rdkit(record: str) -> dict[str, str]:
    with rdBase.BlockLogs():
        mol = next(iter(Chem.ForwardSDMolSupplier(BytesIO(record.encode()))))
    return {name: mol.GetProp(name) for name in mol.GetPropNames()}


@given(st.dictionaries(NAMES, VALUES, max_size=5), HEADERS)
@settings(deadline=None)
def test_well_formed_items_are_those_that_rdkit_reads(items: dict[str, str], header: str) -> None:
    text = written(items, header) + "$$$$\n"
    assert data_items.read(text.split("\n")[:-1]) == items == by_rdkit(BLOCK + text)


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), st.data())
@settings(deadline=None)
def test_lines_of_blanks_and_forgotten_empty_lines_change_no_item(
    items: dict[str, str], data: st.DataObject
) -> None:
    """Between items stand any number of blank lines; none, if a header follows that no value looks like."""
    blanks = st.lists(st.sampled_from(["", " ", "\t", "   "]), max_size=3)
    lines: list[str] = []
    for name, value in items.items():
        plain = name[0].isalpha()
        before = data.draw(blanks)
        lines += before if before or plain or not lines else [""]
        lines += [f"> <{name}>", *value.split("\n")]
    assert data_items.read([*lines, "$$$$"]) == items


@given(st.lists(st.sampled_from(
    ["> <a>", "> <b>", ">  <a> (1)", "> DT12", "> <>", ">", "> 5", ">5", "", " ", "x", "> <a> <b>", "> <c"]
), max_size=8))  # fmt: skip
@settings(deadline=None, max_examples=500)
def test_no_text_is_lost(lines: list[str]) -> None:
    """Each line is in an item or the record is rejected: names and values together hold all of the text."""
    read = data_items.read([*lines, "$$$$"])
    if isinstance(read, Problem):
        assert (read.code, bool(read.reason), bool(read.hint)) == ("BAD_RECORD", True, True)
        return
    kept = {line for value in read.values() for line in value.split("\n")}
    headers = {line for line in lines if line.startswith(">") and line not in kept}
    assert {line for line in lines if line.strip()} <= kept | headers
    assert {data_items._header(line)[0] for line in headers} == read.keys()


READ = {
    "a value that is empty": ("> <a>\n\n> <b>\n1\n\n", {"a": "", "b": "1"}),
    "two empty lines": ("> <a>\n1\n\n\n> <b>\n2\n\n", {"a": "1", "b": "2"}),
    "a line of blanks": ("> <a>\n1\n \t\n> <b>\n2\n\n", {"a": "1", "b": "2"}),
    "no empty line": ("> <a>\n1\n>  <b>  (7)\n2\n\n", {"a": "1", "b": "2"}),
    "no value and no empty line": ("> <a>\n> <b>\n2\n\n", {"a": "", "b": "2"}),
    "no empty line at the end": ("> <a>\n1\n", {"a": "1"}),
    "field numbers": ("> DT12\n3\n\n> 55 DT13 (A1)\n4\n\n", {"DT12": "3", "DT13": "4"}),
    "a name before a field number": ("> 25 <M.P> DT12 (A1)\n3\n\n", {"M.P": "3"}),
    "no blank in the header": ("><a>\n1\n\n>\t<b>\n2\n\n", {"a": "1", "b": "2"}),
    "blanks around a name": ("> < a >\n1\n\n", {"a": "1"}),
    "signs in a name": ("> <a<b>\n1\n\n> <c>d>\n2\n\n", {"a<b": "1", "c>d": "2"}),
    "brackets in a name": ("> <IC50 <10>>\n3\n\n", {"IC50 <10>": "3"}),
    "a value that starts with >": ("> <a>\n>10\n\n> <b>\n> 10\n\n", {"a": ">10", "b": "> 10"}),
    "several lines": ("> <a>\n1  \n\t2\n\n", {"a": "1  \n\t2"}),
    "a long value": (f"> <a>\n{'x' * 5000}\n\n", {"a": "x" * 5000}),
    "the same twice": ("> <a>\n1\n\n> <a>\n1 \n\n", {"a": "1"}),
    "M  END in a value": ("> <a>\nM  END\n\n", {"a": "M  END"}),
    "none": ("", {}),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_what_is_clear_is_read(case: str) -> None:
    text, items = READ[case]
    assert data_items.read([*text.split("\n")[:-1], "$$$$"]) == items


DOUBTFUL = {
    "an empty line in a value": "> <a>\nline 1\n\nline 3\n\n",
    "text before the first item": "text\n> <a>\n1\n\n",
    "no name": "> <>\n1\n\n",
    "a name of blanks": "> <  >\n1\n\n",
    "neither name nor number": "> 25 (A1)\n1\n\n",
    "two names": "> <a> <b>\n1\n\n",
    "a blank before the header": " > <a>\n1\n\n",
    "twice": "> <a>\n1\n\n> <a>\n2\n\n",
    "twice, once empty": "> <a>\n1\n\n> <a>\n\n",
    "a value in the header": "> <a> 5.1\n\n",
    "a field number that may be a value": "> <a>\n1\n> DT12\n2\n\n",
    "a header that may be a value": "> <a>\n1\n><b>\n2\n\n",
    "a name of digits that may be a value": "> <a>\n1\n> <10>\n2\n\n",
}


@pytest.mark.parametrize("case", DOUBTFUL)
def test_what_is_in_doubt_is_a_problem(case: str) -> None:
    read = data_items.read([*DOUBTFUL[case].split("\n")[:-1], "$$$$"], 20)
    assert isinstance(read, Problem) and read.code == "BAD_RECORD"


@pytest.mark.parametrize(
    "end", ["> <a>\n5.1", "> <a>", "> <a>\n5.1\n> <b>\n2", "> <a>\n1\n\n$$", "> <a>\n1\n\n$$$$ more"]
)
def test_a_file_that_ends_within_an_item_may_be_cut(tmp_path, end: str) -> None:
    whole, cut = rows(tmp_path / "x.sdf", BLOCK + "> <a>\n1\n\n$$$$\n" + BLOCK + end)
    assert (whole.values["a"], cut.code) == ("1", "BAD_RECORD")


@pytest.mark.parametrize(("end", "value"), [("> <a>\n1\n\n", "1"), ("", None), ("\n", None)])
def test_a_file_may_end_without_dollars_after_a_whole_item(tmp_path, end: str, value: str | None) -> None:
    (row,) = rows(tmp_path / "x.sdf", BLOCK + end)
    assert row.values.get("a") == value


def test_dollars_end_a_record_wherever_they_stand(tmp_path) -> None:
    text = f"{BLOCK}> <a>\none\n$$$$ two\nthree\n\n$$$$\n{BLOCK}$$$$\n"
    assert [getattr(row, "code", "") for row in rows(tmp_path / "x.sdf", text)] == [
        "BAD_RECORD",
        "BAD_RECORD",
        "",
    ]
    text = f"{BLOCK}> <a>\ncosts $$$$\n\n$$$$  \n"
    assert [row.values["a"] for row in rows(tmp_path / "x.sdf", text)] == ["costs $$$$"]


def test_the_title_line_keeps_its_column(tmp_path) -> None:
    (row,) = rows(tmp_path / "x.sdf", BLOCK + written({"title": "other", "input_title": "third"}) + "$$$$\n")
    assert row.values == {"title": "name", "input_input_title": "other", "input_title": "third"}


def test_text_stays_as_it_is(tmp_path) -> None:
    text = BLOCK.replace("name", " a name ", 1) + written({"id": " X1  ", "blank": " "}) + "$$$$\n"
    assert rows(tmp_path / "x.sdf", text)[0].values == {"title": " a name ", "id": " X1  ", "blank": None}


def test_records_have_columns_of_their_own(tmp_path) -> None:
    one, other = rows(tmp_path / "x.sdf", f"{BLOCK}> <a>\n1\n\n$$$$\n{BLOCK}> <b>\n\n$$$$\n")
    assert (one.values, other.values) == ({"title": "name", "a": "1"}, {"title": "name", "b": None})


@pytest.mark.parametrize("blank", ["", "\n", " \n\n"])
def test_a_blank_record_is_a_row_without_a_structure(tmp_path, blank: str) -> None:
    text = f"{BLOCK}$$$$\n{blank}$$$$\n{BLOCK}$$$$\n"
    assert [getattr(row, "code", "") for row in rows(tmp_path / "x.sdf", text)] == ["", "EMPTY", ""]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_change_nothing(tmp_path, start: bytes, end: str) -> None:
    text = (BLOCK + "> <a>\n1\n2\n\n$$$$\n").replace("\n", end).encode()
    assert [row.values["a"] for row in rows(tmp_path / "x.sdf", start + text)] == ["1\n2"]


def test_bytes_of_latin_1_cost_their_record(tmp_path) -> None:
    text = (BLOCK + "> <a>\nm\xfcde\n\n$$$$\n").encode("latin-1") + (BLOCK + "$$$$\n").encode()
    assert [getattr(row, "code", "") for row in rows(tmp_path / "x.sdf", text)] == ["BAD_ENCODING", ""]


def test_a_record_that_is_too_long_costs_itself(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sdf, "MAX_LINES", 40)
    long = BLOCK + "> <a>\n" + "x\n" * 50 + "\n$$$$\n"
    found = rows(tmp_path / "x.sdf", f"{BLOCK}$$$$\n{long}{BLOCK}$$$$\n")
    assert [getattr(row, "code", "") for row in found] == ["", "TOO_LARGE", ""]
    with pytest.raises(Exception, match="not an SD file"):
        rows(tmp_path / "x.sdf", long)
