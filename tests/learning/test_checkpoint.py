"""A training that was stopped or killed, wherever that was, ends with the bytes it would have ended with."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.data.records import Record, Records
from riboswitch.errors import LockedError, Stopped, UsageError
from riboswitch.io.locks import held
from riboswitch.learning import checkpoint as checkpoints
from riboswitch.learning.checkpoint import write_trained
from riboswitch.learning.optimizer import AdamW
from riboswitch.modalities import find
from riboswitch.steps.featurize import featurize
from riboswitch.steps.pretrain import pretrain
from riboswitch.steps.split import split
from riboswitch.steps.train import refit, train

ALWAYS = 1e-9  # minutes between two checkpoints: one after every batch
SHORT = {"epochs": 3, "batch_size": 8}
SMALL = {"embedding": 4, "hidden": 6, "hide": 0.1}


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the package may catch it."""


def sequences(letters="ACDEFGHIKL", n=36):
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list(letters), rng.integers(12, 40))) for _ in range(n)]
    rows = [
        Record(i + 1, f"p{i}", {"sequence": "ATG" + t}, {"y": "abc"[i % 3], "z": i / 7}, "m")
        for i, t in enumerate(texts)
    ]
    return Records.collect(rows, ["sequence"], modality="sequence", reading={"alphabet": "protein"})


def molecules(n=36):
    smiles = ["C" * (i % 7 + 1) + "O" * (i % 3) + "c1ccccc1" for i in range(n)]
    rows = [
        Record(i + 1, f"m{i}", {"molecule": s}, {"y": i % 4 == 0 if i % 5 else None, "z": float(i)}, "m")
        for i, s in enumerate(smiles)
    ]
    return Records.collect(rows, ["molecule"], modality="molecule")


def parts_of(records, encoder=None):
    arrays = featurize(records, encoder)
    return records, arrays, split(records, "random", repeats=2)


def of_molecules():
    shape = {"hidden": 8, "ffn_hidden": 8, "dropout": 0.3, "batch_norm": True}
    return partial(train, *parts_of(molecules()), kind="binary", targets=["y"], settings=SHORT, network=shape)


def of_sequences(**how):
    how = {"kind": "multiclass", "targets": ["y"], "settings": SHORT, "network": SMALL} | how
    return partial(train, *parts_of(sequences()), **how)


def of_strands():
    shape = {
        "embedding": 4,
        "hidden": 6,
        "recurrent": "mingru",
        "strands": "augment",
        "normalization": "batch",
    }
    data = parts_of(sequences("ACGT"), {"alphabet": "dna"})
    return partial(train, *data, kind="regression", targets=["z"], settings=SHORT, network=shape, repeat=1)


def of_all_rows():
    like = [of_sequences(repeat=repeat)() for repeat in (0, 1)]
    return partial(refit, *parts_of(sequences()), like, seed=3, epochs="all")


def of_letters():
    return partial(pretrain, sequences(n=12), copies=2, settings=SHORT, network=SMALL)


TRAININGS = {
    "molecules": of_molecules,
    "sequences": of_sequences,
    "strands": of_strands,
    "all rows": of_all_rows,
    "letters": of_letters,
}


def written(model):
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        return (Path(folder) / "model").read_bytes()


@pytest.fixture(scope="module", params=TRAININGS)
def training(request):
    """A training, and the bytes of one that nobody disturbed and that kept no checkpoint."""
    run = TRAININGS[request.param]()
    return run, written(run())


@pytest.fixture(scope="module")
def simple():
    run = of_sequences()
    return run, written(run())


@contextmanager
def disturbed(after, act):
    """Call ``act`` when so many batches were made, of training or of validation: before they are computed."""
    made = 0

    def wrap(collate):
        def disturb(*arguments):
            nonlocal made
            made += 1
            if made == after:
                act()
            return collate(*arguments)

        return disturb

    with pytest.MonkeyPatch.context() as patch:
        for modality in ("sequence", "molecule"):
            module = find(modality).network
            patch.setattr(module, "collate", wrap(module.collate))
        yield


