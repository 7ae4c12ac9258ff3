"""What the workflow asks of a cluster: memory and time for every job, and more when it is tried again."""

import re
import shutil
import stat
import sys
from pathlib import Path

import pytest
import yaml
from snakemake.resources import ResourceScopes

from .conftest import REPOSITORY, make_analysis, snakemake

PROFILE = REPOSITORY / "profiles/slurm"


def jobs(text: str) -> list[tuple[str, dict[str, str]]]:
    """Rule, cores and resources of every job that Snakemake prints."""
    blocks = re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):\n((?:    .*\n)+)", text, re.MULTILINE)
    told = []
    for rule, block in blocks:
        line = re.search(r"^    resources: (.*)$", block, re.MULTILINE)
        pairs = (word.split("=", 1) for word in (line[1].split(", ") if line else []))
        cores = re.search(r"^    threads: (\d+)$", block, re.MULTILINE)
        told.append((rule, {"cores": cores[1] if cores else "1", **dict(pairs)}))
    return told


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fresh")
    return folder, make_analysis(folder)


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    return tmp_path_factory.mktemp("default"), yaml.safe_load(
        (REPOSITORY / "config/config.yaml").read_text("utf-8")
    )


def planned(fresh, *arguments):
    folder, config = fresh
    done = snakemake(folder, config, "--dry-run", "--workflow-profile", str(PROFILE), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return jobs(done.stdout + done.stderr)


def test_every_job_states_its_memory_and_minutes(fresh):
    told = planned(fresh)
    assert {"fetch_made", "parse", "train", "train_final", "scan", "prepare", "screen", "rank"} <= {
        r for r, _ in told
    }
    for rule, resources in told:
        if rule not in ("all", "main_job"):
            memory = resources["mem_mb"]
            assert memory == "<TBD>" or int(memory) >= 500, rule  # two Snakemake processes need as much
            assert int(resources["runtime"]) >= 10, rule


def test_a_gpu_is_asked_for_only_where_the_site_says_so(fresh):
    assert not [rule for rule, resources in planned(fresh) if "gpu" in resources]
    told = planned(fresh, "--set-resources", "train:gpu=1", "--printshellcmds")
    assert {rule for rule, resources in told if "gpu" in resources} == {"train"}


@pytest.mark.parametrize(("given", "asked"), [((), False), (("--set-resources", "train:gpu=1"), True)])
def test_a_training_with_a_gpu_gets_the_option_to_use_it(fresh, given, asked):
    folder, config = fresh
    done = snakemake(folder, config, "--dry-run", "--printshellcmds", *given)
    trainings = [
        line for line in done.stdout.splitlines() + done.stderr.splitlines() if "riboswitch train" in line
    ]
    of_repeats = [line for line in trainings if "--repeat" in line]
    assert of_repeats
    assert all(("--device=cuda" in line) == asked for line in of_repeats)
    assert not [line for line in trainings if "--like" in line and "--device" in line]


def test_the_profile_stays_clear_of_what_is_known_to_fail():
    profile = yaml.safe_load((PROFILE / "config.yaml").read_text())
    assert profile["executor"] == "slurm"
    assert not [key for key in profile if "array" in key or "group" in key]
    assert profile["slurm-no-requeue"] is True
    assert profile["retries"] >= 3
    assert profile["rerun-incomplete"] is True


def test_no_job_asks_for_more_than_the_profile_says_the_site_has(fresh):
    """The rules ask for less than that at first, and for no more however small a site is."""
    limits = yaml.safe_load((PROFILE / "config.yaml").read_text())["resources"]
    for rule, resources in planned(fresh):
        if "runtime" in resources:
            assert int(resources["runtime"]) <= limits["runtime"], rule
            assert resources["mem_mb"] == "<TBD>" or int(resources["mem_mb"]) <= limits["mem_mb"], rule
    small = [r for _, r in planned(fresh, "--resources", "mem_mb=1500", "runtime=90") if "runtime" in r]
    assert {int(r["runtime"]) for r in small} == {60, 90}
    assert {r["mem_mb"] for r in small} <= {"1000", "1500", "<TBD>"}


def test_the_limits_of_the_profile_are_of_each_job_and_not_of_all_together():
    profile = yaml.safe_load((PROFILE / "config.yaml").read_text())
    scopes = ResourceScopes.defaults()
    scopes.update(profile["set-resource-scopes"])
    assert set(profile["resources"]) == {"mem_mb", "runtime"}
    assert all(scopes.is_local(name) for name in profile["resources"])


def test_a_job_that_is_tried_again_gets_more_up_to_the_limits_of_the_profile(tmp_path):
    """The command fails twice: it then gets twice as much, and at last what there is at most."""
    config = make_analysis(tmp_path)
    shims = tmp_path / "shims"
    shims.mkdir()
    real = shutil.which("riboswitch", path=str(Path(sys.executable).parent))
    shim = shims / "riboswitch"
    first = [f'if [ "$1" = split ] && mkdir {tmp_path}/{n} 2>/dev/null; then exit 137; fi' for n in (1, 2)]
    shim.write_text("\n".join(["#!/bin/sh", *first, f'exec {real} "$@"\n']))
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    limits = ("--resources", "mem_mb=5000", "runtime=300", "--set-resource-scopes", "runtime=local")
    wanted = (*limits, "--retries", "2", "--", "results/solubility/split.parquet")
    done = snakemake(tmp_path, config, *wanted, first_on_path=shims)
    assert done.returncode == 0, done.stderr
    tried = [resources for rule, resources in jobs(done.stdout + done.stderr) if rule == "split"]
    assert [int(r["mem_mb"]) for r in tried] == [2000, 4000, 5000]
    assert [int(r["runtime"]) for r in tried] == [120, 240, 300]


def test_shards_by_minutes_change_no_byte(analysis, tmp_path):
    folder, config = analysis
    shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copy2)
    auto = {**config, "screen": {**config["screen"], "shards": "auto", "minutes": 30}}
    done = snakemake(tmp_path / "copy", auto)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for name in ("hits.csv", "compounds.parquet"):
        assert (tmp_path / "copy/results" / name).read_bytes() == (folder / "results" / name).read_bytes()
    again = snakemake(tmp_path / "copy", auto, "--dry-run")
    assert "Nothing to be done" in again.stdout + again.stderr


