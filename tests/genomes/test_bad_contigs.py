"""Bad contigs stop no verb: what comes of the good ones is what comes of a file without the bad ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from riboswitch.cli import main
from untrained import bundle

RNG = np.random.default_rng(3)
GOOD = {f"good_{n}": "".join(RNG.choice(list("ACGT"), 900)) for n in range(3)}
ENTRIES = [f">{name} of a genome\n{letters}\n" for name, letters in GOOD.items()]
BAD = {
    ">bad_letter\nACGT!ACGT\n": "NOT_DNA", ">rna\nACGUACGU\n": "NOT_DNA", ">aligned\nACG-T\n": "GAP",
    ">empty\n": "EMPTY", ">good_0\nACGTACGT\n": "DUPLICATE_ID", ">\nACGT\n": "MISSING_ID",
    ">protein\nMKVLLEFIPQ\n": "PROTEIN_IN_DNA", ">nul\nAC\0GT\n": "NUL_BYTE",
}  # fmt: skip
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def run(verb, folder, genome, model, proteins):
    """Run a verb; the files that it wrote, without the list of what was left out."""
    out = folder / verb
    command = [verb, str(genome), str(model), "--output", str(out)]
    if verb == "scan":
        command += ["--references", str(proteins)]
    if verb == "annotate":
        command += ["--window", "90"]
    main(command)
    left_out = pd.read_csv(out / "rejected.tsv", sep="\t", keep_default_na=False)
    files = {p.name: p.read_bytes() for p in out.rglob("*") if p.is_file() and p.name != "rejected.tsv"}
    return files, left_out


@pytest.mark.parametrize("verb", ["scan", "genes", "annotate"])
def test_bad_contigs_change_nothing_and_are_listed(verb, tmp_path, gene_model, proteins, capsys):
    models = {"scan": gene_model, "genes": bundle(alphabet="codon"), "annotate": bundle()}
    models[verb].save(tmp_path / "m.safetensors")
    proteins.save(tmp_path / "records.parquet")
    for name in ("clean", "mixed"):
        (tmp_path / name).mkdir()
    (tmp_path / "clean/g.fna").write_text("".join(ENTRIES))
    mixed = [ENTRIES[0], *list(BAD)[:4], ENTRIES[1], *list(BAD)[4:], ENTRIES[2]]
    (tmp_path / "mixed/g.fna").write_text("".join(mixed))
    results = [run(verb, tmp_path / name, tmp_path / name / "g.fna", tmp_path / "m.safetensors",
                   tmp_path / "records.parquet") for name in ("clean", "mixed")]  # fmt: skip
    (files, none), (same, left_out) = results
    assert files == same and none.empty
    assert dict(zip(left_out["row"], left_out["code"], strict=True)) == dict(
        zip([2, 3, 4, 5, 7, 8, 9, 10], BAD.values(), strict=True)
    )
    assert "8 contigs rejected (2 NOT_DNA, 1 DUPLICATE_ID" in capsys.readouterr().err


def test_effects_goes_on_with_the_alleles_of_good_contigs(tmp_path, capsys):
    bundle().save(tmp_path / "m.safetensors")
    (tmp_path / "g.fna").write_text("".join([ENTRIES[1], *BAD]))
    letter = GOOD["good_1"][99]
    rows = [
        f"{contig}\t100\t.\t{letter}\t{'A' if letter != 'A' else 'C'}\t.\t.\t.\n"
        for contig in ("good_1", "rna")
    ]
    (tmp_path / "v.vcf").write_text(HEAD + "".join(rows))
    files = [str(tmp_path / name) for name in ("v.vcf", "g.fna", "m.safetensors")]
    main(["effects", *files, "--output", str(tmp_path / "e.tsv")])
    assert pd.read_csv(tmp_path / "e.tsv", sep="\t")["status"].tolist() == ["ok", "REJECTED_CONTIG"]
    assert "7 contigs rejected" in capsys.readouterr().err
