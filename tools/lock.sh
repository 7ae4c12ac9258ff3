#!/bin/sh
# Writes requirements.lock: the versions of constraints.txt with the hashes of all their files on PyPI, for every
# platform and every Python. Torch is left out: its CPU build comes from another index, and its version is in the
# Makefile. Then docs/requirements.lock: what builds the docs site, and all that it needs, in versions that agree
# with constraints.txt. It needs uv (pip install uv).
set -eu
cd "$(dirname "$0")/.."
lock=requirements.lock
{
    echo "# The versions of constraints.txt with the hashes of their files on PyPI, without torch. Made by make lock."
    uv pip compile --quiet --no-config --no-header --no-annotate --no-deps --generate-hashes --universal \
        --python-version 3.11 --no-emit-package torch constraints.txt
} > "$lock.partial"
mv "$lock.partial" "$lock"

site=docs/requirements.lock
{
    echo "# What make docs installs beside requirements.lock, with hashes. Made by make lock."
    uv pip compile --quiet --no-config --no-header --no-annotate --generate-hashes --universal \
        --python-version 3.11 --constraint constraints.txt --group pyproject.toml:docs
} > "$site.partial"
mv "$site.partial" "$site"
