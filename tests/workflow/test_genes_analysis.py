"""An analysis without compounds: genes learned from one annotated genome and found in another, and tracks."""

import csv
import json
import random

import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import SeqFeature, SimpleLocation
from Bio.SeqRecord import SeqRecord

from .conftest import configuration, gene, random_protein, snakemake, spacer


def genome(seed: int, genes: int) -> SeqRecord:
    """Genes of one codon an amino acid, on both strands, between random stretches."""
    rng, text, features = random.Random(seed), "", []
    for number in range(genes):
        text += spacer(rng, rng.randint(60, 160))
        coding = Seq(gene(random_protein(rng, rng.randint(60, 120))))
        strand = rng.choice([1, -1])
        place = SimpleLocation(len(text), len(text) + len(coding), strand)
        features.append(SeqFeature(place, "CDS", qualifiers={"locus_tag": [f"g{number}"]}))
        text += str(coding if strand == 1 else coding.reverse_complement())
    return SeqRecord(
        Seq(text + spacer(rng, 200)), "made", features=features, annotations={"molecule_type": "DNA"}
    )


def make_analysis(folder):
    source = folder / "source"
    source.mkdir(parents=True)
    SeqIO.write(genome(1, 120), source / "known.gb", "genbank")
    SeqIO.write(genome(2, 60), source / "new.fna", "fasta")
    task = {"modality": "sequence", "split": {"method": "column", "column": "block", "repeats": 1},
            "network": {"hidden": 16}, "final": {"members": 1}}  # fmt: skip

    def parsed(**how):
        return {"sources": [{"data": "made", "files": ["known.gb"], "annotated": {"block": 2000, **how}}]}

    training = {"batch_size": 16, "learning_rate": 0.01, "class_power": 0}
    return {
        "data": configuration(source)["data"],
        "genomes": {"new": {"data": "made", "sequence": "new.fna"}},
        "tasks": {
            "frames": {**task, "kind": "binary", "targets": ["gene"], "featurize": {"alphabet": "codon"},
                       "parse": parsed(task="frames", label="1", otherwise="0"),
                       "train": {"epochs": 6, **training}},
            "coding": {**task, "kind": "per_position", "targets": ["strand_of_gene"],
                       "featurize": {"alphabet": "dna"}, "parse": parsed(task="per_position", window=400),
                       "pretrain": {"data": "made", "files": ["known.gb"], "reading": {"features": "CDS"},
                                    "copies": 1, "epochs": 1},
                       "train": {"epochs": 3, **training}},
        },
        "evaluate": {"bootstrap": 100},
        "genes": {"task": "frames"},
        "annotate": {"task": "coding", "tracks": ["bedgraph"]},
    }  # fmt: skip


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    folder = tmp_path_factory.mktemp("genes")
    config = make_analysis(folder)
    done = snakemake(folder, config)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder, config


def test_most_genes_of_the_other_genome_are_found(analysis):
    folder, _ = analysis
    found = set()
    with open(folder / "results/genomes/new/genes/genes.tsv") as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            found.add((row["strand"], int(row["end"] if row["strand"] == "+" else row["start"])))
    truth = set()
    for feature in genome(2, 60).features:
        forward = feature.location.strand == 1
        truth.add(
            ("+" if forward else "-", int(feature.location.end if forward else feature.location.start + 1))
        )
    assert len(truth & found) >= 0.75 * len(truth)
    assert len(found - truth) <= 0.2 * len(truth)


def test_every_base_has_a_value(analysis):
    folder, _ = analysis
    summary = json.loads((folder / "results/genomes/new/annotation/summary.json").read_text())
    bases = len(genome(2, 60).seq)
    assert summary["bases"] == bases
    assert [track["bases"] for track in summary["tracks"]] == [bases] * 3


def test_the_report_has_the_tasks_and_no_short_list(analysis):
    folder, _ = analysis
    page = (folder / "results/report.html").read_text()
    assert "frames" in page and "coding" in page and "Short-list" not in page
    metrics = json.loads((folder / "results/metrics.json").read_text())
    assert {"network", "window_linear"} <= set(metrics["coding"]["methods"])
    assert metrics["frames"]["methods"]["stack"]["ap"]["mean"] > 0.9


def test_networks_start_from_the_pretrained_one(analysis):
    folder, config = analysis
    assert (folder / "results/coding/members/pretrained.safetensors").exists()
    assert not (folder / "results/frames/members/pretrained.safetensors").exists()
    done = snakemake(folder, config, "--dry-run")
    assert "Nothing to be done" in done.stdout + done.stderr
