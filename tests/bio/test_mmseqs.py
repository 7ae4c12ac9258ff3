"""MMseqs2 as it is called, with a stand-in that answers; and the program itself where it is installed."""

from __future__ import annotations

import shutil

import pytest

from riboswitch.bio import mmseqs
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.sequence.group import group, settle

STAND_IN = """#!/bin/sh
if [ "$1" = version ]; then echo 15.stand-in; exit 0; fi
echo "$@" > "$(dirname "$0")/asked"
if [ -e "$(dirname "$0")/broken" ]; then echo 'Error: Prefilter died' >&2; exit 3; fi
printf '0\\t0\\n0\\t2\\n1\\t1\\n' > "$3_cluster.tsv"
"""
GENES = ["MKTAYIAKQRQISFVKSHFSRQ", "MKTAYIAKQRQISFVKSHFSRW", "WWHHGGPPLLWWHHGGPPLLCC", "AAAAAAAAAAAA"]


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    program = tmp_path / "mmseqs"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


def test_its_clusters_become_groups(stand_in):
    labels = group({"sequence": [GENES[3], GENES[2], GENES[0], GENES[1], GENES[0]]}, "mmseqs", identity=0.4)
    # In alphabetical order: A, MK..Q, MK..W, WW. The first and the third are joined, the last is left out.
    assert labels == ["g0", "g3", "g1", "g0", "g1"]
    asked = (stand_in / "asked").read_text()
    assert "--min-seq-id 0.4 -c 0.8" in asked and "--cluster-mode 1" in asked and "--dbtype 1" in asked


def test_its_version_is_recorded(stand_in):
    assert settle({"sequence": ["ACGT"]}, "mmseqs") == {
        "letters": "nucleic", "identity": 0.3, "coverage": 0.8, "version": "15.stand-in",
    }  # fmt: skip
    assert group({"sequence": []}, "mmseqs") == []


def test_errors_of_the_program_are_passed_on(stand_in):
    (stand_in / "broken").touch()
    with pytest.raises(InputError, match=r"mmseqs easy-cluster failed; found 'Error: Prefilter died'.* 3"):
        mmseqs.clusters(GENES, 0.3, 0.8)


def test_it_must_be_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"mmseqs is not on the PATH.*method family"):
        group({"sequence": GENES}, "mmseqs")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mmseqs") is None, reason="MMseqs2 is not installed")
def test_the_program_joins_relatives_and_nothing_else():
    one = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVVHSLAKWKR"
    other = "MSDNGPQNQRNAPRITFGGPSDSTGSNQNGERSGARSKQRRPQGLPNNTASWFTALTQHGKEDLKFPRGQGVPINTNS"
    alike = one.replace("SKF", "TKY").replace("VQ", "IQ").replace("ALPD", "GLPE")
    labels = group({"sequence": [one, other, alike]}, "mmseqs")
    assert labels[0] == labels[2] != labels[1]
