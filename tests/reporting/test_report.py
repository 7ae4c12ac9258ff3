"""The report: complete, escaped, offline, and the same for the same results."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riboswitch import modalities
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.data.model import FORMAT, Model
from riboswitch.data.records import Rejection, rejection_table
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import write_json
from riboswitch.io.parquet import write_parquet
from riboswitch.reporting import sections
from riboswitch.reporting.page import find_sections
from riboswitch.reporting.verdicts import verdicts
from riboswitch.steps.report import command, report

HERE = Path(sections.__file__).parent
EVIL = "<script>alert(1)</script>"
CLASSES = ["none", "quinolone", "tetracycline"]
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


@pytest.fixture
def folder(tmp_path):
    """Writes a whole folder of results, and returns it with the folder of data."""

    def write(compounds=None, genes=(), kept=50, tasks=("drug_class", "solubility")):
        results, data = tmp_path / "results", tmp_path / "data"
        lines = [compound(i) for i in range(1, 5)] if compounds is None else compounds
        table = pd.DataFrame(lines, columns=[*compound(1)] if not lines else None)
        table = table.astype({"compromised": bool})
        write_parquet(table, results / "compounds.parquet")
        table.head(kept).to_csv(results / "hits.csv", index=False)
        counts = {"read": len(table) + 1, "accepted": len(table), "rejected": 1, "by_code": {"BAD_SMILES": 1}}
        flagged = int(table["compromised"].sum())
        write_json(counts | {"ranked": len(table), "duplicates": 0, "compromised": flagged,
                             "kept": min(kept, len(table))}, results / "counts.json")  # fmt: skip
        write_json({"counts": counts, "modality": "molecule"}, results / "library" / "library.json")
        rejected = rejection_table([GONE])
        rejected.to_csv(results / "library" / "rejected.tsv", sep="\t", index=False)
        for name in ("alpha", "beta"):
            called(list(genes)).save(results / "genomes" / name / "calls.parquet")
        for task in tasks:
            write_task(results / task, task, counts, rejected)
        source = {"source": "pypi:x==1", "licence": "CC0", "citation": EVIL, "sha256": DIGEST,
                  "files": {"a.csv": {"bytes": 1234, "sha256": DIGEST}}}  # fmt: skip
        write_json(source, data / "molecules" / "SOURCE.json")
        return results, data

    return write


def write_task(path, task, counts, rejected):
    kinds = {
        "drug_class": ("multiclass", "drug_class", "macro_f1"),
        "solubility": ("regression", "SOL", "rmse"),
    }
    write_json(metrics(*kinds[task]), path / "metrics.json")
    write_json(counts, path / "counts.json")
    rejected.to_csv(path / "rejected.tsv", sep="\t", index=False)
    training = {
        "settings": {"epochs": 3},
        "split": DIGEST,
        "split_name": "scaffold-r2-s0",
        "versions": {"numpy": "2"},
    }
    header = {
        "format": FORMAT,
        "training": training,
        "network": {"hidden": 8},
        "members": [{"seed": 0, "epoch": 3}],
    }
    Model(header, {"0.weight": np.zeros(1, np.float32)}).save(path / "model.safetensors")


def made(folder, **contents):
    return report(*folder(**contents), title="A title", genome="alpha")[0]


class Reader(HTMLParser):
    """What a browser would load, the tags, and the words."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.loaded, self.ids, self.links, self.words = [], [], set(), [], []
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
        self.words.append(data)

    @property
    def said(self):
        return " ".join(" ".join(self.words).split())


def test_nothing_is_loaded_from_outside(folder):
    html = made(folder, genes=[gene()], compounds=[compound(1, name="http://evil.example/x.png")])
    read = Reader(html)
    assert read.loaded == []
    assert not {"script", "link", "iframe", "img", "object", "base"} & set(read.tags)
    assert not re.search(r"url\(|@import|@font-face", html)


def test_contents_lead_somewhere(folder):
    read = Reader(made(folder))
    assert read.links and set(read.links) <= read.ids


def test_a_section_is_one_file_and_its_template(folder, tmp_path, monkeypatch):
    (tmp_path / "toy.py").write_text(
        "from riboswitch.reporting.sections import Section\n"
        "def contents(findings):\n"
        "    return {'names': list(findings.tasks)} if findings.ranking else None\n"
        "SECTION = Section('A toy section', 25, contents)\n"
    )
    (tmp_path / "toy.html.j2").write_text("<p>Tasks: {{ names | join(' and ') }}.</p>\n")
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(tmp_path)])
    read = Reader(made(folder))
    assert read.links == ["summary", "limits", "toy", *list(find_sections())[3:]]
    assert "A toy section Tasks: drug_class and solubility." in read.said
    assert "A toy section" not in report(*folder(), title="")[0]


def test_every_section_has_a_template_and_every_template_a_section():
    templates = {p.name.removesuffix(".html.j2") for p in HERE.glob("*.html.j2")}
    assert templates == set(find_sections())
    titles = [section.title for section in find_sections().values()]
    assert len(set(titles)) == len(titles)


def test_without_a_ranking_there_is_no_list(folder):
    read = Reader(report(*folder(genes=[gene()]), title="")[0])
    assert set(read.links) == read.ids == {"summary", "limits", "genomes", "models", "rows", "origin"}
    assert "2 tasks · 2 genomes scanned" in read.said


