"""genes: find: entries of ResFinder that are stored turned, shifted, in parts, as cassettes, or broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.fasta import fasta_rows
from riboswitch.data.ids import PART_COLUMNS, row_ids
from riboswitch.data.records import Records
from riboswitch.errors import UsageError
from riboswitch.modalities.sequence.read import read
from riboswitch.steps.parse import parse

RESFINDER = Path(__file__).parents[2] / "data" / "gene_databases" / "resfinder.fasta"
FIND = {"translate": True, "genes": "find"}
# id, first residues, length, changes, partial: as NCBI's proteins of these genes.
READ = [
    ("VanHAX_1_FJ866609:vanH", "MNNIGITVYGCEQDEADAFHALSPRFGVMA", 322, "gene 1 of 3", ""),
    ("VanHAX_1_FJ866609:vanA", "MNRIKVAILFGGCSEEHDVSLKSAIEIAAN", 343, "gene 2 of 3", ""),
    ("VanHAX_1_FJ866609:vanX", "MEIGFTFLDEIVHGVRWDAKYATWDNFTGK", 202, "gene 3 of 3", ""),
    ("VanGXY_1_AY271782:vanG", "MQNKKIAVIFGGNSTEYEVSLQSASAVFEN", 349, "gene 1 of 2", ""),
    ("VanGXY_1_AY271782:vanXY", "MKTIELEKEEIYCGNLLLVNKNYPLRDNNV", 253, "gene 2 of 2", ""),
    ("VanE_1_AF136925", "QGVFELLDIPYVGCGIGAAAISMNKIMLHQ", 201, "", "5'3'"),
    ("mph(A)_1_D16251", "MTVVTTADTSQLYALAARHGLKLHGPLTVN", 301, "read on the other strand", ""),
    ("blaFLC-1_1_NG_065869", "RLDRWELELNSAIPGDKRDTSTPKAVAMSL", 134, "read in frame 3", "5'"),
    ("aac(3)-I_1_AJ877225", "MGIIRTCRLGPDQVQSMRAALDLFGREFGD", 154, "read on the other strand", ""),
]


def write(path, entries):
    path.write_text("".join(f">{name}\n{dna}\n" for name, dna in entries), "utf-8")
    return path


def test_entries_of_resfinder_are_read_as_the_genes_that_they_are():
    records = Records.collect(read(RESFINDER, **FIND), ["sequence"])
    columns = zip(records.ids, records.table["changes"], records.table["partial"], strict=True)
    assert [*columns] == [(name, changes, partial) for name, _, _, changes, partial in READ]
    for protein, (_, first, length, _, _) in zip(records.inputs["sequence"], READ, strict=True):
        assert protein.startswith(first) and len(protein) == length and "*" not in protein
    assert records.rejected[["row", "id", "code"]].values.tolist() == [
        [5, "mph(D)_1_AB048591", "NO_READING_FRAME"]
    ]
    assert "covers 39%" in records.rejected["reason"][0]


def test_parts_of_a_row_tell_of_which_and_all_are_counted():
    records = Records.collect(read(RESFINDER, **FIND), ["sequence"])
    assert records.table["row"].tolist() == [1, 1, 1, 2, 2, 3, 4, 6, 7]
    assert records.table[[*PART_COLUMNS]].iloc[[1, 5]].values.tolist() == [
        ["VanHAX_1_FJ866609", "vanA", 2, 3],
        ["", "", 1, 1],
    ]
    assert records.meta["split"] == {"rows": 2, "parts": 5}
    assert records.read == 7 - 2 + 5 == len(records) + len(records.rejected)
    assert row_ids(records.table).tolist()[:6] == ["VanHAX_1_FJ866609"] * 3 + ["VanGXY_1_AY271782"] * 2 + [
        "VanE_1_AF136925"
    ]


def test_as_stored_these_entries_are_rejected_or_read_wrongly():
    """Why `genes: find` is there."""
    records = Records.collect(read(RESFINDER, translate=True), ["sequence"])
    assert records.ids == ["VanE_1_AF136925", "mph(A)_1_D16251", "aac(3)-I_1_AJ877225"]
    assert not {"changes", "cassette"} & {*records.table} and "split" not in records.meta
    assert set(records.rejected["code"]) == {"INTERNAL_STOP"}


@given(st.sampled_from([n for n in range(7) if n not in (2, 4)]), st.booleans(),
       st.sampled_from(["", "A", "CA"]))  # fmt: skip
def test_turned_and_shifted_entries_give_the_same_proteins(tmp_path_factory, number, turned, before):
    with RESFINDER.open() as handle:
        row = [*fasta_rows(handle)][number]
    dna = before + row.sequence if number != 5 else row.sequence
    path = tmp_path_factory.mktemp("turned") / "x.fasta"
    write(path, [(row.id, reverse_complement(dna) if turned else dna)])
    plain, moved = (Records.collect(read(p, **FIND), ["sequence"]) for p in (RESFINDER, path))
    assert moved.rejected.empty
    own = plain.table[plain.table["row"] == number + 1]
    assert moved.table[["id", "sequence"]].values.tolist() == own[["id", "sequence"]].values.tolist()


def test_every_part_of_a_cassette_gets_what_is_known_of_the_entry(tmp_path):
    notes = tmp_path / "phenotypes.txt"
    notes.write_text("key\tdrug\nVanHAX_1_FJ866609\tVancomycin\nmph(A)_1_D16251\tErythromycin\n")
    source = {"paths": [RESFINDER], "reading": FIND,
              "id_pattern": "^(?P<gene>.+?)_[0-9]+_(?P<accession>.+)$"}  # fmt: skip
    made = parse([source], "sequence",
                 annotate={"table": notes, "key": "key", "columns": {"antibiotics": "drug"}})  # fmt: skip
    table = made.table.set_index("id")
    assert table.loc["VanHAX_1_FJ866609:vanX", ["gene", "accession", "antibiotics"]].tolist() == [
        "VanHAX", "FJ866609", "Vancomycin",
    ]  # fmt: skip
    assert table.loc["mph(A)_1_D16251", "antibiotics"] == "Erythromycin"
    assert made.meta["annotated"] == 4
    assert made.meta["reading"] == {"translate": True}  # new inputs of a model are genes as they are
    assert made.meta["sources"][0]["split"] == {"rows": 2, "parts": 5}


def test_a_column_of_the_file_with_such_a_name_is_no_part(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,sequence,cassette,cassette_parts,changes\na,ATGGCTTAA,K7,3,new\n")
    strict, found = (Records.collect(read(path, translate=True, genes=genes), ["sequence"])
                     for genes in ("stored", "find"))  # fmt: skip
    assert row_ids(strict.table).tolist() == row_ids(found.table).tolist() == ["a"]
    assert strict.table["changes"][0] == "new"
    row = found.table.iloc[0]
    assert (row["cassette"], row["file_cassette"], row["changes"], row["file_changes"]) == (
        "",
        "K7",
        "",
        "new",
    )


def test_ids_stay_unique_and_short_parts_are_rejected(tmp_path):
    with RESFINDER.open() as handle:
        dna = next(fasta_rows(handle)).sequence
    path = write(tmp_path / "x.fasta", [("VanHAX", dna), ("VanHAX", dna), ("VanHAX:vanA", "ATGGCTTAA")])
    records = Records.collect(read(path, **FIND, min_length=300), ["sequence"])
    assert records.ids == ["VanHAX:vanH", "VanHAX:vanA"]
    assert records.rejected[["row", "id", "code"]].values.tolist() == [
        [1, "VanHAX:vanX", "TOO_SHORT"], [2, "VanHAX", "DUPLICATE_ID"], [3, "VanHAX:vanA", "DUPLICATE_ID"],
    ]  # fmt: skip


def test_a_start_codon_is_methionine_and_the_last_stop_is_left_out(tmp_path):
    gene = "GTG" + "GCTAAAGAACTGTGT" * 14 + "TGA"
    path = write(tmp_path / "x.fasta", [("a", gene), ("b", "C" + reverse_complement(gene)), ("c", gene[3:])])
    first, turned, cut = read(path, **FIND)
    protein = f"M{Seq(gene).translate(table=11)[1:-1]}"
    assert first.components["sequence"] == turned.components["sequence"] == protein
    assert (turned.fields["trailing_bases"], cut.components["sequence"]) == (1, protein[1:])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"genes": "all", "translate": True}, "no such way to read genes"),
        ({"genes": "find"}, "whole entries that are translated"),
        ({**FIND, "stops": "mask"}, "whole entries that are translated"),
        ({**FIND, "features": "CDS", "format": "genbank"}, "whole entries that are translated"),
    ],
)
def test_options_that_do_not_fit(options, words):
    with pytest.raises(UsageError, match=words):
        read(RESFINDER, **options)
