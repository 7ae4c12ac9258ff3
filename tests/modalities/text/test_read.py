"""Reading texts: columns are found, tokens join back to the text; what is wrong is said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.text.read import identity, kin, label_lengths, read, read_list
from riboswitch.modalities.text.tokens import (
    CHARACTERS,
    KINDS,
    character_codes,
    normal,
    spans,
    tokens,
    word_code,
)

TABLE = [
    "id,title,abstract,year",
    "a,Mood in mice,Mice were sad.,1999",
    "b,Lithium,,2001",
    'c,,"One, two.",2002',
]
IOB = ["Selegiline\tB-Chemical", "causes\tO", "postural\tB-Disease", "hypotension\tI-Disease", "",
       "No\tO", "MK-801\tB-Chemical"]  # fmt: skip


@pytest.fixture
def write(tmp_path):
    """Write lines into a file, and return its path."""

    def write(lines, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines) + b"\n")
        return path

    return write


# Tokens


@given(st.text())
def test_tokens_join_back_to_the_text(text):
    """Between two tokens there is white space and nothing else."""
    found = spans(text)
    assert [token.text for token in found] == tokens(text)
    assert all(text[begin:end] == token for token, begin, end in found)
    ends = [0, *(end for _, _, end in found)]
    begins = [*(begin for _, begin, _ in found), len(text)]
    assert all(not text[end:begin].strip() for end, begin in zip(ends, begins, strict=True))


@given(st.text())
def test_tokens_joined_by_blanks_are_the_same_tokens(text):
    assert tokens(" ".join(tokens(text))) == tokens(text)


@given(st.text(min_size=1))
def test_a_token_has_a_number_and_characters(text):
    for token in tokens(text):
        codes = character_codes(token)
        assert len(codes) == CHARACTERS and 0 < codes[0] < KINDS and max(codes) < KINDS
        assert 0 < word_code(token) < 2**63


def test_words_that_differ_in_case_and_digits_are_one():
    assert normal("MK-801") == "mk-000" and word_code("Mood12") == word_code("mOOd99") != word_code("mood1")


def test_of_a_long_token_the_ends_are_read():
    long = "methylenedioxymethamphetamine"
    assert character_codes(long) == character_codes(long[:10] + long[-10:])
    assert character_codes(long) != character_codes(long[:10] + long[-11:-1])


# Tables


def test_title_and_abstract_are_found_and_joined(write):
    stream = read(write(TABLE))
    records = list(stream)
    assert [r.components["text"] for r in records] == ["Mood in mice\nMice were sad.", "Lithium", "One, two."]
    assert [r.id for r in records] == ["a", "b", "c"] and records[0].fields == {"year": "1999"}
    assert stream.found.columns == {"texts": "title+abstract", "ids": "id"}


def test_a_column_of_texts_is_taken_before_titles(write):
    stream = read(write(["title,note,PMID", "x,Some words,7"], "file.csv"))
    assert next(stream).components["text"] == "Some words"
    assert stream.found.columns == {"texts": "note", "ids": "PMID"}


def test_named_columns_are_taken(write):
    (record,) = read(write(["a\tb\tc", "1\ttwo\tthree"], "file.tsv"), input_column="c+b", id_column="a")
    assert record.components["text"] == "three\ntwo" and record.id == "1" and record.fields == {}


# Files with tags


def test_a_file_with_tags_gives_one_letter_for_each_token(write):
    stream = read(write(IOB, "file.iob"))
    one, other = list(stream)
    assert one.components["text"] == "Selegiline causes postural hypotension" and one.fields == {
        "tags": "C-Dd"
    }
    assert other.components["text"] == "No MK-801" and other.fields == {"tags": "-Ccc"}
    assert stream.found.sentence.endswith("letters of the tags: Chemical C, Disease D")
    assert [label_lengths(r.components) for r in (one, other)] == [(4,), (4,)]


def test_other_schemes_of_tags_give_the_same_letters(write):
    iobes = ["Selegiline\tS-Chemical", "causes\tO", "postural\tB-Disease", "hypotension\tE-Disease"]
    first = ["Selegiline\tI-Chemical", "causes\tO", "postural\tI-Disease", "hypotension\tI-Disease"]
    for lines in (iobes, first):
        (record,) = read(write(lines, "file.bio"))
        assert record.fields["tags"] == "C-Dd"


def test_two_mentions_side_by_side_stay_two(write):
    (record,) = read(write(["A\tB-Chemical", "B\tB-Chemical", "C\tI-Disease", "D\tI-Chemical"], "f.iob"))
    assert record.fields["tags"] == "CCDC"


def test_types_can_have_other_letters_and_be_left_out(write):
    stream = read(write(IOB, "file.iob"), entities=["Chemical=X", "Disease=-"])
    assert [r.fields["tags"] for r in stream] == ["X---", "-Xxx"]


def test_sentences_of_a_document_are_one_text_if_that_is_asked_for(write):
    lines = ["-DOCSTART- (p1) O", "", *IOB, "", "###p2", "Mood\tO"]
    by_sentence = list(read(write(lines, "file.conll")))
    assert [r.fields["document"] for r in by_sentence] == ["p1", "p1", "p2"]
    assert [r.id for r in by_sentence] == ["row-1", "row-2", "row-3"]
    whole = list(read(write(lines, "file.conll"), unit="document"))
    assert [(r.id, r.fields["tags"]) for r in whole] == [("p1", "C-Dd-Ccc"), ("p2", "-")]


def test_tokens_without_tags_are_texts_to_predict(write):
    (record,) = read(write(["Mood", "in", "mice"], "file.iob"))
    assert record.components["text"] == "Mood in mice" and record.fields == {}


# Plain text


def test_a_plain_text_is_a_document_or_lines(write):
    path = write(["Mood in mice.", "Sad mice."], "paper.txt")
    assert [(r.id, r.components["text"]) for r in read(path)] == [("paper", "Mood in mice.\nSad mice.")]
    assert [r.components["text"] for r in read(path, unit="line")] == ["Mood in mice.", "Sad mice."]


# What is wrong


BAD_ROWS = {
    "no text": ("d,,,2000", "NO_TEXT", "there is no word and no mark"),
    "a gap": ("d,NA,NA,2000", "NO_TEXT", "there is no word and no mark"),
    "white space": ("d, \u2003 ,,2000", "NO_TEXT", "there is no word and no mark"),
    "too short": ("d,Mood,,2000", "TOO_SHORT", "1 tokens, fewer than 2"),
    "too long": ("d," + "mood " * 9 + ",,2000", "TOO_LONG", "9 tokens, more than 8"),
    "a control character": ("d,Mood\x07 in mice,,2000", "CONTROL_CHARACTER", "the character 7 at position 5"),
    "a NUL": ("d,Mood\0 in mice,,2000", "NUL_BYTE", "a NUL character in the row"),
    "not UTF-8": (b"d,Mood \xff mice,,2000", "BAD_ENCODING", "not UTF-8 text: byte 0xff"),
    "a cell too few": ("d,Mood in mice,2000", "RAGGED_ROW", "3 cells where the header has 4"),
    "a cell too many": ("d,Mood, in mice,1,2000", "RAGGED_ROW", "5 cells where the header has 4"),
    "a quotation mark": ('d,"Mood" in mice,,2000', "BAD_QUOTING", "expected after"),
    "a blank line": ("", "EMPTY", "a blank line"),
    "no id": (",Mood in mice,,2000", "MISSING_ID", "the row has no id"),
    "an id again": ("a,Mood in mice,,2000", "DUPLICATE_ID", "row 1 has the id 'a' already"),
}


@pytest.mark.parametrize("line", BAD_ROWS)
def test_a_bad_row_is_a_rejection_and_no_other_row_is_lost(write, line):
    text, code, reason = BAD_ROWS[line]
    good = ["id,title,abstract,year", "a,Mood in mice,Sad.,1999", "b,Lithium salts,,2001"]
    items = list(read(write([*good, text, "e,Good words,,2003"]), id_column="id", min_tokens=2, max_tokens=8))
    assert [type(item) for item in items] == [Record, Record, Rejection, Record]
    assert items[2].row == 3 and items[2].code == code and reason in items[2].reason and items[2].input


BAD_SENTENCES = {
    "no tag": (["Mood"], "NO_TAG", "line 9 has a token and no tag"),
    "no such mark": (["Mood\tX-Disease"], "BAD_TAG", "line 9 has the tag 'X-Disease'"),
    "no type": (["Mood\tB-"], "BAD_TAG", "line 9 has the tag 'B-'"),
    "another type": (["Mood\tB-Species"], "UNKNOWN_TYPE", "line 9 has the type 'Species'"),
    "not UTF-8": ([b"Mood\xff\tO"], "BAD_ENCODING", "line 9: not UTF-8 text"),
    "a NUL": (["Mo\0od\tO"], "NUL_BYTE", "line 9: a NUL character"),
}


@pytest.mark.parametrize("name", BAD_SENTENCES)
def test_a_bad_sentence_is_a_rejection_and_no_other_is_lost(write, name):
    lines, code, reason = BAD_SENTENCES[name]
    path = write([*IOB, "", *lines, "", "Fine\tO"], "file.iob")
    items = list(read(path, entities=["Chemical=C", "Disease=D"]))
    assert [type(item) for item in items] == [Record, Record, Rejection, Record]
    assert items[2].row == 3 and items[2].code == code and reason in items[2].reason and items[2].input


BAD_FILES = {
    "no column of texts": (["id,y", "a,1"], "f.csv", {}, InputError, "no column of texts was found. --input"),
    "two columns of texts": (["texts,notes", "a,b"], "f.csv", {}, InputError, "several columns may hold the"),
    "no such column": (TABLE, "f.csv", {"input_column": "abstrct"}, InputError, "Did you mean 'abstract'"),
    "no such id column": (TABLE, "f.csv", {"id_column": "pmid"}, InputError, "no such column; found 'pmid'"),
    "a column twice": (["text,text", "a,b"], "f.csv", {}, InputError, "a column name stands twice"),
    "an empty table": ([""], "f.csv", {}, InputError, "the file is empty"),
    "a delimiter": (["id;text", "a;b"], "f.csv", {}, InputError, "split at a semicolon there would be 2"),
    "a suffix": (["a"], "f.pdf", {}, InputError, "Rename it (.csv .tsv .tab .iob .iob2 .bio .conll"),
    "no token": (["", ""], "f.iob", {}, InputError, "the file holds no token. Each line needs a token"),
    "one letter for two types": (["a\tB-Cell", "b\tB-Chemical"], "f.iob", {}, InputError,
                                 "types of mentions begin with one letter; found 'Cell, Chemical'"),
    "a type of digits": (["a\tB-5HT"], "f.iob", {}, InputError, "a type begins with no letter; found '5HT'"),
    "no documents": (IOB, "f.iob", {"unit": "document"}, InputError, "no line begins a document"),
    "UTF-16": ([b"\xff\xfea\0b\0"], "f.txt", {}, InputError, "the text is UTF-16. Save it as UTF-8."),
    "an empty text": ([], "f.txt", {"format": "csv"}, InputError, "the file is empty"),
    "a unit of a table": (TABLE, "f.csv", {"unit": "line"}, UsageError, "a csv file has no such unit"),
    "a unit of tags": (IOB, "f.iob", {"unit": "line"}, UsageError, "Choose one of: sentence, document."),
    "entities of a table": (TABLE, "f.csv", {"entities": ["A=B"]}, UsageError, "only a file with tags has"),
    "a small letter": (IOB, "f.iob", {"entities": ["Chemical=c"]}, UsageError, "none from A to Z; found 'c'"),
    "no letter": (IOB, "f.iob", {"entities": ["Chemical"]}, UsageError, "a type of mention needs a name"),
    "a column of tags": (IOB, "f.iob", {"id_column": "x"}, UsageError, "only a table has columns to name"),
    "less than the least": (TABLE, "f.csv", {"min_tokens": 3, "max_tokens": 2}, UsageError,
                            "max_tokens is less than min_tokens"),
    "none at least": (TABLE, "f.csv", {"min_tokens": 0}, UsageError, "min_tokens must be"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_or_option_is_refused_with_what_to_do(write, name):
    lines, file, options, kind, message = BAD_FILES[name]
    with pytest.raises(kind, match=re.escape(message)):
        list(read(write(lines, file), **options))


def test_what_is_no_text_in_memory_is_a_rejection():
    found = list(read_list(["Mood in mice", None, "", "a\x00b"]))
    assert [type(item) for item in found] == [Record, Rejection, Rejection, Rejection]
    assert [item.code for item in found[1:]] == ["NO_TEXT", "NO_TEXT", "CONTROL_CHARACTER"]


def test_texts_with_other_white_space_are_equal_and_other_case_is_kin():
    one, two, three = ({"text": text} for text in ("Mood  in\tmice.", "Mood in mice .", "mood in MICE"))
    assert identity(one) == identity(two) != identity(three)
    assert kin(one) == kin(two) == kin(three)
    assert kin({"text": "!"}) != kin({"text": "?"})
