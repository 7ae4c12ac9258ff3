"""effects: an allele's effect is that of the window with the allele in it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from Bio.Seq import MutableSeq, Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.errors import InputError, Problem, RejectedError, UsageError
from riboswitch.evaluation.maps import effect_scale
from riboswitch.genomes.site_windows import SiteCutter
from riboswitch.genomes.sites import Site, read_sites
from riboswitch.genomes.variant_effects import COLUMNS
from riboswitch.genomes.variant_windows import WindowCutter
from riboswitch.genomes.vcf import Variant
from riboswitch.steps.effects import command, effects
from riboswitch.steps.explain import explain
from riboswitch.steps.predict import predict
from untrained import bundle

RNG = np.random.default_rng(7)
CHROMOSOME = "".join(RNG.choice(list("ACGT"), 400))
GENOME = Genome({"chr1": CHROMOSOME, "plasmid": CHROMOSOME[40:90]})
SNV = Variant(1, "a", "chr1", 150, CHROMOSOME[149], "A" if CHROMOSOME[149] != "A" else "C")


@pytest.fixture(scope="module")
def model():
    return bundle()


def applied(contig, variant):
    """The contig with the variant in it, by Biopython's own editing."""
    edited = MutableSeq(contig)
    edited[variant.pos - 1 : variant.pos - 1 + len(variant.ref)] = variant.alt
    return str(edited)


@st.composite
def variants(draw):
    pos = draw(st.integers(1, 396))
    ref = CHROMOSOME[pos - 1 : pos - 1 + draw(st.integers(1, 5))]
    alt = draw(st.text("ACGTN", min_size=1, max_size=8).filter(lambda a: a != ref))
    return Variant(1, "v", "chr1", pos, ref, alt)


@settings(max_examples=150, deadline=None)
@given(variants(), st.integers(8, 60), st.data())
def test_windows_are_pieces_of_the_genome_with_and_without_the_variant(variant, flank, data):
    length, fixed = 2 * flank + 1, data.draw(st.booleans())
    before = data.draw(st.integers(0, flank))
    cut = WindowCutter(length, before, fixed)(variant, GENOME.contigs)
    cut = cut if isinstance(cut, Problem) else cut[0]
    edited, start = applied(CHROMOSOME, variant), variant.pos - 1 - before
    if isinstance(cut, Problem):
        short = min(len(edited), len(CHROMOSOME))
        assert cut.code == "PAST_END" and fixed
        assert start < 0 or start + length > short
        return
    assert cut.ref == CHROMOSOME[max(0, start) : start + length] == CHROMOSOME[cut.start - 1 : cut.end]
    assert cut.alt == edited[max(0, start) : start + length]
    if fixed:
        assert len(cut.ref) == len(cut.alt) == length
    (turned,) = WindowCutter(length, before, fixed, "-")(variant, GENOME.contigs)
    assert turned[:2] == tuple(str(Seq(w).reverse_complement()) for w in cut[:2])


def test_an_allele_that_does_not_fit_is_refused():
    cutter = WindowCutter(21, 10, False)
    long = Variant(1, "v", "chr1", 100, CHROMOSOME[99], CHROMOSOME[99] + "A" * 11)
    assert cutter(long, GENOME.contigs).code == "LONGER_THAN_WINDOW"
    assert isinstance(WindowCutter(23, 10, False)(long, GENOME.contigs), Problem | list)
    with pytest.raises(UsageError, match="within the window"):
        WindowCutter(21, 21, False)
    with pytest.raises(UsageError, match="strand"):
        WindowCutter(21, 10, False, "x")


def test_the_effect_of_a_snv_is_its_entry_of_the_map(model):
    start = SNV.pos - 1 - 40
    window = CHROMOSOME[start : start + 81]
    entries = explain([window], model, changes=True)
    entry = entries[(entries["number"] == 41) & (entries["to"] == SNV.alt)].iloc[0]
    row = effects([SNV], GENOME, model, flank=40).iloc[0]
    assert row["effect"] == pytest.approx(-entry["score"], abs=2e-5)
    assert row["sd"] == pytest.approx(entry["sd"], abs=2e-5)
    assert row["ref_score"] == pytest.approx(entry["prediction"], abs=1e-6)
    assert row["window"] == f"{start + 1}-{start + 81}"


