"""A private Slurm on one machine: several nodes, everything in one folder, nothing left behind.

    python tests/slurm/cluster.py up         # then sinfo, sbatch, snakemake --workflow-profile profiles/slurm
    python tests/slurm/cluster.py kill n2    # as if its power had gone
    python tests/slurm/cluster.py down

It needs root and Debian or Ubuntu (missing packages are installed), but neither systemd nor cgroups, and it
touches no other Slurm: where /etc/slurm/slurm.conf is somebody else's it does nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from string import Template

import processes
from accounting import Accounting
from packages import SetupError, install

# Jobs look nowhere else: the plugin takes SLURM_CONF from their environment.
CONF = Path("/etc/slurm/slurm.conf")
TEMPLATE = Path(__file__).with_name("slurm.conf.template")
READY = {"idle", "mixed", "allocated"}


@dataclass
class Cluster:
    """Some nodes, their controller and, if wanted, accounting."""

    nodes: int = 4
    cpus: int = 2  # of each node; they may be more than the machine has
    memory: int = 8000  # MB of each node, likewise
    gpus: int = 0  # of each node; there are none behind them, they can only be asked for
    accounting: bool = False  # sacct, by MariaDB and slurmdbd
    port: int = 17100  # and the next 10 + nodes
    folder: Path = field(default=Path(tempfile.gettempdir()) / "riboswitch-slurm")

    @property
    def names(self) -> list[str]:
        return [f"n{i + 1}" for i in range(self.nodes)]

    def up(self) -> None:
        """Start what does not run."""
        self._check_machine()
        install(self.accounting)
        self._check_conf()
        self._check_folder()
        if self._written() not in (None, self._settings()):
            raise SetupError(f"A cluster with other settings is up in {self.folder}: take it down first.")
        if not processes.running(self.folder, "controller"):
            self.down()
        self._write()
        self._start_munge()
        if self.accounting:
            self._accounting().up()
        self._start("controller", "slurmctld", "-D", "-i")
        for name in self.names:
            self._start(name, "slurmd", "-D", "-N", name)
        self.wait_ready()

    def down(self) -> None:
        """End jobs and daemons of this folder, and remove it."""
        self._check_folder()
        if processes.running(self.folder, "controller"):
            self.cancel()
        for part in (*self._parts("n"), "controller", "accounting", "database", "munge"):
            processes.end(partial(processes.running, self.folder, part))
        processes.send(processes.with_children(processes.running(self.folder)), signal.SIGKILL)
        if CONF.is_symlink() and CONF.readlink() == self.conf:
            CONF.unlink()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill_node(self, name: str) -> None:
        """End a node without a word: its daemon, the keepers of its jobs, and the jobs."""
        processes.send(processes.with_children(processes.running(self.folder, name)), signal.SIGKILL)

    def start_node(self, name: str) -> None:
        """Start a node again."""
        self._start(name, "slurmd", "-D", "-N", name)
        self.wait_ready()

    def stop_controller(self) -> None:
        """End the controller as an administrator does; jobs run on. Killed, it forgets the newest."""
        processes.end(partial(processes.running, self.folder, "controller"))

    def start_controller(self) -> None:
        """Start the controller again, with the jobs that it knew."""
        self._start("controller", "slurmctld", "-D")
        self.wait_ready()

    def cancel(self, name: str | None = None, seconds: float = 300) -> None:
        """Cancel all jobs, or those of one name, and wait until they are gone."""
        chosen = ("--name", name) if name else ()
        self.ask("scancel", *(chosen or ("--user", "root")))
        processes.until(lambda: not self.ask("squeue", "--noheader", *chosen), seconds)

    def states(self) -> dict[str, str]:
        """State of every node; empty while the controller does not answer."""
        lines = self.ask("sinfo", "--noheader", "--Node", "--format", "%N %T").splitlines()
        return dict(line.split() for line in lines)

    def wait_ready(self, seconds: float = 300) -> None:
        """Wait until all nodes take jobs."""
        wanted = set(self.names)

        def ready() -> bool:
            return {name for name, state in self.states().items() if state in READY} >= wanted

        if not processes.until(ready, seconds):
            raise SetupError(f"The nodes are not ready: {self.states() or 'the controller does not answer'}."
                             f" Its words are in {self.folder}/log.")  # fmt: skip

    def ask(self, *command: str, seconds: float = 30) -> str:
        """What a command of Slurm prints about this cluster; nothing when it fails."""
        env = {**os.environ, "SLURM_CONF": str(self.conf)}
        try:
            done = subprocess.run(
                command, env=env, capture_output=True, text=True, timeout=seconds, check=False
            )
        except (subprocess.TimeoutExpired, FileNotFoundError):
            return ""
        return done.stdout if done.returncode == 0 else ""

    @property
    def conf(self) -> Path:
        return self.folder / "slurm.conf"

    def _check_machine(self) -> None:
        if os.geteuid() != 0:
            raise SetupError("Starting Slurm's daemons needs root.")
        host = _host()
        try:
            address = socket.gethostbyname(host)
        except OSError:
            address = "nowhere"
        if not address.startswith("127."):
            raise SetupError(
                f"The name of this machine leads to {address}, so Slurm would listen on the network."
                f" Put this line into /etc/hosts, above others with the name:\n127.0.0.1 {host}"
            )

    def _check_conf(self) -> None:
        if CONF.is_symlink() and CONF.readlink() == self.conf:
            return
        if CONF.exists() or CONF.is_symlink():
            raise SetupError(
                f"{CONF} belongs to another cluster, which is left alone."
                " Take a machine, a virtual one or a container without."
            )

    def _check_folder(self) -> None:
        """It is removed in the end: nothing else may be in it."""
        used = self.folder.is_dir() and any(self.folder.iterdir())
        mark = TEMPLATE.read_text().partition("\n")[0]
        if used and not (self.conf.is_file() and self.conf.read_text().startswith(mark)):
            raise SetupError(f"{self.folder} holds something that is no cluster: name another folder.")

    def _settings(self) -> str:
        return Template(TEMPLATE.read_text()).substitute(self._values())

    def _values(self) -> dict[str, object]:
        first = self.port + 10
        return {
            **asdict(self),
            "host": _host(),
            "first_port": first,
            "last_port": first + self.nodes - 1,
            "gpus": f"Gres=gpu:{self.gpus}" if self.gpus else "",
            "gpu_types": "GresTypes=gpu" if self.gpus else "",
            "accounting": self._accounting().lines
            if self.accounting
            else "AccountingStorageType=accounting_storage/none",
        }

    def _written(self) -> str | None:
        up = self.conf.exists() and processes.running(self.folder, "controller")
        return self.conf.read_text() if up else None

    def _write(self) -> None:
        for name in ("log", "munge", "state", "spool"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.conf.write_text(self._settings())
        self._pretend_gpus()
        if not CONF.is_symlink():
            CONF.parent.mkdir(exist_ok=True)
            CONF.symlink_to(self.conf)

    def _pretend_gpus(self) -> None:
        devices = [self.folder / f"gpu{i}" for i in range(self.gpus)]
        for device in devices:
            if not device.exists():
                os.mknod(device, 0o020666, os.makedev(1, 3))  # as /dev/null
        lines = [f"Name=gpu File={device}\n" for device in devices]
        (self.folder / "gres.conf").write_text("".join(lines))

    def _start_munge(self) -> None:
        folder = self.folder / "munge"
        key = folder / "key"
        if not key.exists():
            key.touch(0o600)
            key.write_bytes(os.urandom(256))
        for path in (folder, key):
            shutil.chown(path, "munge", "munge")
        folder.chmod(0o711)
        files = {
            "key-file": "key",
            "socket": "socket",
            "pid-file": "pid",
            "log-file": "log",
            "seed-file": "seed",
        }
        options = [f"--{option}={folder / name}" for option, name in files.items()]
        self._start(
            "munge",
            "munged",
            "--foreground",
            "--force",
            *options,
            user="munge",
            group="munge",
            extra_groups=(),
        )
        processes.until((folder / "socket").exists, 10)

    def _accounting(self) -> Accounting:
        return Accounting(self.folder, _host(), self.port + 1)

    def _start(self, part: str, *command: str, **how: object) -> None:
        if not processes.running(self.folder, part):
            processes.start(self.folder, part, command, env={"SLURM_CONF": str(self.conf)}, **how)

    def _parts(self, prefix: str) -> list[str]:
        """Nodes that run, also those of a cluster that had more than this one."""
        marks = [word for pid in processes.running(self.folder) for word in processes.environment(pid)]
        parts = {word.partition("=")[2] for word in marks if word.startswith(f"{processes.PART}={prefix}")}
        return sorted(parts)


def _host() -> str:
    return socket.gethostname().partition(".")[0]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("up", "down", "kill", "start", "status"))
    parser.add_argument("node", nargs="?", help="for kill and start: n1, n2, ...")
    defaults = Cluster()
    for name in ("nodes", "cpus", "memory", "gpus", "port"):
        parser.add_argument(f"--{name}", type=int, default=getattr(defaults, name))
    parser.add_argument("--folder", type=Path, default=defaults.folder)
    parser.add_argument("--accounting", action="store_true", help="sacct, too (MariaDB and slurmdbd)")
    options = vars(parser.parse_args())
    what, node = options.pop("what"), options.pop("node")
    if (what in ("kill", "start")) != bool(node):
        parser.error("kill and start need the name of a node, the others have none")
    cluster = Cluster(**options)
    actions = {"up": cluster.up, "down": cluster.down, "status": lambda: None}
    if node:
        actions = {"kill": lambda: cluster.kill_node(node), "start": lambda: cluster.start_node(node)}
    try:
        actions[what]()
    except SetupError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    for name, state in sorted(cluster.states().items()) if what != "down" else ():
        print(name, state)
    return 0


if __name__ == "__main__":
    sys.exit(main())
