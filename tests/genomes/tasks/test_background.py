"""The class "none": drawn from a genome, unlike the positives, every protein accounted for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import SeqFeature, SimpleLocation
from Bio.SeqRecord import SeqRecord

from riboswitch.errors import UsageError
from riboswitch.genomes.tasks.background import background

LABEL = {"drug_class": "none"}


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("genome") / "g.fna"
    path.write_text(">c1\n" + "".join(rng.choice(list("ACGT"), 30_000)) + "\n")
    return path


@pytest.fixture(scope="module")
def everything(genome):
    return background(genome, [], LABEL, {"min_aa": 40, "cds": 0, "decoys": 0})


def test_all_frames_are_drawn_or_counted(genome, everything):
    assert everything.read == len(everything) > 20
    some = background(genome, [], LABEL, {"min_aa": 40, "orfs": 5, "decoys": 0})
    assert len(some) == 5 and some.read == everything.read
    assert some.counts()["by_code"] == {"NOT_SAMPLED": everything.read - 5}
    again = background(genome, [], LABEL, {"min_aa": 40, "orfs": 5, "decoys": 0})
    other = background(genome, [], LABEL, {"min_aa": 40, "orfs": 5, "decoys": 0, "seed": 1})
    assert some.ids == again.ids != other.ids
    assert set(some.table["drug_class"]) == {"none"}


def test_frames_similar_to_a_positive_are_left_out(genome, everything):
    positive = everything.inputs["sequence"][0]
    made = background(genome, [positive], LABEL, {"min_aa": 40, "decoys": 0})
    gone = made.rejected[made.rejected["code"] == "RESEMBLES_POSITIVE"]
    assert everything.ids[0] in set(gone["id"]) and everything.ids[0] not in made.ids
    assert "100%" in gone.set_index("id").loc[everything.ids[0], "reason"]


def test_decoys_keep_the_composition_of_a_positive(genome):
    positives = ["MACDEFGHIKL", "MWWYYVVTTSS", "MNNPPQQRRKK"]
    made = background(genome, positives, LABEL, {"orfs": 0, "decoys": 3})
    decoys = made.table[made.table["source"] == "decoys"]["sequence"].tolist()
    assert len(decoys) == 3 and not set(decoys) & set(positives)
    assert sorted(map(sorted, decoys)) == sorted(map(sorted, positives))
    assert max(Counter(made.ids).values()) == 1


@pytest.mark.parametrize(
    "bad", [{"orf": 3}, {"orfs": -1}, {"min_aa": 0}, {"resembles": 2}, {"k": 13}, {"cds": 1.5}]
)
def test_settings_are_checked(genome, bad):
    with pytest.raises(UsageError):
        background(genome, ["MKV"], LABEL, bad)


def test_genes_that_share_a_locus_tag_are_both_there(tmp_path):
    gene = "ATG" + "GCCAAAGATGAATTCCAC" * 12 + "TAA"
    other = "ATG" + "CTGGTTTGGAACCGTATC" * 12 + "TAA"
    places = [(31, 30 + len(gene)), (91 + len(gene), 90 + len(gene) + len(other))]
    record = SeqRecord(
        Seq("T" * 30 + gene + "T" * 60 + other + "T" * 30), "c1", annotations={"molecule_type": "DNA"}
    )
    for start, end in places:
        record.features.append(
            SeqFeature(SimpleLocation(start - 1, end, 1), "CDS", qualifiers={"locus_tag": ["L1"]})
        )
    SeqIO.write(record, tmp_path / "g.gb", "genbank")
    made = background(tmp_path / "g.gb", [], LABEL, {"orfs": 0, "decoys": 0})
    cds = [i for i in made.ids if i.startswith("L1")]
    assert cds == ["L1", f"L1 c1:{places[1][0]}-{places[1][1]}"]


def test_annotated_proteins_that_are_no_records_are_kept_beside(tmp_path):
    """Each annotated protein is a record, or named beside, whether or not it resembles a positive."""
    rng = np.random.default_rng(4)
    genes = ["ATG" + "".join(rng.choice(["GCA", "GAC", "AAA", "CTG", "GTC"], 80)) + "TAA" for _ in range(12)]
    record = SeqRecord(Seq("T" * 30 + ("T" * 30).join(genes)), "c1", annotations={"molecule_type": "DNA"})
    start = 30
    for number, gene in enumerate(genes):
        place = SimpleLocation(start, start + len(gene), 1)
        record.features.append(SeqFeature(place, "CDS", qualifiers={"locus_tag": [f"g{number}"]}))
        start += len(gene) + 30
    SeqIO.write(record, tmp_path / "g.gb", "genbank")
    proteins = {f"g{i}": str(Seq(gene[:-3]).translate()) for i, gene in enumerate(genes)}
    positives = [proteins["g3"][:40] + "W" * 40, proteins["g5"], "M" + "Y" * 60]
    for cds in (0, 4, 12):
        made = background(tmp_path / "g.gb", positives, LABEL, {"cds": cds, "orfs": 0, "decoys": 0})
        kept = made.meta["homologues"]
        assert kept == {name: p for name, p in proteins.items() if name not in {*made.ids}}
        assert {"g3", "g5"} <= {*kept}


def _number(name):
    return int(name[1:])
