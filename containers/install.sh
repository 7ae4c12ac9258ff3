#!/bin/sh
# What both recipes do, on Debian 12 as root: install.sh [cpu|cuda] gives the clone it lies in a .venv with the
# versions of requirements.lock, and MMseqs2 beside it. `cpu` takes the small build of torch, `cuda` PyPI's.
set -eu

torch=${1:-cpu}
case $torch in
    cpu | cuda) ;;
    *) echo "install.sh: torch is cpu or cuda, not $torch" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."

apt-get update
# libxext6 and libxrender1: RDKit draws the structures of the report with them.
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    ca-certificates libxext6 libxrender1 mmseqs2 python3 python3-venv
rm -rf /var/lib/apt/lists/*

python3 -m venv .venv
pip() { .venv/bin/python -m pip --no-cache-dir --disable-pip-version-check "$@"; }
# By their hashes; the lock has the tools of developers, too, which take little room beside torch.
pip install --require-hashes --no-deps --requirement requirements.lock
# Torch has no hash there, because its build is chosen here.
if [ "$torch" = cpu ]; then
    # Only torch itself: that index has not all of our versions of what torch needs.
    pip install --no-deps --constraint constraints.txt --index-url https://download.pytorch.org/whl/cpu torch
else
    pip install --constraint constraints.txt torch
fi
pip install --no-deps --no-build-isolation .
.venv/bin/riboswitch doctor