@settings(max_examples=15, deadline=None)
@given(st.lists(variants(), min_size=1, max_size=5))
def test_scores_are_the_models_answers_for_the_edited_genome(model, some):
    table = effects(some, GENOME, model, flank=20)
    assert table["status"].eq("ok").all()
    for variant, row in zip(some, table.itertuples(), strict=True):
        start = max(0, variant.pos - 21)
        pieces = [text[start : variant.pos + 20] for text in (CHROMOSOME, applied(CHROMOSOME, variant))]
        told = predict(pieces, model)["p_worth"]
        assert [row.ref_score, row.alt_score] == pytest.approx(told.tolist(), abs=2e-6)


def test_the_reference_in_its_own_place_does_nothing(model):
    same = Variant(1, "v", "chr1", 50, CHROMOSOME[49:52], CHROMOSOME[49:52])
    row = effects([same], GENOME, model).iloc[0]
    assert row["effect"] == row["sd"] == 0 and row["ref_score"] == row["alt_score"]


def test_every_allele_ends_as_an_effect_or_as_a_reason_in_its_place(model):
    wrong = "A" if CHROMOSOME[9] != "A" else "C"
    some = [
        SNV,
        Variant(2, "b", "chr9", 5, "A", "C"),
        Variant(3, "c", "chr1", 10, wrong, "G"),
        Variant(4, "d", "chr1", 400, CHROMOSOME[399] + "A", "G"),
        Variant(5, "e", "chr1", 7, "C", "<DEL>", Problem("SYMBOLIC_ALLELE", "no letters")),
        Variant(6, "f", "chr1", 7, CHROMOSOME[6], "A" * 200),
        Variant(7, "g", "plasmid", 1, CHROMOSOME[40], "ACGT"),
    ]
    table = effects(some, GENOME, model)
    assert list(table.columns) == COLUMNS
    assert table["status"].tolist() == ["ok", "NO_CONTIG", "REF_MISMATCH", "PAST_END",
                                        "SYMBOLIC_ALLELE", "LONGER_THAN_WINDOW", "ok"]  # fmt: skip
    assert wrong in table["reason"][2] and CHROMOSOME[9] in table["reason"][2]
    assert table["effect"].notna().tolist() == (table["status"] == "ok").tolist()
    assert effects([], GENOME, model).empty


def test_a_model_of_windows_needs_sites():
    fixed = bundle(window=60, head="aligned")
    with pytest.raises(UsageError, match="Give sites: BED or GFF3 with the 60 bases"):
        effects([SNV], GENOME, fixed)
    with pytest.raises(UsageError, match="Give sites, too"):
        effects([SNV], GENOME, bundle(), anchor=3)
    for name, value in (("flank", 20), ("before", 3)):
        with pytest.raises(UsageError, match=f"with sites, {name} has no use"):
            effects([SNV], GENOME, fixed, sites=[Site("chr1", 121, 180)], **{name: value})
    with pytest.raises(UsageError, match="the anchor must be a letter of every site"):
        effects([SNV], GENOME, fixed, sites=[Site("chr1", 121, 180)], anchor=61)


