"""Genomes of the configuration may be proteins, with a sequence or without one."""

import re
import shlex

import yaml

from .conftest import make_analysis, snakemake


def commands(folder, config):
    done = snakemake(folder, config, "--dry-run", "--printshellcmds")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    lines = re.findall(r"^Shell command: (riboswitch .*)$", done.stdout + done.stderr, re.MULTILINE)
    return [shlex.split(line.rpartition(" 2> ")[0]) for line in lines]


def test_scan_reads_proteins_and_the_other_rules_only_sequences(tmp_path):
    config = make_analysis(tmp_path)
    files = {"p.faa": ">x\nMKV\n", "p.gff": "##gff-version 3\n"}
    for name, text in files.items():
        (tmp_path / "source" / name).write_text(text)
    config["data"]["more"] = {
        "source": f"file:{tmp_path / 'source'}", "members": [*files, "genome.fna"],
        "sha256": dict.fromkeys((*files, "genome.fna"), "0" * 64),
    }  # fmt: skip
    both = {"data": "more", "proteins": "p.faa", "annotation": "p.gff"}
    config["genomes"] |= {"alone": both, "beside": {**both, "sequence": "genome.fna"}}
    config["genes"] = {"task": "gene_class"}
    of = {}
    for words in commands(tmp_path, config):
        if words[1] in ("scan", "genes"):
            name = next(w for w in words if w.startswith("--output=")).split("/")[2]
            of[words[1], name] = words
    assert {name for verb, name in of if verb == "scan"} == {"patient", "alone", "beside"}
    assert {name for verb, name in of if verb == "genes"} == {"patient", "beside"}
    alone, beside = of["scan", "alone"], of["scan", "beside"]
    assert alone[2] == "data/more/p.faa" and "--annotation=data/more/p.gff" in alone
    assert not [w for w in (*alone, *of["scan", "patient"]) if w.startswith("--proteins")]
    assert beside[2] == "data/more/genome.fna" and "--proteins=data/more/p.faa" in beside


def test_a_genome_without_files_is_refused_in_one_line(tmp_path):
    config = make_analysis(tmp_path)
    config["genomes"]["patient"] = {"data": "made"}
    done = snakemake(tmp_path, yaml.safe_load(yaml.safe_dump(config)), "--dry-run")
    assert done.returncode == 1
    assert "genomes.patient: a genome needs its sequence or its proteins" in done.stdout + done.stderr
