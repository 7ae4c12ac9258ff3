from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from Bio import SeqIO, bgzf
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.bio.alphabet import (
    LETTERS,
    PLAIN,
    Policy,
    check,
    clean,
    guess,
    reverse_complement,
)
from riboswitch.bio.codons import TABLES, genetic_code, translate
from riboswitch.data.records import Record, Records, Rejection
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.sequence.read import identity, read, read_list

DATA = Path(__file__).parents[2] / "data" / "sequences"
with open(DATA / "cases.tsv", newline="") as table:
    CASES = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))

dna = st.text("ACGT", min_size=1, max_size=90)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8", newline="")
    return path


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']} {case['options']}")
def test_every_kind_of_file_is_read_or_refused_as_the_table_says(case):
    options = json.loads(case["options"])
    if case["error"]:
        with pytest.raises(InputError) as caught:
            list(read(DATA / case["file"], **options))
        assert case["error"] in str(caught.value)
        assert str(DATA / case["file"]) in str(caught.value)
        return
    items = list(read(DATA / case["file"], **options))
    codes = [item.code for item in items if isinstance(item, Rejection)]
    assert codes == case["rejected"].split()
    assert len(items) - len(codes) == int(case["accepted"] or 0)
    assert [item.row for item in items] == list(range(1, len(items) + 1))
    assert {item.source for item in items} == {case["file"]}
    assert all(item.reason for item in items if isinstance(item, Rejection))


def test_every_case_file_is_used():
    files = {p.name for p in DATA.iterdir()} - {"cases.tsv", ".gitattributes"}
    assert files == {case["file"] for case in CASES} - {"missing.fasta", "."}


@given(st.lists(dna, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 20))
def test_fasta_is_read_back_whatever_its_lines(tmp_path_factory, sequences, newline, width):
    lines = []
    for i, sequence in enumerate(sequences):
        lines += [f">s{i}", *(sequence[j : j + width] for j in range(0, len(sequence), width))]
    path = write(tmp_path_factory.mktemp("fasta"), "x.fasta", newline.join(lines))
    records = Records.collect(read(path), ["sequence"])
    assert records.ids == [f"s{i}" for i in range(len(sequences))]
    assert records.inputs["sequence"] == sequences


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=6))
def test_whatever_is_in_a_table_every_row_is_accounted_for(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("table") / "x.csv"
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "sequence"])
        writer.writerows([[f"r{i}", cell] for i, cell in enumerate(cells)])
    assert Records.collect(read(path), ["sequence"]).read == len(cells)


@given(
    st.binary(min_size=1, max_size=60), st.sampled_from(["fasta", "fastq", "genbank", "embl", "csv", "tsv"])
)
def test_no_bytes_cause_anything_but_an_input_error(tmp_path_factory, data, format):
    path = tmp_path_factory.mktemp("bytes") / "x"
    start = {"fasta": b">", "fastq": b"@", "genbank": b"LOCUS", "embl": b"ID   "}.get(
        format, b"id,sequence\n"
    )
    path.write_bytes(start + data)
    try:
        items = list(read(path, format=format))
    except InputError as error:
        assert str(path) in str(error)
    else:
        assert [item.row for item in items] == list(range(1, len(items) + 1))


@given(st.sampled_from(sorted(LETTERS)), st.data())
def test_the_letters_of_an_alphabet_pass_and_come_out_in_upper_case(alphabet, data):
    plain = {"dna": "ACGT", "rna": "ACGU", "protein": "EFILPQ"}[alphabet]
    odd = data.draw(st.text(LETTERS[alphabet].decode(), max_size=10))
    sequence = plain * 5 + odd
    assert check(sequence.lower(), alphabet) == (sequence, None)


@given(st.text(min_size=1, max_size=20))
def test_an_accepted_sequence_differs_from_the_input_only_in_case_and_final_stop(text):
    for alphabet in LETTERS:
        clean, problem = check(text, alphabet)
        if problem is None:
            assert clean in (text.upper(), text.upper().removesuffix("*"))
            assert check(clean, alphabet) == (clean, None)