def test_the_window_stays_at_its_site():
    fixed, site = bundle(window=60, head="aligned"), Site("chr1", 121, 180, "-", "prom")
    some = [Variant(n, f"v{n}", "chr1", n, CHROMOSOME[n - 1], "A" if CHROMOSOME[n - 1] != "A" else "C")
            for n in (120, 121, 150, 180, 181)]  # fmt: skip
    table = effects(some, GENOME, fixed, sites=[site])
    assert table["status"].tolist() == ["OUTSIDE_SITES", "ok", "ok", "ok", "OUTSIDE_SITES"]
    ok = table[table["status"] == "ok"]
    assert ok["ref_score"].nunique() == 1 and set(ok["window"]) == {"121-180"} and set(ok["site"]) == {"prom"}
    window = str(Seq(CHROMOSOME[120:180]).reverse_complement())
    assert ok["ref_score"].iloc[0] == pytest.approx(predict([window], fixed)["p_worth"].iloc[0], abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(variants(), st.integers(1, 360), st.integers(4, 40), st.sampled_from("+-"), st.data())
def test_an_allele_changes_the_letters_of_a_site_and_not_its_place(variant, start, length, strand, data):
    """The anchor's letter is found at its place in both windows, unless the allele changes it."""
    site, anchor = Site("chr1", start, start + length - 1, strand), data.draw(st.integers(1, length))
    cut = SiteCutter([site], anchor)(variant, GENOME.contigs)
    edited, shift = applied(CHROMOSOME, variant), len(variant.alt) - len(variant.ref)
    if isinstance(cut, Problem):
        assert cut.code in ("OUTSIDE_SITES", "PAST_END")
        inside = site.start < variant.pos and variant.pos + len(variant.ref) - 1 < site.end
        assert cut.code == "PAST_END" or not inside
        return
    (windows,) = cut
    turn = (lambda text: text) if strand == "+" else (lambda text: str(Seq(text).reverse_complement()))
    assert windows.ref == turn(CHROMOSOME[start - 1 : start - 1 + length])
    places = {turn(edited[start - 1 :][:length]), turn(edited[max(0, start - 1 + shift) :][:length])}
    assert windows.alt in places and len(windows.alt) == length
    place = start - 1 + anchor - 1 if strand == "+" else start - 1 + length - anchor
    first, last = variant.pos - 1, variant.pos - 1 + len(variant.ref)
    if place < first:  # the anchor lies left of the allele, so it is the same base of the edited contig
        assert windows.alt == turn(edited[start - 1 :][:length])
    elif place >= last:
        assert windows.alt == turn(edited[start - 1 + shift :][:length])


def test_an_allele_in_two_sites_has_a_row_for_each():
    sites = [Site("chr1", 141, 200, "+", "b"), Site("chr1", 121, 180, ".", "a"), Site("plasmid", 1, 50, "+")]
    table = effects([SNV], GENOME, bundle(window=60, head="aligned"), sites=sites[:2], strand="-")
    assert table["site"].tolist() == ["a", "b"] and table["ref_score"].nunique() == 2
    assert effects([SNV], GENOME, bundle(), sites=sites)["window"].tolist() == ["121-180", "141-200"]


BED = """track name=x
#comment
chr1\t120\t180\tone\t0\t-
chr1\t120\t180\tagain\t0\t-
chr1\t120\t179\tshort
chr1\t1_20\t1_80
chr1\t\u0661\t60
chr1\t180\t120
chr1\t390\t450
chr9\t0\t60
chr1\t0
chr1 0 60
chr1\t0\t60\tx\t0\t*
chr1\t0\t60
"""


def test_sites_that_cannot_be_used_are_rejected_with_their_line(tmp_path, capsys):
    (tmp_path / "sites.bed").write_text(BED)
    read = read_sites(tmp_path / "sites.bed").on(GENOME.contigs, 60)
    assert [str(site) for site in read.sites] == ["one", "chr1:1-60(.)"]
    assert {r.row: r.code for r in read.rejected} == {
        4: "DUPLICATE", 5: "NOT_A_WINDOW", 6: "BAD_LOCATION", 7: "BAD_LOCATION", 8: "BAD_LOCATION",
        9: "PAST_END", 10: "NO_CONTIG", 11: "RAGGED_ROW", 12: "RAGGED_ROW", 13: "BAD_LOCATION",
    }  # fmt: skip
    table = effects([SNV], GENOME, bundle(window=60, head="aligned"), sites=tmp_path / "sites.bed")
    assert table["site"].tolist() == ["one"]
    assert "10 sites rejected (4 BAD_LOCATION, 2 RAGGED_ROW, " in capsys.readouterr().err
    (tmp_path / "sites.gff").write_text(
        "##gff-version 3\nchr1\t.\tpromoter\t121\t180\t.\t-\t.\tID=one\n"
        "chr1\t.\tpromoter\t0\t60\t.\t-\t.\tID=two\n"
    )
    (same,) = read_sites(tmp_path / "sites.gff").on(GENOME.contigs, 60).sites
    assert (same.contig, same.start, same.end, same.strand, same.name) == ("chr1", 121, 180, "-", "one")
    with pytest.raises(
        InputError, match=r"none of the 2 sites can be used; the first \(line 3\): the start must be"
    ):
        read_sites(tmp_path / "sites.gff").on(GENOME.contigs, 61)


def test_units_and_choice_of_the_output():
    classes = bundle("multiclass", ("none", "some", "much"))
    row = effects([SNV], GENOME, classes).iloc[0]
    chosen = effects([SNV], GENOME, classes, of="some").iloc[0]
    assert row["of"] in ("none", "some", "much") and chosen["of"] == "some"
    value = effects([SNV], GENOME, bundle("regression")).iloc[0]
    assert value["effect"] == pytest.approx(value["alt_score"] - value["ref_score"], abs=2e-6)
    assert effect_scale(np.array([0.5, 0.0]), "binary")[0] == 0


def test_rna_models_read_u():
    dna, rna = effects([SNV], GENOME, bundle()), effects([SNV], GENOME, bundle(alphabet="rna"))
    pd.testing.assert_frame_equal(dna, rna)


def test_models_that_cannot_answer_are_refused():
    with pytest.raises(UsageError, match="DNA or RNA"):
        effects([SNV], GENOME, bundle(alphabet="protein"))
    with pytest.raises(UsageError, match="each letter"):
        effects([SNV], GENOME, bundle(head="per_position"))
    with pytest.raises(UsageError, match="output of this model"):
        effects([SNV], GENOME, bundle(), of="weight")


def test_alleles_on_a_rejected_contig_say_so(tmp_path):
    (tmp_path / "g.fna").write_text(f">chr1\n{CHROMOSOME}\n>bad\nAC?GT\n")
    genome = read_genome(tmp_path / "g.fna", coding=False)
    table = effects([Variant(1, "a", "bad", 1, "A", "C"), SNV], genome, bundle())
    assert table["status"].tolist() == ["REJECTED_CONTIG", "ok"] and "'?' at position 3" in table["reason"][0]


def test_from_file_to_file(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    (tmp_path / "genome.fna").write_text(f">chr1 a chromosome\n{CHROMOSOME}\n")
    row = "\t".join(["chr1", str(SNV.pos), ".", SNV.ref, f"{SNV.alt},<DEL>", ".", ".", "."])
    (tmp_path / "some.vcf").write_text(
        f"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n{row}\n"
    )
    out, counts = tmp_path / "effects.tsv", tmp_path / "counts.json"
    command(tmp_path / "some.vcf", tmp_path / "genome.fna", tmp_path / "model.safetensors",
            output=str(out), summary=counts)  # fmt: skip
    told = pd.read_csv(out, sep="\t")
    assert told["status"].tolist() == ["ok", "SYMBOLIC_ALLELE"]
    assert told["effect"][0] == effects([SNV], GENOME, model)["effect"][0]
    assert json.loads(counts.read_text()) == {
        "read": 2, "ok": 1, "rejected": 1, "by_code": {"SYMBOLIC_ALLELE": 1},
    }  # fmt: skip


def test_no_effect_at_all_is_a_failure_with_its_table(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    (tmp_path / "genome.fna").write_text(f">chr1\n{CHROMOSOME}\n")
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    files = [tmp_path / name for name in ("some.vcf", "genome.fna", "model.safetensors")]
    files[0].write_text(f"{head}chr1\t0\t.\tA\tC\t.\t.\t.\n")
    with pytest.raises(
        RejectedError, match=r"none of the 1 alleles has an effect \(1 BAD_LOCATION\). The first: position 0"
    ):
        command(*files, output=str(tmp_path / "effects.tsv"))
    assert pd.read_csv(tmp_path / "effects.tsv", sep="\t")["status"].tolist() == ["BAD_LOCATION"]
    files[0].write_text(head)
    command(*files, output=str(tmp_path / "effects.tsv"))
    assert len(pd.read_csv(tmp_path / "effects.tsv", sep="\t")) == 0
