"""Every verb on a disk that is full when the result is to be written: one line, exit code 1, nothing left."""

from __future__ import annotations

import errno
import os

import pytest

from riboswitch import cli
from riboswitch.data.records import Record, Records
from riboswitch.io.atomic_files import sha256
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.predict import held_out
from riboswitch.steps.split import split
from riboswitch.steps.train import train

SMALL = ["--settings", '{"epochs": 1}', "--network", '{"embedding": 4, "hidden": 4}']
TARGET = ["--kind", "multiclass", "--target", "drug_class"]


@pytest.fixture(scope="module")
def made(tmp_path_factory, learned, gene_model):
    """The files of a small task of each modality."""
    folder = tmp_path_factory.mktemp("made")
    records, arrays, halves, models = learned
    proteins = zip(records.ids, records.inputs["sequence"], strict=True)
    (folder / "in.faa").write_text("".join(f">{name}\n{protein}\n" for name, protein in proteins))
    records.save(folder / "records.parquet")
    arrays.save(folder / "features.npz")
    halves.save(folder / "split.parquet")
    models[0].save(folder / "member.safetensors")
    gene_model.save(folder / "genes.safetensors")
    held_out(records, arrays, halves, models).save(folder / "heldout.parquet")
    smiles = [f"{'C' * n}O" for n in range(1, 21)]
    (folder / "library.smi").write_text("".join(f"{s}\n" for s in smiles))
    items = [Record(i, f"m{i}", {"molecule": s}, {"y": float(i)}) for i, s in enumerate(smiles)]
    rows = Records.collect(items, ["molecule"], modality="molecule", reading={})
    how = {"kind": "regression", "targets": ["y"], "settings": {"epochs": 1}}
    one = train(rows, featurize(rows), split(rows, repeats=1), network={"hidden": 8, "ffn_hidden": 8}, **how)
    ensemble([one], rows).save(folder / "molecules.safetensors")
    return folder


READING = ["--modality", "sequence", "--reading", '{"alphabet": "protein"}']
TRAIN = ["records.parquet", "features.npz", "split.parquet", *TARGET, *SMALL]
VERBS = {
    "parse": ["in.faa", *READING, "--output", "OUT/r.parquet"],
    "split": ["records.parquet", "--output", "OUT/s.parquet", "--method", "family"],
    "featurize": ["records.parquet", "--output", "OUT/f.npz"],
    "train": [*TRAIN, "--output", "OUT/m.safetensors"],
    "ensemble": ["member.safetensors", "--records", "records.parquet", "--output", "OUT/m.safetensors"],
    "predict": ["in.faa", "genes.safetensors", "--output", "OUT/p.csv"],
    "evaluate": ["heldout.parquet", "--output", "OUT/m.json"],
    "prepare": ["library.smi", "--output", "OUT/library"],
    "screen": ["library.smi", "molecules.safetensors", "--output", "OUT/s.parquet"],
    "fetch": ["library.smi", "OUT/fetched", "--sha256", "DIGEST"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_full_disk_is_one_line_and_leaves_nothing(verb, made, tmp_path, monkeypatch, capsys):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = tmp_path / "out"
    out.mkdir()
    words = [w.replace("OUT", str(out)).replace("DIGEST", sha256(made / "library.smi")) for w in VERBS[verb]]
    words = [str(made / w) if (made / w).exists() else w for w in words]
    with monkeypatch.context() as patch, pytest.raises(SystemExit) as leaving:
        patch.setattr(os, "fsync", full)
        cli.main([verb, *words])
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("riboswitch: error")]
    assert leaving.value.code == 1 and len(told) == 1
    assert str(out) in told[0] and "the disk is full (" in told[0] and "run again" in told[0]
    assert not [path for path in out.rglob("*") if path.is_file() and "checkpoint" not in path.name]
    cli.main([verb, *words])  # room was made
    assert [path for path in out.rglob("*") if path.is_file()]
    assert not [path for path in out.rglob("*") if path.name.endswith((".partial", ".lock"))]