@pytest.mark.parametrize(
    ("screen", "told"),
    [
        ({"shards": "many"}, "screen.shards"),
        ({"shards": 0}, "screen.shards"),
        ({"minutes": 0}, "screen.minutes"),
    ],
)
def test_a_wrong_number_of_shards_is_refused_by_its_key(fresh, screen, told):
    folder, config = fresh
    done = snakemake(folder, {**config, "screen": {**config["screen"], **screen}}, "--dry-run")
    assert done.returncode == 1
    assert told in done.stdout + done.stderr


def documented() -> dict[str, tuple[str, str, str]]:
    """Memory, minutes and cores of each rule, as docs/cluster.md says."""
    rows = re.findall(
        r"^\| (.+?) \| (.+?) \| (.+?) \| (\d+) \|$", (REPOSITORY / "docs/cluster.md").read_text(), re.M
    )
    return {
        rule: (memory.split(",")[0], minutes.split(",")[0], cores)
        for rules, memory, minutes, cores in rows
        for rule in (re.findall("`(.+?)`", rules) or ["all others"])
    }


@pytest.mark.parametrize("analysis", ["fresh", "default"])
def test_the_documents_say_what_the_jobs_ask_for(analysis, request):
    told, met = documented(), planned(request.getfixturevalue(analysis), "--cores", "64")
    for rule, resources in met:
        if rule in ("all", "main_job"):
            continue
        memory, minutes, cores = told.get(rule, told["all others"])
        assert (resources["runtime"], resources["cores"]) == (minutes, cores), rule
        if rule != "prepare":  # its memory grows with the cores
            assert resources["mem_mb"] == memory, rule
    assert analysis != "default" or "check" in dict(met)


def test_no_job_asks_for_more_cores_than_the_site_has(default):
    limit = yaml.safe_load((PROFILE / "config.yaml").read_text())["max-threads"]
    asked = planned(default, "--cores", "64", "--set-threads", "prepare=30")
    assert max(int(r["cores"]) for _, r in asked) == limit
    assert {r["cores"] for _, r in planned(default, "--max-threads", "1")} == {"1"}
