"""What sacct needs: a database on a socket of its own, and slurmdbd in front of it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from string import Template

import processes
from packages import SetupError

TEMPLATE = Path(__file__).with_name("slurmdbd.conf.template")
TUNING = (
    "--innodb-buffer-pool-size=128M",
    "--innodb-lock-wait-timeout=900",
    "--innodb-flush-log-at-trx-commit=0",
)


@dataclass(frozen=True)
class Accounting:
    """Database and daemon of a cluster's folder."""

    folder: Path
    host: str
    port: int

    @property
    def lines(self) -> str:
        """What slurm.conf says about it."""
        return "\n".join(
            [
                "AccountingStorageType=accounting_storage/slurmdbd",
                "AccountingStorageHost=127.0.0.1",
                f"AccountingStoragePort={self.port}",
                "AccountingStoreFlags=job_comment",
                # Not a password: with slurmdbd this names the socket of munge.
                f"AccountingStoragePass={self.folder}/munge/socket",
            ]
        )

    def up(self) -> None:
        """Start database and daemon, in this order."""
        if not processes.running(self.folder, "database"):
            self._start_database()
        if processes.running(self.folder, "accounting"):
            return
        conf = self.folder / "slurmdbd.conf"
        conf.write_text(
            Template(TEMPLATE.read_text()).substitute(folder=self.folder, host=self.host, port=self.port)
        )
        conf.chmod(0o600)
        # slurmdbd cannot be told where the database's socket is; its client library asks this variable.
        env = {"MYSQL_UNIX_PORT": str(self._data / "socket"), "SLURM_CONF": str(self.folder / "slurm.conf")}
        processes.start(self.folder, "accounting", ["slurmdbd", "-D"], env=env)
        if not processes.until(lambda: _works("sacctmgr", "--noheader", "show", "cluster"), 60):
            raise SetupError(f"slurmdbd does not answer; its words are in {self.folder}/log/accounting.log")
        _works("sacctmgr", "--immediate", "add", "cluster", "riboswitch")

    @property
    def _data(self) -> Path:
        return self.folder / "database"

    def _start_database(self) -> None:
        where = ["--no-defaults", "--user=mysql", f"--datadir={self._data}"]
        if not (self._data / "mysql").exists():
            self._data.mkdir(exist_ok=True)
            subprocess.run(["chown", "mysql:mysql", str(self._data)], check=True)
            install = [
                "mariadb-install-db",
                *where,
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ]
            subprocess.run(install, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        socket = f"--socket={self._data}/socket"
        command = ["mariadbd", *where, "--skip-networking", socket, f"--pid-file={self._data}/pid", *TUNING]
        processes.start(self.folder, "database", command, env={})
        if not processes.until(
            lambda: _works("mariadb", "--no-defaults", socket, "-uroot", "-e", "select 1"), 60
        ):
            raise SetupError(f"The database does not answer; its words are in {self.folder}/log/database.log")


def _works(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