@given(
    st.text("ACGTNRacgtnuryx-.*EFL", max_size=60), st.sampled_from(sorted(LETTERS)),
    st.sampled_from(["reject", "remove"]), st.sampled_from(["keep", "mask"]),
    st.sampled_from(["reject", "mask"]), st.floats(0, 1),
)  # fmt: skip
def test_changes_by_a_policy_are_counted(text, alphabet, gaps, lower, stops, most):
    policy = Policy(alphabet, max_ambiguous=most, gaps=gaps, lower=lower, stops=stops)
    made, counts, problem = clean(text, policy)
    closed = text.translate(str.maketrans("", "", "-.")) if gaps == "remove" else text
    unknown = "X" if alphabet == "protein" else "N"
    wanted = "".join(unknown if c.islower() else c for c in closed) if lower == "mask" else closed.upper()
    assert counts["lower"] == sum(map(str.islower, text))
    assert counts.get("gaps", 0) == len(text) - len(closed)
    if alphabet == "protein":
        wanted = wanted.removesuffix("*")
        if stops == "mask":
            assert counts["stops"] == wanted.count("*")
            wanted = wanted.replace("*", "X")
    assert made == wanted
    if problem is None:
        odd = sum(c not in PLAIN[alphabet].decode() for c in made)
        assert counts["ambiguous"] == odd <= most * len(made)
        assert not made.strip(LETTERS[alphabet].decode())
    elif set(made) <= set(PLAIN[alphabet].decode()):
        assert problem.code in ("EMPTY", "DNA_IN_PROTEIN")


@pytest.mark.parametrize(
    ("text", "options", "given", "counts"),
    [
        ("acGTNN", {}, "ACGTNN", {"ambiguous": 2, "lower": 2}),
        ("acGTNN", {"lower": "mask"}, "NNGTNN", {"ambiguous": 4, "lower": 2}),
        ("AC-G.T", {"gaps": "remove"}, "ACGT", {"ambiguous": 0, "lower": 0, "gaps": 2}),
        ("AC-GT", {}, "GAP", {}),
        ("ACGTN", {"max_ambiguous": 0.1}, "TOO_AMBIGUOUS", {}),
        ("MK*V*", {"alphabet": "protein", "stops": "mask"}, "MKXV", {"ambiguous": 1, "lower": 0, "stops": 1}),
        ("MK*V*", {"alphabet": "protein"}, "INTERNAL_STOP", {}),
        ("ATGTAAGCC", {"translate": True, "stops": "mask"}, "MXA",
         {"ambiguous": 0, "lower": 0, "stops": 1, "trailing_bases": 0}),
        ("AUGN", {"rna": True}, "ATGN", {"ambiguous": 1, "lower": 0}),
        ("a?c", {}, "NOT_DNA", {}),
    ],
)  # fmt: skip
def test_policies_for_letters(tmp_path, text, options, given, counts):
    (item,) = read(write(tmp_path, "x.fasta", f">a\n{text}\n"), **options)
    if isinstance(item, Rejection):
        assert item.code == given
    else:
        assert (item.components["sequence"], item.fields) == (given, {"description": "", **counts})


def test_positions_in_reasons_are_those_of_the_file(tmp_path):
    (item,) = read(write(tmp_path, "x.fasta", ">a\nACGTACGTAC--GTxA\n"), gaps="remove")
    assert (item.code, "'x' at position 15" in item.reason) == ("NOT_DNA", True)
    (item,) = read(write(tmp_path, "x.fasta", ">a\nA?xCJX\n"), lower="mask")
    assert "'?' at position 2" in item.reason


def test_counts_do_not_hide_columns_of_a_table(tmp_path):
    (item,) = read(write(tmp_path, "x.csv", "id,sequence,lower,gaps\na,ACGt,yes,no\n"))
    assert item.fields == {"file_id": "a", "file_lower": "yes", "file_gaps": "no", "ambiguous": 0, "lower": 1}


@given(st.text("ACGTRYSWKMBDHVN", max_size=50))
def test_reverse_complement_is_that_of_biopython(sequence):
    assert reverse_complement(sequence) == str(Seq(sequence).reverse_complement())


