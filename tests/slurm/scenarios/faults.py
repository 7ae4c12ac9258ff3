"""Everything goes wrong while 32 shards are screened, and the result is the one of an undisturbed run."""

from __future__ import annotations

import re
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import processes
from cluster import Cluster
from record import Failed, Record
from stage import RESULTS, Stage, check_clean, check_scores, ended_well, finished_shards
from workplace import ON_SLURM, Run, Submitted, Workplace, ended_afterwards

SHARDS = 32
SECONDS = 8  # of scoring in a shard
ENOUGH = 10  # shards that are finished when Snakemake is killed
MEMORY = 3000  # MB that a shard is given
SIGNS = {  # what must be said of a fault
    "over its memory": "exceeded memory limit",
    "over its time": "TIMEOUT",
    "program killed": "Killed",
    "node lost": "node failure",
}
UNREACHABLE = re.compile(r"slurm.*(error|fail|unable)|(error|fail|unable).*slurm", re.IGNORECASE)
SHIM = Path(__file__).parents[1] / "faulty" / "riboswitch"
FOLLOWING = {"screen", "rank", "check", "cohort", "explain", "report"}  # the rules that are left to do


def run(stage: Stage, record: Record) -> None:
    """An undisturbed run on this machine, a disturbed one on Slurm."""
    quiet = stage.screening(record, "undisturbed", SHARDS)
    stage.ensemble(record, quiet, SECONDS)
    place = stage.place("faults")
    place.adopt(quiet.folder, "results", "data")
    analysis = stage.analysis(stage.work / f"library-{SHARDS}", SHARDS)
    options = quiet.configure(analysis)
    rules = quiet.rules(*options) - {"main_job"}
    record.need("only the screen and what follows is left to do", {"screen"} <= rules <= FOLLOWING, rules)
    ended = quiet.run("run", "--cores", "all", *options)
    ended_well(record, "an undisturbed run ends well", ended)
    Disturbed(place, stage.cluster(nodes=4, cpus=1), record, place.configure(analysis)).run()
    check_scores(record, place, quiet, SHARDS)
    check_clean(record, place)
    record.same(RESULTS, place.results, quiet.results)


@dataclass(frozen=True)
class Struck:
    """A job that had its fault, and what must be said of it."""

    fault: str
    how: str
    sign: str
    run: Run
    job: Submitted


