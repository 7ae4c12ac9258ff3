"""genes.gff3 and its kin: every ID is of one feature, whatever the contigs are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from gff3_rules import assert_valid
from riboswitch.bio.genome import Genome, read_genome
from riboswitch.cli import main
from riboswitch.data.task import Task
from riboswitch.genomes.annotation_folder import write_annotation
from riboswitch.genomes.contigs import Contigs
from riboswitch.genomes.dna_model import DnaModel
from riboswitch.genomes.genes.calling import call_genes
from riboswitch.genomes.orfs import find_orfs
from riboswitch.genomes.positions import AnnotateSettings, PositionPredictor
from riboswitch.tracks import COLUMNS, write_gff3
from untrained import bundle

CASE = Path(__file__).parents[1] / "data/cases/gff_id_collision/genome.gb"
CONTIG = next(iter(read_genome(CASE).contigs.values()))[900:2100]
# Names as they come, and names that end like an id: a number, a place, the word region.
names = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=8)
ends = ["", "_1", "_2", "_1_1", ":region", ":1-9(+)", "_1:region", "%3A", ";ID=x"]
alike = st.builds("{}{}".format, st.sampled_from(["pl", "a", "1"]), st.sampled_from(ends))
contig_names = st.lists(names | alike, min_size=1, max_size=5, unique=True)


def everything(frames):
    """A network to which every frame is a gene."""
    return np.full(len(frames), 0.999)


def test_the_case(tmp_path):
    bundle(alphabet="codon").save(tmp_path / "gene_frames.safetensors")
    main(["genes", str(CASE), str(tmp_path / "gene_frames.safetensors"), "--output", str(tmp_path / "out")])
    found = assert_valid((tmp_path / "out/genes.gff3").read_text())
    assert [kind for _, kind, *_ in found].count("region") == 2
    genome = call_genes(read_genome(CASE), everything)
    genome.save(tmp_path / "all")
    found = assert_valid((tmp_path / "all/genes.gff3").read_text())
    assert {contig for contig, kind, *_ in found if kind == "CDS"} == {"pl", "pl_1"}
    assert {f"pl_{n}" for n in range(1, 4)} < {values["ID"] for *_, values in found}


@settings(max_examples=25, deadline=None)
@given(contig_names, st.data())
def test_ids_of_genes_are_unique_for_all_names_of_contigs(tmp_path_factory, some, data):
    folder = tmp_path_factory.mktemp("genes")
    circular = data.draw(st.sets(st.sampled_from(some)))
    genes = call_genes(Genome(dict.fromkeys(some, CONTIG), circular=circular), everything)
    genes.save(folder)
    found = assert_valid((folder / "genes.gff3").read_text("utf-8"))
    assert {contig for contig, *_ in found} == set(some)
    assert [values["ID"] for _, kind, _, _, values in found if kind == "CDS"] == genes.table["id"].tolist()


@settings(max_examples=25, deadline=None)
@given(contig_names)
def test_ids_of_calls_are_unique_for_all_names_of_contigs(tmp_path_factory, some):
    path = tmp_path_factory.mktemp("calls") / "calls.gff3"
    frames = [orf for name in some for orf in find_orfs(CONTIG, 20, contig=name)]
    rows = [
        {
            **{name: getattr(o, name) for name in ("contig", "start", "end", "strand")},
            **{"orf_id": f"{o.contig}:{o.start}-{o.end}({o.strand})", "status": "call", "probability": 0.9},
        }
        for o in frames
    ]
    write_gff3(
        pd.DataFrame(rows).reindex(columns=COLUMNS), path, contig_lengths=dict.fromkeys(some, len(CONTIG))
    )
    assert len(assert_valid(path.read_text("utf-8"))) == len(frames)


def test_segments_hold_to_the_rules(tmp_path):
    task = Task("multiclass", ("label",), ("a;=", "b,"), "position")
    dna = DnaModel(
        task, "dna", 0, 4, lambda texts: np.random.default_rng(0).random((sum(map(len, texts)), 2))
    )
    genome = Contigs.of(Genome({"pl": CONTIG, "pl_1": CONTIG, "segment_1": CONTIG, ">a%": CONTIG}))
    predictor = PositionPredictor(dna, AnnotateSettings(threshold=0.6))
    write_annotation(genome, predictor, tmp_path / "out", ())
    assert len(assert_valid((tmp_path / "out/segments.gff3").read_text())) > 100
