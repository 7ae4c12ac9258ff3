"""The starter of the private Slurm: pytest tests/slurm (root, Debian or Ubuntu; a minute)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import processes
from cluster import CONF, Cluster
from packages import SetupError

pytestmark = [
    pytest.mark.enable_socket,  # the name of this machine is looked up
    pytest.mark.skipif(os.geteuid() != 0, reason="starting Slurm needs root"),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    # Unix sockets have short names: not deep in pytest's folders.
    folder = Path("/tmp") / f"riboswitch-slurm-{os.getpid()}"
    made = Cluster(nodes=2, cpus=1, folder=folder, port=17300)
    try:
        made.up()
        yield made
    finally:
        made.down()
        assert not folder.exists()
        assert not processes.running(folder)
        assert not CONF.is_symlink()


def submit(cluster: Cluster, folder: Path, command: str, *options: str) -> str:
    words = ("sbatch", "--parsable", "--mem", "100", "--chdir", str(folder), *options, "--wrap", command)
    return cluster.ask(*words).strip()


def becomes(cluster: Cluster, job: str, wanted: str, seconds: float = 60) -> bool:
    words = ("squeue", "--noheader", "--states", "all", "--jobs", job, "--format", "%T")
    return processes.until(lambda: cluster.ask(*words).strip() == wanted, seconds)


def test_starting_a_running_cluster_changes_nothing(cluster):
    before = processes.running(cluster.folder, "controller")
    cluster.up()
    assert processes.running(cluster.folder, "controller") == before
    with pytest.raises(SetupError, match="other settings"):
        Cluster(nodes=3, folder=cluster.folder, port=cluster.port).up()


def test_a_job_runs(cluster, tmp_path):
    job = submit(cluster, tmp_path, "echo from $SLURMD_NODENAME > out", "--nodelist", "n2")
    assert becomes(cluster, job, "COMPLETED")
    assert (tmp_path / "out").read_text() == "from n2\n"


def test_a_job_over_its_memory_is_killed(cluster, tmp_path):
    hog = f"srun {sys.executable} -c 'import time; x = b\"x\" * 300_000_000; time.sleep(60)'"
    job = submit(cluster, tmp_path, hog, "--output", "out")
    assert becomes(cluster, job, "FAILED")
    assert "exceeded memory limit" in (tmp_path / "out").read_text()


def test_a_job_outlives_the_controller(cluster, tmp_path):
    job = submit(cluster, tmp_path, "sleep 8")
    assert becomes(cluster, job, "RUNNING")
    cluster.stop_controller()
    assert not cluster.states()
    cluster.start_controller()
    assert becomes(cluster, job, "COMPLETED")


def test_a_lost_node_takes_its_jobs_with_it_and_comes_back(cluster, tmp_path):
    job = submit(cluster, tmp_path, "sleep 300", "--nodelist", "n1")
    assert becomes(cluster, job, "RUNNING")
    assert len(processes.with_children(processes.running(cluster.folder, "n1"))) > 2
    cluster.kill_node("n1")
    assert not processes.running(cluster.folder, "n1")
    assert becomes(cluster, job, "NODE_FAIL", 90)
    cluster.start_node("n1")
    assert cluster.states()["n1"] == "idle"


def test_another_cluster_is_left_alone(cluster):
    other = Cluster(folder=cluster.folder.with_name("riboswitch-other"), port=17500)
    with pytest.raises(SetupError, match="another cluster"):
        other.up()
    assert not other.folder.exists()


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(SetupError, match="no cluster"):
        Cluster(folder=tmp_path).down()
    assert (tmp_path / "thesis.txt").exists()