class Disturbed:
    """A screen, and the faults that befall it one after the other."""

    def __init__(self, place: Workplace, cluster: Cluster, record: Record, analysis: tuple[str, ...]) -> None:
        self.place, self.cluster, self.record = place, cluster, record
        # Retries get more of both; the first attempt is what the faults go beyond.
        limits = ("--set-resources", f"screen:mem_mb={MEMORY} * attempt", "screen:runtime=attempt")
        # The nodes have one core each.
        self.options = (*ON_SLURM, "--max-threads", "1", "--rerun-incomplete", *limits, *analysis)
        self.shim = place.folder / "faulty"
        self.shim.mkdir()
        shutil.copy(SHIM, self.shim)
        self.struck: list[Struck] = []

    def run(self) -> None:
        """Two Snakemakes: the first is killed, the second goes on."""
        (self.shim / "memory").write_text(str(MEMORY + 500))
        with ended_afterwards(self._start("first")) as first:
            self._by_shim("memory", "over its memory", "a shard takes more memory than its job has", first)
            self._kill_program(first)
            self._kill_node(first)
            self._restart_controller(first)
            finished = self._kill_snakemake(first)
        self._unlock()
        (self.shim / "time").write_text("3600")
        with ended_afterwards(self._start("second")) as second:
            self._by_shim("time", "over its time", "a shard sleeps for longer than its job has", second)
            second.wait(1200)
        ended_well(self.record, "in the end the run completes", second)
        self._tell()
        after = finished_shards(self.place)
        again = [name for name, file in finished.items() if after.get(name) != file]
        self.record.check("shards that were finished are not done again", not again, again)
        jobs, seconds = len(first.jobs) + len(second.jobs), first.seconds + second.seconds
        self.record.figure(jobs=jobs, wall_seconds=seconds)

    def _start(self, name: str) -> Run:
        return self.place.start(name, *self.options, first_on_path=self.shim)

    def _by_shim(self, name: str, fault: str, how: str, run: Run) -> None:
        taken = self._until(f"a shard goes {fault}", lambda: list(self.shim.glob(f"{name}.*")), run)
        slurm = taken[0].name.rpartition(".")[2]

        def known() -> Submitted | None:
            return next((job for job in run.jobs if job.slurm == slurm), None)

        job = self._until(f"Snakemake has submitted job {slurm}", known, run)
        self._noticed(Struck(fault, how, SIGNS[fault], run, job))

    def _kill_program(self, run: Run) -> None:
        job = self._running(run)
        processes.send([self._program(job)], signal.SIGKILL)
        how = "SIGKILL to the program of a shard"
        self._noticed(Struck("program killed", how, SIGNS["program killed"], run, job))

    def _kill_node(self, run: Run) -> None:
        job = self._running(run)
        node = self.cluster.ask("squeue", "--noheader", "--jobs", job.slurm, "--format", "%N").strip()
        self.cluster.kill_node(node)
        how = f"SIGKILL to the daemon of node {node} and to all that it had started"
        self._noticed(Struck("node lost", how, SIGNS["node lost"], run, job))
        self.cluster.start_node(node)

    def _restart_controller(self, run: Run) -> None:
        self._running(run)
        before = len(run.text.splitlines())
        self.cluster.stop_controller()
        time.sleep(15)
        self.cluster.start_controller()
        time.sleep(25)  # long enough for Snakemake to have asked in vain
        new = [line for line in run.text.splitlines()[before:] if UNREACHABLE.search(line)]
        seen = run.tidy(new)[:3] or ["nothing: jobs ran on, and Snakemake asked again"]
        self.record.fault("controller restarted", "slurmctld is ended, and started again after 15 s", seen)
        self.record.check("the run outlives the controller", run.process.poll() is None)

    def _kill_snakemake(self, run: Run) -> dict[str, tuple[int, int]]:
        """Kill it in the middle; see what it leaves, which is jobs and a lock; clean up as a user would."""
        self._until("shards are finished", lambda: len(finished_shards(self.place)) >= ENOUGH, run)
        self._running(run)
        run.kill()
        left = len(self.cluster.ask("squeue", "--noheader", "--name", run.slurm_name).splitlines())
        middle = left and len(finished_shards(self.place)) < SHARDS
        self.record.check("Snakemake is killed in the middle", middle)
        with ended_afterwards(self._start("refused")) as refused:
            refused.wait(120)
        said = [line for line in refused.text.splitlines() if "lock" in line.lower()]
        how = f"SIGKILL to Snakemake; {left} jobs stay at Slurm. Then the same command again"
        self.record.fault("Snakemake killed", how, refused.tidy(said)[:3])
        self.cluster.cancel(run.slurm_name)
        return finished_shards(self.place)

    def _unlock(self) -> None:
        config = self.options[self.options.index("--configfile") :]
        unlocked = self.place.run("unlock", "--cores", "1", "--unlock", *config, seconds=120)
        ended_well(self.record, "its folder is unlocked", unlocked)

    def _running(self, run: Run) -> Submitted:
        """The job that started last of those whose program is at work, and that had no fault yet."""

        def chosen() -> Submitted | None:
            had = {struck.job.slurm for struck in self.struck}
            running = self.cluster.ask("squeue", "--noheader", "--states", "R", "--format", "%i").split()
            free = [job for job in run.jobs if job.slurm in running and job.slurm not in had]
            return next((job for job in reversed(free) if self._program(job)), None)

        return self._until("a shard is being scored", chosen, run)

    def _program(self, job: Submitted) -> int:
        """The process that scores; 0 if there is none."""
        mark = f"SLURM_JOB_ID={job.slurm}"
        for pid in processes.every():
            words = processes.command_line(pid)[:3]
            named = any(word.endswith("riboswitch") for word in words)
            if named and "screen" in words and mark in processes.environment(pid):
                return pid
        return 0

    def _noticed(self, struck: Struck) -> None:
        """Wait until Snakemake has seen that the job failed."""
        self.struck.append(struck)
        self.record.say(f"     {struck.fault}: shard {struck.job.item}")
        noticed = f"Snakemake notices: {struck.fault}"
        self._until(noticed, lambda: struck.run.failed(struck.job.slurm), struck.run)

    def _tell(self) -> None:
        """Note what was said of each fault, once all of it is said."""
        for struck in self.struck:
            seen = struck.run.seen(struck.job)
            self.record.fault(struck.fault, struck.how, seen)
            self.record.check(f"the user is told: {struck.fault}", struck.sign in " ".join(seen))

    def _until(
        self, what: str, condition: Callable[[], Any], run: Run | None = None, seconds: float = 900
    ) -> Any:
        """The answer of the condition once it is true; `Failed` after too long, or once the run is over."""

        def over() -> bool:
            return run is not None and run.process.poll() is not None

        answer = processes.until(lambda: condition() or over(), seconds, every=0.5)
        if over():
            answer = condition()
        if not answer:
            waited = "the run ended before" if over() else f"waited {seconds:.0f} seconds in vain until"
            raise Failed(f"{waited} {what}")
        return answer