@pytest.fixture(autouse=True, scope="module")
def hears_sigterm():
    """As on the command line; a SIGTERM that nobody defers would end the tests."""

    def hear(number, frame):
        raise Stopped("heard")

    former = signal.signal(signal.SIGTERM, hear)
    yield hear
    signal.signal(signal.SIGTERM, former)


def stop():
    signal.raise_signal(signal.SIGTERM)


def kill():
    raise Killed


def attempt(run, path, after, how):
    """One run that ends after so many batches (unless it is done before): its model, or None."""
    minutes = ALWAYS if how is kill else 60
    with disturbed(after, how):
        try:
            return run(checkpoint=path, checkpoint_minutes=minutes)
        except (Stopped, Killed):
            return None


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 14), st.sampled_from([stop, kill])), min_size=1, max_size=3))
def test_where_it_is_stopped_and_how_often_changes_no_byte(training, ends):
    run, expected = training
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.checkpoint"
        for after, how in ends:
            model = attempt(run, path, after, how)
        model = run(checkpoint=path) if model is None else model
        assert written(model) == expected
        assert {p.name for p in Path(folder).iterdir()} <= {"x.checkpoint"}


@pytest.mark.parametrize("after", range(1, 13))  # three epochs of three batches and a validation
def test_no_batch_is_learned_twice(simple, after, tmp_path, monkeypatch, capsys):
    run, expected = simple
    steps, step = [], AdamW.step
    monkeypatch.setattr(AdamW, "step", lambda self, rate: (steps.append(self.steps), step(self, rate)))
    assert attempt(run, tmp_path / "x", after, stop) is None
    assert written(run(checkpoint=tmp_path / "x")) == expected
    assert steps == [*range(9)]
    told = capsys.readouterr().err
    epoch, batch = divmod(after - 1, 4)
    place = f"epoch {epoch + 1} of 3, batch {min(batch + 1, 3)} of 3"
    assert f"train repeat 0: going on after {place}\n" in told
    assert [f"train repeat 0: epoch {n} of 3" in told for n in (1, 2, 3)] == [True] * 3


def test_after_the_last_epoch_only_the_end_is_left(simple, tmp_path, monkeypatch, capsys):
    run, expected = simple
    assert attempt(run, tmp_path / "x", 13, kill) is None
    monkeypatch.setattr(AdamW, "step", None)
    with disturbed(3, kill):  # only the last look at the validation rows, and the golden answers
        assert written(run(checkpoint=tmp_path / "x")) == expected
    assert "going on after epoch 3 of 3, batch 3 of 3" in capsys.readouterr().err


def test_stopping_says_where_and_what_to_do(simple, tmp_path):
    run, _ = simple
    with pytest.raises(Stopped) as stopped, disturbed(6, stop):
        run(checkpoint=tmp_path / "x")
    assert str(stopped.value) == (
        "train repeat 0: stopped by SIGTERM (a time limit or scancel) at epoch 2 of 3, batch 2 of 3. "
        "Run the same command again to go on."
    )
    assert stopped.value.exit_code == 143


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(simple, tmp_path, monkeypatch):
    run, expected = simple
    renamed, replace = [], os.replace

    def third_is_the_last(source, target):
        renamed.append(target)
        kill() if len(renamed) == 3 else replace(source, target)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "replace", third_is_the_last)
        run(checkpoint=tmp_path / "x", checkpoint_minutes=ALWAYS)
    kept = (tmp_path / "x").read_bytes()
    assert b'batch\\": 2' in kept
    assert written(run(checkpoint=tmp_path / "x")) == expected


@pytest.fixture
def half(simple, tmp_path):
    """The checkpoint of a training that was stopped half-way."""
    assert attempt(simple[0], tmp_path / "half", 6, stop) is None
    return (tmp_path / "half").read_bytes()


