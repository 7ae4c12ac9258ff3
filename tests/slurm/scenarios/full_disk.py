"""A disk fills up while shards are written: the run says so in a line, and goes on once there is room."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from record import Record
from stage import RESULTS, Stage, check_clean, check_scores, ended_well, finished_shards
from workplace import ON_SLURM, Run, Workplace, ended_afterwards

BLOCKS, SHARDS = 8, 8
MEGABYTE = 1 << 20
REASON = "the disk is full"


def run(stage: Stage, record: Record) -> None:
    """Screen onto 64 MB, most of them taken, then onto more."""
    roomy = _undisturbed(stage, record)
    place = stage.screening(record, "full-disk", BLOCKS, library=False)
    stage.cluster(nodes=4, cpus=2)
    options = (*ON_SLURM, "--set-threads", "prepare=2", *place.configure(_analysis(stage)))
    with _small_disk(place):
        _take(place.results, keep=_needed(roomy))
        with ended_afterwards(place.start("full", *options)) as full:
            full.wait(900)
        record.check("on a full disk the run fails", full.process.returncode not in (0, None))
        reasons = _reasons(full)
        record.fault("full disk", "the results are on 64 MB, most of them taken", reasons[:1])
        record.check("it says why in a line", reasons, full.last())
        record.check("no partial file is left", not list(place.results.rglob("*.partial")))
        before = finished_shards(place)
        record.figure(shards_before=len(before), shards=SHARDS)
        _mount("remount,size=512m", place.results)
        with ended_afterwards(place.start("roomy", *options)) as again:
            again.wait(900)
        ended_well(record, "with more space it completes", again)
        after = finished_shards(place)
        record.check("finished shards are not done again", all(after.get(k) == v for k, v in before.items()))
        check_scores(record, place, roomy, SHARDS)
        check_clean(record, place)
        record.same(RESULTS, place.results, roomy.results)


def _analysis(stage: Stage) -> dict:
    return stage.analysis(stage.work / f"library-{BLOCKS}", SHARDS)


def _undisturbed(stage: Stage, record: Record) -> Workplace:
    place = stage.screening(record, "full-disk-undisturbed", BLOCKS)
    ended = place.run("run", "--cores", "all", *place.configure(_analysis(stage)))
    ended_well(record, "an undisturbed run ends well", ended)
    return place


@contextmanager
def _small_disk(place: Workplace) -> Iterator[None]:
    """Put the results of a place onto a disk of 64 MB."""
    elsewhere = place.results.rename(place.folder / "learned")
    place.results.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place.results)], check=True)
    try:
        for path in elsewhere.iterdir():
            subprocess.run(["cp", "--archive", str(path), str(place.results)], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place.results)], check=True)


def _mount(options: str, folder: Path) -> None:
    subprocess.run(["mount", "-o", options, str(folder)], check=True)


def _needed(roomy: Workplace) -> int:
    """Bytes for the library and about half of the scores."""
    library, scores = (
        sum(file.stat().st_size for file in (roomy.results / name).iterdir())
        for name in ("library", "scores")
    )
    return library + scores // 2


def _take(folder: Path, keep: int) -> None:
    """Leave so many bytes of the disk."""
    with open(folder / "something-else", "wb") as file:
        for _ in range((shutil.disk_usage(folder).free - keep) // MEGABYTE):
            file.write(bytes(MEGABYTE))


def _reasons(run: Run) -> list[str]:
    """The lines that name the reason."""
    said = [line for line in run.text.splitlines() if line.startswith("riboswitch: ")]
    return [line for line in run.tidy(said) if REASON in line]