# Chemistry, biology, or a file of modalities/ that is not of the contract.
NAMES_A_MODALITY = r"riboswitch\.(chem|bio)\b|modalities\.(?!(base|parts|optional_parts)\b)\w+"


def test_the_report_names_no_modality():
    for path in [*HERE.parent.rglob("*.py"), *HERE.parent.rglob("*.j2"), HERE / "columns.tsv"]:
        text = path.read_text("utf-8")
        assert not re.search(NAMES_A_MODALITY, text), path.name
        assert not set(re.findall(r"[\"'](\w+)[\"']", text)) & set(modalities.names()), path.name


def test_a_modality_without_drawings_has_a_list(folder):
    results, data = folder()
    header = json.loads((results / "library/library.json").read_text())
    write_json(header | {"modality": "sequence"}, results / "library/library.json")
    html = report(results, data, title="", genome="alpha")[0]
    assert "NAME1 C1 evidence of 1" in Reader(html).said and 'class="structure"' not in html
    assert "Tanimoto" not in html


def test_names_are_text_and_never_markup(folder):
    html = made(
        folder,
        compounds=[compound(1, name=EVIL, evidence=EVIL, id=EVIL), compound(2, name=EVIL, compromised=True)],
        genes=[gene(nearest_gene=EVIL, antibiotics=EVIL, contig="ctg1"), gene("candidate", why=EVIL)],
    )
    assert "script" not in Reader(html).tags
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 8


def test_every_hit_is_shown_with_its_evidence(folder):
    html = made(folder, compounds=[compound(i) for i in range(1, 31)], kept=25)
    said = Reader(html).said
    assert all(f"NAME{i} C{i} evidence of {i} " in said for i in range(1, 26))
    assert "NAME26 " not in said
    assert html.count('class="structure"') == 25
    assert said.count("recall, not evidence") == 12


def test_the_compromised_are_grouped_by_gene_with_evidence(folder):
    lines = [compound(1), compound(2, compromised=True)]
    said = Reader(made(folder, genes=[gene()], compounds=lines, kept=1)).said
    assert "tet(Q) tetracycline · ctg1:100-2000(+) · 1 compound" in said
    assert "99.5 % identical over 100.0 % of X1" in said
    assert "1 of them are of a class that a called gene is known to defeat (1 tetracycline)" in said


def test_without_calls_and_without_compromised_compounds(folder):
    said = Reader(made(folder, genes=[])).said
    assert "no resistance gene was called" in said
    assert "That does not mean that it is susceptible" in said
    assert "No compound of the library is flagged" in said
    assert "No compound was kept." in made(folder, kept=0)


def test_without_solubility(folder):
    lines = [compound(i, solubility=False) for i in (1, 2)]
    said = Reader(made(folder, compounds=lines, tasks=("drug_class",))).said
    assert "solubility.SOL" not in said and "SOL -" not in said


def test_every_column_of_the_list_is_described(folder):
    results, data = folder()
    html = report(results, data, title="", genome="alpha")[0]
    columns = pd.read_csv(results / "hits.csv", nrows=0).columns
    described = set(re.findall(r"<td><code>([^<]+)</code></td>", html))
    assert set(columns) - {"row", "key", "duplicate_of", "join_class"} <= described
    assert "solubility.SOL</code></td><td>as in the data" in html


def test_limits_are_printed(folder):
    said = Reader(made(folder)).said
    for words in ("Research use only.", "Not for diagnosis", "is not a phenotype",
                  "does not mean that it evades", "recalled, not discovered",
                  "such as solubility, are predicted"):  # fmt: skip
        assert words in said


def test_what_was_not_read_is_told(folder):
    said = Reader(made(folder)).said
    assert "BAD_SMILES 1 read" in said
    assert "Counted again for this report: all numbers agree." in said
    assert "quinolone 2 · 2 1 · 1 – – – not evaluable: 2 examples, fewer than 5" in said


def test_numbers_that_disagree_are_told(folder):
    results, data = folder()
    write_json(json.loads((results / "counts.json").read_text()) | {"ranked": 99}, results / "counts.json")
    assert "do NOT agree" in report(results, data, title="", genome="alpha")[0]


def test_winners_are_named_in_plain_words():
    assert verdicts(metrics("multiclass", "drug_class", "macro_f1")) == [
        "On macro-F1 the network loses to forest by 0.200 (0.100 to 0.300)."
    ]
    assert verdicts(metrics("regression", "SOL", "rmse")) == [
        "On RMSE the network wins against forest by 0.200 (0.100 to 0.300)."
    ]


def test_equal_results_give_equal_bytes(folder, tmp_path):
    results, data = folder(genes=[gene(), gene("candidate", contig="ctg2", start=5, end=300)])
    for name in ("a", "b"):
        page, numbers = tmp_path / f"{name}.html", tmp_path / f"{name}.json"
        command(results, data, output=page, genome="alpha", metrics=numbers)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert str(tmp_path) not in (tmp_path / "a.html").read_text()
    assert set(json.loads((tmp_path / "a.json").read_text())) == {"drug_class", "solubility"}


def test_a_list_of_another_ranking_is_refused(folder):
    results, data = folder()
    (results / "hits.csv").write_text("rank,id\n1,STRANGER\n")
    with pytest.raises(InputError, match=r"hits\.csv row 1.*not of the ranking"):
        report(results, data, title="", genome="alpha")


def test_an_unknown_genome_is_refused(folder):
    with pytest.raises(InputError, match="There are: alpha, beta"):
        report(*folder(), title="", genome="gamma")