@given(dna, st.sampled_from(TABLES))
def test_translation_is_that_of_biopython(sequence, table):
    whole = sequence[: len(sequence) // 3 * 3]
    assert translate(sequence, table) == str(Seq(whole).translate(table=table))


@given(dna)
def test_an_unknown_base_makes_its_codon_unknown_and_no_other(sequence):
    for i in range(len(sequence) // 3 * 3):
        expected = list(translate(sequence))
        expected[i // 3] = "X"
        assert translate(f"{sequence[:i]}N{sequence[i + 1 :]}") == "".join(expected)


def test_codes_with_stops_that_also_code_are_refused():
    assert 27 not in TABLES
    with pytest.raises(UsageError, match="found '27'"):
        genetic_code(27)


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        ("ACGTNACGT", "dna"),
        ("acguacgu", "rna"),
        ("MKVLATEF", "protein"),
        ("ACG-TAC.GT", "dna"),
        ("MKV*", "protein"),
    ],
)
def test_guess(sequence, expected):
    assert guess(sequence) == expected


def test_positions_and_letters_are_named():
    _, problem = check("ATGACTATGACTxATG")
    assert problem.code == "NOT_DNA"
    assert "'x' at position 13" in problem.reason
    assert "alphabet rna" in check("AUG")[1].hint
    assert "both T and U" in check("ATGU")[1].hint


def test_coding_sequences_are_those_biopython_extracts():
    path = DATA / "genes.gb"
    entry = SeqIO.read(path, "genbank")
    features = [f for f in entry.features if f.type == "CDS"]
    records = Records.collect(read(path, features="CDS"), ["sequence"])
    assert records.inputs["sequence"] == [str(f.extract(entry.seq)).upper() for f in features]
    assert records.ids == ["T_1", "P_2", "T_3", "TEST1.1:3-14(+)"]
    assert records.table["partial"].tolist() == ["", "", "5'", "3'"]
    first = records.table.iloc[0]
    assert first[["contig", "start", "end", "strand", "gene", "product"]].tolist() == [
        "TEST1.1", 3, 14, "+", "abc", "first",
    ]  # fmt: skip


def test_proteins_of_coding_sequences():
    records = Records.collect(read(DATA / "genes.gb", features="CDS", translate=True), ["sequence"])
    assert records.inputs["sequence"] == ["MAK", "MRD", "MAK", "MAK"]


def test_a_start_codon_is_methionine_only_where_the_gene_begins(tmp_path):
    alternative, odd = (read(DATA / f"{n}.fasta", translate=True) for n in ("alternative_start", "odd_bases"))
    assert next(alternative).components["sequence"] == "MAK"
    record = next(odd)
    assert (record.components["sequence"], record.fields["trailing_bases"]) == ("MAK", 1)
    entry = (DATA / "genes.gb").read_text().replace("3..14", "<3..14").replace("atggct", "ttggct")
    records = Records.collect(
        read(write(tmp_path, "x.gb", entry), features="CDS", translate=True), ["sequence"]
    )
    assert records.inputs["sequence"][0] == "LAK"


def test_a_duplicate_names_the_first_row():
    rejection = list(read(DATA / "duplicate_id.fasta"))[-1]
    assert (rejection.row, rejection.id) == (3, "a")
    assert "row 1" in rejection.reason


def test_other_columns_are_fields_and_do_not_hide_the_records_own():
    records = Records.collect(read(DATA / "clashing_columns.tsv"), ["sequence"])
    assert records.table.iloc[0][["source", "file_source"]].tolist() == ["clashing_columns.tsv", "pig"]
    inputs = Records.collect(read(DATA / "clashing_columns.tsv", input_column="dna"), ["sequence"])
    assert inputs.inputs == {"sequence": ["ACGT"]}
    assert inputs.table["file_sequence"].tolist() == ["ATGGCTAAATAA"]
    note = next(read(DATA / "quoted.csv")).fields["note"]
    assert note == "one, two"


def test_a_missing_column_lists_those_there_are():
    with pytest.raises(InputError, match="Did you mean 'Sequence'\\? Columns: name, Sequence"):
        next(read(DATA / "missing_column.csv", input_column="sequence"))


@pytest.mark.parametrize("file", ["dna.fasta", "two_members.fasta.gz"])
def test_standard_input(monkeypatch, file):
    data = io.TextIOWrapper(io.BytesIO((DATA / file).read_bytes()))
    monkeypatch.setattr(sys, "stdin", data)
    items = list(read("-", format="fasta"))
    assert [(i.id, i.source) for i in items[:2]] == [("a", "stdin"), ("b", "stdin")]
    assert not data.closed


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"format": "xml"}, "no such format"),
        ({"alphabet": "klingon"}, "no such alphabet"),
        ({"features": "CDS"}, "fasta has no features"),
        ({"alphabet": "protein", "translate": True}, "only DNA can be translated"),
        ({"alphabet": "rna", "rna": True}, "option of alphabet dna"),
        ({"table": 99}, "no genetic code"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_reading(options, words):
    with pytest.raises(UsageError, match=words):
        read(DATA / "dna.fasta", **options)


def test_standard_input_needs_a_format():
    with pytest.raises(UsageError, match="Give --format"):
        read("-")


def test_a_file_that_may_not_be_opened(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        next(read(tmp_path / "x.fasta"))


def test_a_byte_far_into_a_file_is_named_by_its_position(tmp_path):
    text = b">a\n" + b"ACGT\n" * 20_000
    path = tmp_path / "x.fasta"
    path.write_bytes(text + b"\xff\n")
    with pytest.raises(InputError, match=f"0xff at position {len(text) + 1}"):
        list(read(path))


def test_bgzip_of_many_blocks_is_read_whole(tmp_path):
    sequences = {f"s{i}": "ACGTTGCA"[i % 8 :] * 4000 for i in range(12)}
    with bgzf.BgzfWriter(tmp_path / "x.fasta.gz") as handle:
        handle.write("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()).encode())
    assert (tmp_path / "x.fasta.gz").read_bytes().count(b"\x1f\x8b\x08\x04") > 3
    assert {item.id: item.components["sequence"] for item in read(tmp_path / "x.fasta.gz")} == sequences


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_long_sequence_on_one_line(tmp_path, ending):
    sequence = "ACGTTGCAAC" * 300_000
    data = f">chromosome\n{sequence}".encode()
    (tmp_path / f"x.fa{ending}").write_bytes(gzip.compress(data, 1) if ending else data)
    (item,) = read(tmp_path / f"x.fa{ending}")
    assert item.components["sequence"] == sequence


def test_content_before_a_truncation_is_read_and_then_the_truncation_is_reported(tmp_path):
    data = gzip.compress(b"".join(b">s%d\n%s\n" % (i, b"ACGTCA"[i % 6 :] * 999) for i in range(3000)))
    (tmp_path / "x.fasta.gz").write_bytes(data[: len(data) // 2])
    items, reads = [], read(tmp_path / "x.fasta.gz")
    with pytest.raises(InputError, match=r"x\.fasta\.gz: the compressed file ends too early"):
        items.extend(reads)
    assert [item.id for item in items] == [f"s{i}" for i in range(len(items))] and items


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"annotation": "x.gff"}, "this annotation has no use"),
        ({"gaps": "close"}, "no such policy for gaps; found 'close'. Choose of reject, remove"),
        ({"lower": "drop"}, "no such policy for lower case"),
        ({"stops": "keep"}, "no such policy for stops"),
        ({"max_ambiguous": 1.5}, "max_ambiguous must lie between 0 and 1"),
    ],
)
def test_policies_that_do_not_exist_are_refused(options, words):
    with pytest.raises(UsageError, match=words):
        read(DATA / "dna.fasta", **options)


def test_sequences_in_memory_follow_the_same_policy():
    (item,) = read_list(["AC-gtN"], gaps="remove", max_ambiguous=0.5)
    assert (item.components["sequence"], item.fields) == ("ACGTN", {"ambiguous": 1, "lower": 2, "gaps": 1})


def test_identity_ignores_case_only():
    assert identity({"sequence": "acgT"}) == identity({"sequence": "ACGT"}) != identity({"sequence": "ACGA"})
    assert isinstance(next(read(DATA / "dna.fasta")), Record)


def test_a_faulty_line_of_an_annotation_is_a_rejected_row(tmp_path):
    good, bad = "c\t.\tCDS\t1\t6\t.\t+\t0\tID=a", "c\t.\tCDS\t6\t1\t.\t+\t0\tID=b;locus_tag=L2"
    other, half = "c\t.\ttRNA\t6\t1\t.\t+\t.\tID=t", "c\t.\tCDS\t7\t9\t.\t+\t0\tID=b;locus_tag=L2"
    lines = ["##gff-version 3", good, bad, other, half, "c\tonly", ""]
    (tmp_path / "g.fna").write_text(">c\nATGGCTTAACCC\n")
    (tmp_path / "g.gff").write_text("\n".join(lines))
    found = list(read(tmp_path / "g.fna", features="CDS", annotation="g.gff"))
    assert [item.id for item in found] == ["a", "L2", "line 6"]
    assert [item.code for item in found[1:]] == ["BAD_LOCATION", "RAGGED_ROW"]