def test_a_damaged_checkpoint_is_noticed(simple, half, tmp_path, capsys):
    run, expected = simple
    rng = np.random.default_rng(0)
    damaged = [b"", b"\0" * 100, b"x" * 99, half[:-1], half[: len(half) // 2]]
    for at in [0, 8, *rng.integers(9, len(half), 5)]:
        damaged.append(half[:at] + bytes([half[at] ^ 1]) + half[at + 1 :])
    for content in damaged:
        (tmp_path / "x").write_bytes(content)
        assert written(run(checkpoint=tmp_path / "x")) == expected
        assert re.match(r"train repeat 0: the checkpoint cannot be read \(.*\); starting anew\n",
                        capsys.readouterr().err, re.DOTALL)  # fmt: skip


def test_a_checkpoint_that_cannot_be_read_or_written_is_only_said(simple, tmp_path, monkeypatch, capsys):
    run, expected = simple
    (tmp_path / "folder").mkdir()
    assert written(run(checkpoint=tmp_path / "folder", checkpoint_minutes=ALWAYS)) == expected
    told = capsys.readouterr().err
    assert "the checkpoint cannot be read (" in told and "the checkpoint could not be written (" in told

    write = Path.write_bytes

    def full(path, content):
        if path.name.startswith(".x."):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert written(run(checkpoint=tmp_path / "x", checkpoint_minutes=ALWAYS)) == expected
    assert "the checkpoint could not be written (" in capsys.readouterr().err
    with pytest.raises(Stopped, match=r"at epoch 1 of 3, batch 2 of 3$"), disturbed(2, stop):
        run(checkpoint=tmp_path / "x")


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"settings": SHORT | {"epochs": 4}}, "settings"),
        ({"network": SMALL | {"hidden": 7}}, "network"),
        ({"seed": 5}, "seed"),
        ({"repeat": 1, "seed": 0}, "rows, training"),
        ({"kind": "regression", "targets": ["z"]}, "labels, task"),
    ],
)
def test_the_checkpoint_of_another_training_is_not_taken(simple, half, tmp_path, capsys, change, parts):
    del simple
    run = of_sequences(**change)
    (tmp_path / "x").write_bytes(half)
    made = run(checkpoint=tmp_path / "x", checkpoint_minutes=ALWAYS)
    told = capsys.readouterr().err
    assert f": the checkpoint is of another training ({parts} differ); starting anew\n" in told
    assert written(made) == written(run())
    run(checkpoint=tmp_path / "x")  # it was replaced
    assert "going on" in capsys.readouterr().err


def test_data_versions_and_the_start_belong_to_the_training(simple, half, tmp_path, capsys, monkeypatch):
    run, _ = simple
    records, arrays, parts = run.args
    table = records.table.assign(y=records.table["y"].tolist()[::-1])
    other = Records(table, records.rejected, records.read, records.meta)
    longer = Records(
        table.assign(sequence="M" + table["sequence"]), records.rejected, records.read, records.meta
    )
    pretrained = pretrain(records, copies=1, settings=SHORT, network=SMALL)
    cases = {
        "labels": partial(train, other, arrays, parts, **run.keywords),
        "features, labels, records": partial(train, longer, featurize(longer), parts, **run.keywords),
        "rows, split": partial(train, records, arrays, split(records, "random", seed=1), **run.keywords),
        "start": partial(run, init=pretrained),
    }
    for told, case in cases.items():
        (tmp_path / "x").write_bytes(half)
        case(checkpoint=tmp_path / "x")
        assert f"another training ({told} differ)" in capsys.readouterr().err
    monkeypatch.setattr("riboswitch.learning.training_job.versions", lambda: {"torch": "3"})
    (tmp_path / "x").write_bytes(half)
    run(checkpoint=tmp_path / "x")
    assert "another training (versions differ)" in capsys.readouterr().err


def test_a_thread_trains_too(simple, tmp_path):
    run, expected = simple
    made = []
    thread = threading.Thread(target=lambda: made.append(run(checkpoint=tmp_path / "x")))
    thread.start()
    thread.join()
    assert written(made[0]) == expected


