"""Results as a run leaves them, made up, and a reader of the page."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser

import numpy as np
import pandas as pd

from bundles import HEADER, small_bundle
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.data.library import FORMAT
from riboswitch.data.library_part import part_path
from riboswitch.data.records import Rejection
from riboswitch.io.atomic_files import write_json
from riboswitch.io.sealed import file_digest, write_sealed
from riboswitch.steps.report import report

CLASSES = ["none", "quinolone", "tetracycline"]
EVIL = "<script>alert(1)</script>"
DIGEST = "ab" * 32


def compound(rank, *, name="", compromised=False, solubility=True, **changes):
    line = {
        "rank": rank, "row": rank, "id": f"C{rank}", "smiles": "CCO", "key": f"k{rank}", "duplicate_of": "",
        "name": name or f"NAME{rank}", "score": 1 / rank,
        "known_class": "tetracycline" if compromised else "",
        "predicted_class": "tetracycline", "class_probability": 0.9, "join_class": "tetracycline",
        "compromised": compromised, "compromised_by": "tet(Q)" if compromised else "",
        "compromise_basis": "class" if compromised else "",
        "compromise_locus": "ctg1:100-2000(+)" if compromised else "", "outside_filter": "",
        "evidence": f"evidence of {rank}", "drug_class.class": "tetracycline", "drug_class.probability": 0.9,
        **{f"drug_class.p_{c}": 0.3 for c in CLASSES}, **{f"drug_class.p_{c}_sd": 0.1 for c in CLASSES},
        "drug_class.in_training": rank % 2 == 0, "drug_class.nearest_training": "T1",
        "drug_class.similarity": 0.5,
    }  # fmt: skip
    if solubility:
        line |= {"solubility.SOL": -2.5, "solubility.SOL_sd": 0.25, "solubility.in_training": False,
                 "solubility.nearest_training": "S1", "solubility.similarity": 0.4}  # fmt: skip
    return line | changes


def gene(status="call", **changes):
    blank = dict.fromkeys(CALL_COLUMNS, "")
    return blank | {
        "genome": "g.fna", "orf_id": "ctg1:100-2000(+)", "contig": "ctg1", "start": 100, "end": 2000,
        "strand": "+", "status": status, "drug_class": "tetracycline", "probability": 0.97,
        "probability_sd": 0.01, "nearest_gene": "tet(Q)", "nearest_accession": "X1", "identity": 0.995,
        "coverage": 1.0, "query_coverage": 1.0, "novelty": False, "score": 0.9, "q_value": 0.0,
        "decoys_above": 0,
        "antibiotics": "Doxycycline", "gene_length_aa": 600, "reference_length_aa": 600, "why": "both",
    } | changes  # fmt: skip


def called(genes):
    counts = {"contigs": 2, "bases": 9000, "orfs": 40, "annotated_cds": 8, "decoys": 40, "with_homology": 3,
              "decoys_with_homology": 1, "network_alone_above": {"0.5": 7, "0.9": 1},
              "decoys_network_alone_above": {"0.5": 0, "0.9": 0}, "candidates": 0,
              "calls": sum(g["status"] == "call" for g in genes)}  # fmt: skip
    meta = {"genome": "g.fna", "contigs": {"ctg1": 8000, "ctg2": 1000}, "counts": counts,
            "settings": {"novel_below": 0.9}}  # fmt: skip
    return Calls(pd.DataFrame(genes, columns=CALL_COLUMNS), meta)


def measure(mean):
    return {
        "mean": mean,
        "sd": 0.01,
        "per_repeat": {"0": mean, "1": None},
        "low": mean - 0.1,
        "high": mean + 0.1,
    }


def metrics(kind, target, name):
    compared = {"difference": -0.2, "low": -0.3, "high": -0.1}
    found = {
        "task": {"kind": kind, "targets": [target], "classes": CLASSES if kind == "multiclass" else []},
        "model": "network", "headline": name, "settings": {"bootstrap": 10}, "calibration": {},
        "counts": {r: {"rows": 9, "labelled": 8, "groups": 4} for r in "01"}, "expected_precision": {},
        "not_evaluable": {"0": {}, "1": {}},
        "methods": {"network": {name: measure(0.5)}, "forest": {name: measure(0.7)}},
        "comparisons": {"forest": {name: compared | {"verdict": "wins" if name == "rmse" else "loses"}}},
    }  # fmt: skip
    if kind == "multiclass":
        few = "2 examples, fewer than 5"
        shared = {"support": {"0": 2, "1": 2}, "groups": {"0": 1, "1": 1}}
        found["classes"] = [
            {"class": "none", "status": "evaluable", "reasons": {}, "f1": 0.9, "recall": 0.8, **shared},
            {"class": "quinolone", "status": "not evaluable", "reasons": {"0": few, "1": few}, **shared},
        ]
        bins = [{"from": 0.0, "to": 0.1, "count": 0},
                {"from": 0.9, "to": 1.0, "count": 8, "predicted": 0.95, "observed": 0.9}]  # fmt: skip
        found["calibration"] = {"top class": bins}
        found["expected_precision"] = {"top class": [{"threshold": 0.5, "selected": 8, "precision": 0.9}]}
    return found


GONE = Rejection(9, EVIL, "?", "BAD_SMILES", f"cannot {EVIL} be read", "Repair it.", source="library.csv")


def write_library(folder, counts, rejected):
    """What the report reads of a library: the header and the rejected rows; the parts hold nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rejected.to_csv(folder / "rejected.tsv", sep="\t", index=False)
    rows = [counts["accepted"]] if counts["accepted"] else []
    for number in range(len(rows)):
        for suffix in ("parquet", "arrow"):
            part_path(folder, number, suffix).write_bytes(b"")
    files = {path.name: file_digest(path) for path in folder.iterdir()}
    write_sealed({"format": FORMAT, "modality": "molecule", "components": ["molecule"], "encoder": {},
                  "reading": {}, "duplicates_by": "inchikey", "counts": counts, "rows": rows,
                  "block_rows": 256, "source": "library.csv", "sha256": "", "files": files},
                 folder / "library.json")  # fmt: skip


def write_task(path, task, counts, rejected):
    kinds = {
        "drug_class": ("multiclass", "drug_class", "macro_f1"),
        "solubility": ("regression", "SOL", "rmse"),
    }
    write_json(metrics(*kinds[task]), path / "metrics.json")
    write_json(counts, path / "counts.json")
    rejected.to_csv(path / "rejected.tsv", sep="\t", index=False)
    training = HEADER["training"] | {"split": DIGEST, "split_name": "scaffold-r2-s0"}
    small_bundle({"0.weight": np.zeros(1, np.float32)}, training=training).save(path / "model.safetensors")


def made(folder, **contents):
    return report(*folder(**contents), title="A title", genome="alpha")[0]


class Reader(HTMLParser):
    """What a browser would load, the tags, the words, and the scripts with the data of the hits."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.loaded, self.ids, self.links, self.words, self.scripts = [], [], set(), [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.add(value)
            if name == "href" and value.startswith("#"):
                self.links.append(value[1:])
            elif name in ("src", "href", "srcset", "data", "poster", "action", "xlink:href"):
                self.loaded.append(value)

    def handle_data(self, data):
        (self.scripts if self.tags and self.cdata_elem == "script" else self.words).append(data)

    @property
    def hits(self):
        """The data of the short-list."""
        return json.loads(next(text for text in self.scripts if text.startswith("{")))

    @property
    def said(self):
        return " ".join(" ".join(self.words).split())
