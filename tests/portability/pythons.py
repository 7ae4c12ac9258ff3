"""Other Pythons: those of this machine and that of Debian 13, each with the packages of this clone."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
TORCH = "torch==2.13.0"  # as in the Makefile; there is no build for CPUs only at PyPI
NOBODY = "nobody:nogroup"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
PROBE = """
import json, platform, sys
from importlib.metadata import version
import torch
names = ("numpy", "pandas", "pyarrow", "rdkit", "biopython")
print(json.dumps({"python": sys.version, "libc": " ".join(platform.libc_ver()), "torch": torch.__version__,
                  **{name: version(name) for name in names}}))
"""


class NotHad(Exception):
    """Something that this machine does not offer; the message says why."""


@dataclass(frozen=True)
class Python:
    """A Python, and how a program of it is started."""

    build: str  # whose it is
    program: str  # its path, in its root
    root: Path = Path("/")
    work: Path = Path("/")  # a folder that is also seen in that root
    packages: str = ""  # a folder of packages, if they are not its own

    def command(self, words: list[str], environment: dict[str, str], *, nobody: bool = False) -> list[str]:
        """The words, run in its root with these variables and no others, by root or by nobody."""
        user = [f"--userspec={NOBODY}", "--groups="] if nobody else []
        env = ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        inside = ["chroot", *user, str(self.root), *env, *words]
        if self.root == Path("/"):
            return inside
        # What is mounted is seen by this command only, and gone with it.
        mounts = [f"mount --rbind {shlex.quote(str(at))} {shlex.quote(f'{self.root}{at}')}"
                  for at in (Path("/proc"), Path("/dev"), self.work)]  # fmt: skip
        return ["unshare", "--mount", "sh", "-c", f'{" && ".join(mounts)} && exec "$@"', "sh", *inside]

    def ask(self, text: str, *, nobody: bool = False) -> str:
        """What a short program prints."""
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": self.packages, "PYTHONDONTWRITEBYTECODE": "1"}
        words = self.command([self.program, "-c", text], environment, nobody=nobody)
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotHad(
                f"{self.program} ({self.build}): {(done.stderr.strip() or 'failed').splitlines()[-1]}"
            )
        return done.stdout.strip()

    def facts(self) -> dict[str, str]:
        """Its version and those of the packages that results depend on."""
        facts: dict[str, str] = json.loads(self.ask(PROBE))
        return facts

    def version(self) -> str:
        """As 3.13."""
        return self.ask("import sys; print('%d.%d' % sys.version_info[:2])")

    def with_packages(self, work: Path) -> Python:
        """The same, with the packages of this clone; they are installed once for each version (6 GB)."""
        folder = work / f"packages-{self.version()}"
        if not (folder / "done").exists():
            print(f"installing the packages for {self.build}", flush=True)
            wheel = _wheel(work)
            install = ["-m", "pip", "install", "--quiet", "--target", str(folder), TORCH]
            install += ["-c", str(wheel.with_name("constraints.txt")), f"{wheel}[workflow]"]
            pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
            environment = {"PATH": os.environ["PATH"], "HOME": "/root", "PIP_CERT": CERTIFICATES} | pip
            done = subprocess.run(
                self.command([self.program, *install], environment),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise NotHad(f"its packages could not be installed: {done.stderr.strip()[-300:]}")
            (folder / "done").touch()
        return replace(self, packages=str(folder))


def this_one() -> Python:
    """The Python that runs this script, with what is installed in it."""
    return Python("of this environment", sys.executable)


def of_this_machine(program: str) -> Python:
    """A Python by its name or path."""
    found = shutil.which(program)
    if not found:
        raise NotHad(f"there is no {program} on this machine")
    real = Python("", found).ask("import sys; print(sys.executable)")
    return Python("of this machine", real)


def debian13(work: Path, mirror: str) -> Python:
    """Python 3.13 of Debian 13, which is unpacked into a folder (needs root and the mirror)."""
    root = work / "trixie"
    if not (root / "done").exists():
        print("unpacking Debian 13", flush=True)
        names = "python3,python3-pip,ca-certificates,libxext6,libxrender1"
        make = ["--variant=minbase", f"--include={names}", "trixie", str(root), mirror]
        program, variables = _debootstrap(work)
        done = subprocess.run(
            [program, *make], env=os.environ | variables, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotHad(f"debootstrap failed: {done.stdout.strip()[-300:]}")
        for name in ("/etc/resolv.conf", CERTIFICATES):
            shutil.copy(name, f"{root}{name}")
        (root / "done").touch()
    Path(f"{root}{work}").mkdir(parents=True, exist_ok=True)
    return Python("of Debian 13", "/usr/bin/python3", root, work)


def fetched(work: Path, package: str) -> Path:
    """The files of a package of this Debian in a folder: nothing is installed."""
    folder = work / "tools"
    deb = next(folder.glob(f"{package}_*.deb"), None)
    if deb is None:
        folder.mkdir(exist_ok=True)
        get = ["apt-get", "--quiet", "--option", "APT::Sandbox::User=root", "download", package]
        if (
            not shutil.which("apt-get")
            or subprocess.run(get, cwd=folder, capture_output=True, check=False).returncode
        ):
            raise NotHad(f"apt-get could not download {package}")
        subprocess.run(["dpkg", "-x", next(folder.glob(f"{package}_*.deb")), folder], check=True)
    return folder


def _debootstrap(work: Path) -> tuple[str, dict[str, str]]:
    """The program and the variables that it needs."""
    if found := shutil.which("debootstrap"):
        return found, {}
    tools = fetched(work, "debootstrap")
    return str(tools / "usr/sbin/debootstrap"), {"DEBOOTSTRAP_DIR": str(tools / "usr/share/debootstrap")}


def _wheel(work: Path) -> Path:
    """The package as a file, with its constraints beside it, where a root of its own sees them."""
    folder = work / "wheel"
    words = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(REPOSITORY)]
    subprocess.run([sys.executable, *words], check=True)
    shutil.copy(REPOSITORY / "constraints.txt", folder)
    return next(folder.glob("*.whl"))
