"""effects: an allele's effect is that of the window with the allele in it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from Bio.Seq import MutableSeq, Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.genome import Genome
from riboswitch.data.model import FORMAT, Model
from riboswitch.errors import Problem, UsageError
from riboswitch.evaluation.maps import effect_scale
from riboswitch.genomes.variant_effects import COLUMNS
from riboswitch.genomes.variant_windows import VariantWindows, WindowCutter
from riboswitch.genomes.vcf import Variant
from riboswitch.modalities.sequence.network import Network, NetworkSettings
from riboswitch.steps.effects import command, effects
from riboswitch.steps.explain import explain
from riboswitch.steps.predict import predict

RNG = np.random.default_rng(7)
CHROMOSOME = "".join(RNG.choice(list("ACGT"), 400))
GENOME = Genome({"chr1": CHROMOSOME, "plasmid": CHROMOSOME[40:90]})
SNV = Variant(1, "a", "chr1", 150, CHROMOSOME[149], "A" if CHROMOSOME[149] != "A" else "C")


def bundle(kind="binary", classes=(), alphabet="dna", window=0, head="pooled", members=3):
    """A bundle of networks that learned nothing: enough to tell whether the same is asked."""
    import torch

    encoder = {"modality": "sequence", "alphabet": alphabet, "letters": 20 if alphabet == "protein" else 4}
    encoder |= {"window": window} if window else {}
    how, tensors = {"embedding": 4, "hidden": 6, "head": head}, {}
    for number in range(members):
        torch.manual_seed(number)
        network = Network(NetworkSettings(**how), len(classes) or 1, encoder)
        tensors |= {f"{number}.{k}": v.numpy() * 2 for k, v in network.state_dict().items()}
    facts = {"label_mean": [1.5], "label_sd": [2.0]} if kind == "regression" else {
        "label_mean": [0.0], "label_sd": [1.0]}  # fmt: skip
    task = {"kind": kind, "targets": ["worth"], "classes": list(classes)}
    header = {
        "format": FORMAT, "modality": "sequence", "components": ["sequence"], "task": task,
        "encoder": encoder, "network": how,
        "reading": {"alphabet": alphabet},
        "members": [{"seed": i, "repeat": i, "temperature": 1.3, "thresholds": [], **facts}
                    for i in range(members)],
    }  # fmt: skip
    return Model(header, tensors)


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
    turned = WindowCutter(length, before, fixed, "-")(variant, GENOME.contigs)
    assert turned[:2] == tuple(str(Seq(w).reverse_complement()) for w in cut[:2])


def test_an_allele_that_does_not_fit_is_refused():
    cutter = WindowCutter(21, 10, False)
    long = Variant(1, "v", "chr1", 100, CHROMOSOME[99], CHROMOSOME[99] + "A" * 11)
    assert cutter(long, GENOME.contigs).code == "LONGER_THAN_WINDOW"
    assert isinstance(WindowCutter(23, 10, False)(long, GENOME.contigs), Problem | VariantWindows)
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


def test_a_model_of_windows_reads_windows_of_its_length():
    fixed = bundle(window=60, head="aligned")
    near = Variant(2, "near", "chr1", 20, CHROMOSOME[19], "A" if CHROMOSOME[19] != "A" else "C")
    table = effects([SNV, near], GENOME, fixed)
    assert table["status"].tolist() == ["ok", "PAST_END"]
    assert table["window"][0] == f"{SNV.pos - 30}-{SNV.pos + 29}"
    assert effects([near], GENOME, fixed, before=19)["status"].tolist() == ["ok"]


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
