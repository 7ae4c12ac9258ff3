#!/bin/sh
# Writes requirements.lock: the versions of constraints.txt with the hashes of all their files on PyPI, for every
# platform and every Python. Torch is left out: its CPU build comes from another index, and its version is in the
# Makefile. It needs uv (pip install uv).
set -eu
cd "$(dirname "$0")/.."
lock=requirements.lock
{
    echo "# The versions of constraints.txt with the hashes of their files on PyPI, without torch. Made by make lock."
    uv pip compile --quiet --no-config --no-header --no-annotate --no-deps --generate-hashes --universal \
        --python-version 3.11 --no-emit-package torch constraints.txt
} > "$lock.partial"
mv "$lock.partial" "$lock"
