"""Settings of further tasks of sequences reach the commands."""

from __future__ import annotations

import hashlib

from .conftest import snakemake
from .test_proteins import commands

CHAINS = "id,sequence,states,said\n1,MKV,HEL,HEE\n2,MKW,LLL,HLL\n"


def analysis(folder):
    (folder / "chains.csv").write_text(CHAINS)
    task = {
        "modality": "sequence", "kind": "per_position", "targets": ["states"],
        "parse": {"sources": [{"data": "chains", "files": ["chains.csv"], "keep": {"id": ["1", "2"]},
                               "reading": {"alphabet": "protein"}}]},
        "split": {"method": "predefined", "column": "part", "redraw": True, "relatives": "exclude"},
        "featurize": {"alphabet": "protein"}, "baselines": ["gor"], "given": {"theirs": "said (by them)"},
        "merge": {"L": "E"}, "final": {"members": 1}, "scorecard": {},
    }  # fmt: skip
    digest = hashlib.sha256(CHAINS.encode()).hexdigest()
    source = {"source": f"file:{folder / 'chains.csv'}", "sha256": digest}
    return {"data": {"chains": source}, "tasks": {"structure": task}}


def test_settings_become_options_and_a_redrawn_split_has_its_repeats(tmp_path):
    of = {}
    for words in commands(tmp_path, analysis(tmp_path)):
        of.setdefault(words[1], []).append(words)
    (divided,), (plain,), (judged,), (card,) = (of[v] for v in ("split", "baseline", "evaluate", "scorecard"))
    assert {"--redraw", "--relatives=exclude", "--repeats=3"} <= {*divided}
    assert {"--method=gor", "--given=theirs=said (by them)"} <= {*plain}
    assert "--merge=L=E" in judged and "--given=theirs=said (by them)" in card
    assert len([words for words in of["train"] if any(w.startswith("--repeat=") for w in words)]) == 3


def test_a_wrong_setting_is_refused(tmp_path):
    config = analysis(tmp_path)
    config["tasks"]["structure"]["given"] = {"no name": "said"}
    done = snakemake(tmp_path, config, "--dry-run")
    assert done.returncode == 1 and "given" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
