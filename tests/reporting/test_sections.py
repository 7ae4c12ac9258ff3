"""Each section says what the results hold, and what they lack."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from reporting.results import (
    Reader,
    compound,
    gene,
    made,
)
from riboswitch.auditing.audit import Audit
from riboswitch.data.records import Records, Rejection, rejection_table
from riboswitch.data.splits import Split
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import write_json
from riboswitch.io.sealed import write_sealed
from riboswitch.modalities import find
from riboswitch.steps.audit import audit
from riboswitch.steps.report import report


def test_without_a_ranking_there_is_no_short_list(folder):
    read = Reader(report(*folder(genes=[gene()]), title="")[0])
    assert (
        set(read.links) == read.ids == {"summary", "limits", "genomes", "methods", "models", "rows", "origin"}
    )
    assert "2 tasks · 2 genomes scanned" in read.said


def test_a_source_on_disk_is_named_without_the_folders_of_the_machine(folder):
    results, data = folder()
    written = data / "molecules/SOURCE.json"
    source = json.loads(written.read_text())
    pages = set()
    for place in ("file:/home/ann/mine.csv", "file:/srv/b c/mine.csv", "../mine.csv"):
        write_json(source | {"source": place}, written)
        pages.add(report(results, data, title="", genome="alpha")[0])
    assert len(pages) == 1 and "source file:mine.csv" in Reader(pages.pop()).said


def test_a_modality_without_drawings_has_a_list(folder):
    results, data = folder()
    header = json.loads((results / "library/library.json").read_text())
    write_sealed(header | {"modality": "sequence"}, results / "library/library.json")
    html = report(results, data, title="", genome="alpha")[0]
    assert "NAME1 C1 evidence of 1" in Reader(html).said and 'class="sketch"' not in html
    assert "Tanimoto" not in html


def test_every_hit_is_shown_with_its_evidence(folder):
    html = made(folder, compounds=[compound(i) for i in range(1, 31)], kept=25)
    said = Reader(html).said
    assert all(f"NAME{i} C{i} evidence of {i} " in said for i in range(1, 26))
    assert "NAME26 " not in said
    assert html.count('class="sketch"') == 25
    assert said.count("recall, not evidence") == 12


def test_the_compromised_are_grouped_by_gene_with_evidence(folder):
    lines = [compound(1), compound(2, compromised=True)]
    said = Reader(made(folder, genes=[gene()], compounds=lines, kept=1)).said
    assert "tet(Q) tetracycline · ctg1:100-2000(+) · 1 compound" in said
    assert "99.5 % identical over 100.0 % of X1" in said
    assert "a called gene is known to defeat 1 of them (1 tetracycline)" in said


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


def test_rejected_rows_are_reported(folder):
    said = Reader(made(folder)).said
    assert "BAD_SMILES 1 read" in said
    assert "Counted again for this report: all numbers agree." in said
    assert "quinolone 2 · 2 1 · 1 – – – not evaluable: 2 examples, fewer than 5" in said


def test_counts_that_disagree_are_reported(folder):
    results, data = folder()
    write_json(json.loads((results / "counts.json").read_text()) | {"ranked": 99}, results / "counts.json")
    assert "do NOT agree" in report(results, data, title="", genome="alpha")[0]


def chosen(results, **changes):
    """Let the list be chosen, as rank counts it."""
    path = results / "counts.json"
    counts = json.loads(path.read_text())
    choice = {"examined": 9, "pool": 6, "excluded": {"tested": 2, "pains": 1}, "kept": counts["kept"],
              "tested": {"read": 3, "accepted": 2, "rejected": 1}}  # fmt: skip
    write_json(counts | {"choice": choice | changes, "settings": {"pick": "diverse"}}, path)


def test_the_choice_of_the_list_is_reported_with_every_reason(folder):
    results, data = folder()
    chosen(results)
    said = Reader(report(results, data, title="", genome="alpha")[0]).said
    assert "9 compounds were examined, 3 left out, and 6 are in the pool" in said
    assert "tested 2 measured already, as it is or as another form" in said
    assert "pains 1 no substructure that interferes with many assays" in said
    assert "2 compounds were measured before (3 rows read, 1 rejected)" in said
    assert "least like those before (MaxMin)" in said and "all numbers agree" in said


def test_a_choice_that_does_not_add_up_is_said(folder):
    results, data = folder()
    chosen(results, examined=10)
    assert "do NOT agree" in Reader(report(results, data, title="", genome="alpha")[0]).said


def rejected_references(results, *rows):
    rejections = [Rejection(n, name, "ATG", code, "why not", stage=stage, source="genes.fsa")
                  for n, (name, code, stage) in enumerate(rows, 1)]  # fmt: skip
    rejection_table(rejections).to_csv(results / "drug_class" / "rejected.tsv", sep="\t", index=False)


def test_genes_that_cannot_be_called_stand_above_the_results(folder):
    results, data = folder(genes=[gene()])
    lost = ("mph(D)_1", "NO_READING_FRAME", "read"), ("odd_1", "CONFLICTING_LABEL", "curate")
    known = ("twin_1", "DUPLICATE", "curate"), ("b1", "INTERNAL_STOP", "background")
    rejected_references(results, *lost, *known)
    html = report(results, data, title="", genome="alpha", scan_task="drug_class")[0]
    said = Reader(html).said
    assert Reader(html).links[1] == "cannot_be_called"
    assert "2 entries of the known genes could not become a reference of the scan" in said
    assert "mph(D)_1 genes.fsa row 1 NO_READING_FRAME why not" in said and "odd_1 genes.fsa row 2" in said
    assert "twin_1 genes.fsa" not in said.split("Cannot be called")[2].split("What must not")[0]
    assert "b1 genes.fsa" not in said.split("Cannot be called")[2].split("What must not")[0]


def test_many_genes_that_cannot_be_called_are_counted(folder):
    results, data = folder(genes=[gene()])
    rejected_references(results, *[(f"g{n}_1", "NO_READING_FRAME", "read") for n in range(130)])
    said = Reader(report(results, data, title="", genome="alpha", scan_task="drug_class")[0]).said
    assert "130 entries" in said and "30 more are in rejected.tsv of drug_class" in said


def test_nothing_is_said_where_all_genes_can_be_called_or_none_are_looked_for(folder):
    results, data = folder(genes=[gene()])
    for task in ("drug_class", None):
        rejected_references(results, ("twin_1", "DUPLICATE", "curate"))
        assert "Cannot be called" not in report(results, data, title="", scan_task=task)[0]
    with pytest.raises(InputError, match="no results of this task"):
        report(results, data, title="", scan_task="unknown")


def test_the_audit_of_a_task_is_shown_where_there_is_one(folder):
    results, data = folder()
    assert "Training and test rows" not in Reader(report(results, data, title="", genome="alpha")[0]).said
    stream = find("molecule").reader.read_list(["CCO", "CCN", "CCCl"], ["<one>", "b", "c"])
    records = Records.collect(stream, ["molecule"], modality="molecule")
    audit(records, records).save(results / "solubility/audit.json")
    said = Reader(report(results, data, title="", genome="alpha")[0]).said
    assert "solubility red: 3 of 3 test rows were seen in training" in said
    assert "exact red 3 3 the same molecule in standard form" in said and "all test rows 3" in said
    table = records.table[["id"]].assign(group=records.ids, part_0=["train", "train", "test"],
                                         part_1=["test", "train", "train"])  # fmt: skip
    audit(records, Split(table)).save(results / "solubility/audit.json")
    said = Reader(report(results, data, title="", genome="alpha")[0]).said
    assert "Shown: repeat 0. Test rows seen in training: repeat 0 0 of 1 (green), repeat 1 0 of 1" in said
    apart, alike = Audit.load(results / "solubility/audit.json"), {"compared": 3, "conflicts": 1}
    for found, told in (({"compared": 0, "conflicts": 0}, "y: no label can be compared: no test row"),
                        (alike, "y: 1 of 3 labels that can be compared differ")):  # fmt: skip
        replace(apart, facts={**apart.facts, "labels": {"y": found}}).save(results / "solubility/audit.json")
        said = Reader(report(results, data, title="", genome="alpha")[0]).said
        assert told in said and "0 of 0" not in said
    write_json({"light": "green"}, results / "solubility/audit.json")
    with pytest.raises(InputError, match="not an audit"):
        report(results, data, title="", genome="alpha")


def ledger_of(labels, **changes):
    tally = dict.fromkeys(
        ("labels", "single", "kept", "left_out", "averaged", "voided", "rejected", "labels_after",
         "lost_to_conflicts", "repeated_inputs", "disagreeing_inputs"), 0)  # fmt: skip
    return {
        "rows": 5, "bad_label": 0, "missing_label": 0, "duplicate": 1, "conflicting_label": 0, "accepted": 4,
        "repeated_identities": 1, "conflicting_identities": 1,
        "policy": {"duplicates": "mean", "conflicts": "mean", "tolerance": 0.1},
        "labels": {"SOL": tally | {"disagreeing_share": 1.0} | labels},
    } | changes  # fmt: skip


def test_the_curation_is_shown_where_labels_were_curated(folder):
    results, data = folder()
    assert "Curation of labels" not in Reader(report(*folder(), title="", genome="alpha")[0]).said
    of_sol = {"labels": 5, "single": 3, "averaged": 2, "labels_after": 4, "repeated_inputs": 1,
              "disagreeing_inputs": 1}  # fmt: skip
    path = results / "solubility/counts.json"
    counts = json.loads(path.read_text())
    write_json(counts | {"ledger": ledger_of(of_sol)}, path)
    said = Reader(report(results, data, title="", genome="alpha")[0]).said
    assert "SOL 5 3 0 0 2 0 0 4 1 of 1 All numbers agree." in said
    assert "Labels that disagree by more than 0.1: their mean is taken" in said
    bounds = {
        "labels": 2,
        "single": 1,
        "kept": 0,
        "left_out": 1,
        "voided": 0,
        "rejected": 0,
        "labels_after": 1,
    }
    for number, words in ((2, "All numbers agree"), (3, "The numbers do NOT agree")):
        write_json(counts | {"ledger": ledger_of(of_sol | {"bounds": bounds | {"labels": number}})}, path)
        said = Reader(report(results, data, title="", genome="alpha")[0]).said.split("Curation of labels")[-1]
        assert f"SOL: {number} of the labels are bounds, as >10: 1 of inputs with one row" in said
        assert words in said
    write_json(counts | {"ledger": ledger_of(of_sol | {"labels": 6})}, path)
    said = Reader(report(results, data, title="", genome="alpha")[0]).said
    assert "The numbers do NOT agree" in said.split("Curation of labels")[-1]
    write_json(counts | {"ledger": {"rows": 5}}, path)
    with pytest.raises(InputError, match="riboswitch parse writes it"):
        report(results, data, title="", genome="alpha")


@pytest.mark.parametrize(("best", "said_so"), [(0.4, False), (0.6, True)])
def test_the_noise_ceiling_stands_beside_the_scores(folder, best, said_so):
    results, data = folder()
    path = results / "solubility/metrics.json"
    metrics = json.loads(path.read_text())
    ceiling = {"rmse": {"best": best, "low": best - 0.02, "high": best + 0.02}}
    noise = {"repeated_inputs": 30, "labels": 70, "identical_inputs": 12, "sd": 0.42, "sd_low": 0.4,
             "sd_high": 0.44, "sd_without_identical": 0.5, "ceiling": ceiling}  # fmt: skip
    write_json(metrics | {"noise": {"targets": {"SOL": noise}, "ceiling": ceiling}}, path)
    html = report(results, data, title="", genome="alpha")[0]
    said = Reader(html).said
    assert "SOL has a standard deviation of 0.420 within 30 inputs with several labels; in 12" in said
    assert f"the best RMSE to expect of any model is {best:.3f}" in said and "noise ceiling" in html
    assert ("The network is better than that" in said) is said_so
    write_json(metrics | {"noise": {"targets": {"SOL": {"reason": "too few"}}}}, path)
    assert "The noise of SOL is not known: too few." in Reader(report(results, data, title="")[0]).said