def test_who_heard_sigterm_before_hears_it_again(simple, tmp_path, hears_sigterm):
    run, _ = simple
    with pytest.raises(Stopped, match=r"^heard$"), disturbed(13, stop):  # after the loop
        run(checkpoint=tmp_path / "x")
    assert signal.getsignal(signal.SIGTERM) is hears_sigterm
    with pytest.raises(Stopped, match=r"^heard$"), checkpoints._deferred(signal.SIGTERM) as told:
        stop()
        assert told()


# --- the command


def test_the_checkpoint_goes_when_the_output_is_there(simple, tmp_path):
    run, expected = simple
    output, beside = tmp_path / "m.safetensors", tmp_path / "m.safetensors.checkpoint"
    with pytest.raises(Killed), disturbed(5, kill):
        write_trained(output, ALWAYS, run)
    assert [*tmp_path.iterdir()] == [beside]
    write_trained(output, ALWAYS, run)
    assert output.read_bytes() == expected and [*tmp_path.iterdir()] == [output]
    with pytest.raises(Killed), disturbed(5, kill):
        write_trained(tmp_path / "other", 0, run)
    assert [*tmp_path.iterdir()] == [output]
    write_trained(tmp_path / "other", 0, run)
    assert (tmp_path / "other").read_bytes() == expected
    with pytest.raises(UsageError, match="--checkpoint-minutes must be a number of at least 0"):
        write_trained(tmp_path / "other", -1, run)


def test_two_do_not_train_for_one_output(simple, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "held", partial(held, wait=0))
    output = tmp_path / "m.safetensors"
    with held(f"{output}.checkpoint"), pytest.raises(LockedError):
        write_trained(output, 1, simple[0])
    assert not output.exists()


# A process that is sent a real signal in the middle of a step: half of the parameters are moved.
DOOMED = """
import os, sys
from riboswitch.cli import main
from riboswitch.learning.optimizer import AdamW, torch

number, at = int(sys.argv[1]), int(sys.argv[2])
step, addcdiv = AdamW.step, torch.Tensor.addcdiv_

def doomed(self, rate):
    moved = []

    def move(p, *values, **more):
        moved.append(p)
        if self.steps == at and len(moved) == 3:
            os.kill(os.getpid(), number)
        return addcdiv(p, *values, **more)

    torch.Tensor.addcdiv_ = move
    step(self, rate)

AdamW.step = doomed
main(sys.argv[3:])
"""


@pytest.mark.slow
def test_a_real_process_killed_again_and_again(simple, tmp_path):
    run, expected = simple
    for noun, name in zip(run.args, ("r.parquet", "f.npz", "s.parquet"), strict=True):
        noun.save(tmp_path / name)
    words = ["train", "r.parquet", "f.npz", "s.parquet", "--output", "m.safetensors", "--kind", "multiclass",
             "--target", "y", "--settings", json.dumps(SHORT), "--network", json.dumps(SMALL),
             "--checkpoint-minutes", str(ALWAYS)]  # fmt: skip

    def process(number, at):
        return subprocess.run([sys.executable, "-c", DOOMED, str(int(number)), str(at), *words],
                              cwd=tmp_path, capture_output=True, text=True)  # fmt: skip

    for number, at in [(signal.SIGTERM, 2), (signal.SIGKILL, 4), (signal.SIGTERM, 5), (signal.SIGTERM, 9)]:
        made = process(number, at)
        assert not (tmp_path / "m.safetensors").exists()
        assert (tmp_path / "m.safetensors.checkpoint").exists()
        if number == signal.SIGTERM:
            assert made.returncode == 143, made.stderr
            assert made.stderr.splitlines()[-1].startswith(
                "riboswitch: error: train repeat 0: stopped by SIG"
            )
        else:
            assert made.returncode == -signal.SIGKILL
    made = process(signal.SIGTERM, 99)
    assert made.returncode == 0, made.stderr
    assert "train repeat 0: going on after epoch 3 of 3, batch 3 of 3" in made.stderr
    assert (tmp_path / "m.safetensors").read_bytes() == expected
    assert not (tmp_path / "m.safetensors.checkpoint").exists()
