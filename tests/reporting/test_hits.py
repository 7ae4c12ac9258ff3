"""The lines of the short-list: what the page, JSON and Parquet say of each hit is what the results hold."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundles import HEADER, small_bundle
from reporting.results import DIGEST, EVIL, Reader, compound, gene, made
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities import find
from riboswitch.reporting.findings import TaskResult
from riboswitch.reporting.gather import gather
from riboswitch.reporting.hits.cells import columns
from riboswitch.reporting.hits.lines import lines
from riboswitch.reporting.hits.packed import Numbered, for_script
from riboswitch.reporting.hits.predictions import of_task
from riboswitch.steps.report import command, report


def read_back(data):
    """Texts, flags, sentences and values of each line, as the script of the page reads them."""
    texts, found = data["texts"], []
    for number, (drawing, flags, items, near, *_) in enumerate(data["hits"]):
        values = {c["name"]: c["all"] if "all" in c else c["texts"][c["codes"][number]] if "codes" in c
                  else c["values"][number] for c in data["columns"]}  # fmt: skip
        said = []
        for template, *words in (data["items"][item] for item in items):
            about, text = data["templates"][template]
            said.append((about, text.format(*(texts[word] for word in words))))
        near = [(texts[n[0]], texts[n[1]], n[2], texts[n[3]], n[4]) for n in near]
        found.append({"values": values, "flags": [texts[flag] for flag in flags], "said": said,
                      "drawing": drawing, "near": near})  # fmt: skip
    return found


def trained(results, task="drug_class"):
    """Give a bundle the training rows that the hits are compared with."""
    training = HEADER["training"] | {"split": DIGEST, "split_name": "scaffold-r2-s0"}
    bundle = small_bundle({"0.weight": np.zeros(1, np.float32)}, components=["molecule"], training=training)
    bundle.tensors.pop("golden.text.text", None)
    bundle.pack_texts("golden.molecule", ["CCO"])
    bundle.pack_texts("training.ids", ["T1", "T2"])
    bundle.pack_inputs("training.inputs", {"molecule": ["CCN", "CCC"]})
    bundle.pack_texts("training.keys", ["k", "l"])
    bundle.pack_texts("training.labels", ["tetracycline", "none"])
    bundle.save(results / task / "model.safetensors")


COMPOUNDS = [
    compound(
        1,
        smiles="c1ccccc1[N+](=O)[O-]",
        **{"drug_class.in_domain": False, "drug_class.set90": "none | quinolone"},
    ),
    compound(2, compromised=True, **{"drug_class.in_domain": True, "drug_class.set90": ""}),
    compound(
        3, outside_filter="solubility below -6", **{"drug_class.in_domain": True, "drug_class.set90": "none"}
    ),
]


def test_the_page_holds_what_was_found_of_each_hit(folder):
    results, data = folder(compounds=COMPOUNDS, genes=[gene()])
    trained(results)
    findings = gather(results, data, "alpha")
    wanted = lines(findings, findings.ranking)
    shown = columns(findings, findings.ranking, [hit.row for hit in wanted.hits])
    found = read_back(Reader(report(results, data, title="", genome="alpha")[0]).hits)
    assert len(found) == len(wanted.hits) == 3
    for number, (line, hit) in enumerate(zip(found, wanted.hits, strict=True)):
        assert line["said"] == [(said.about, said.words) for said in hit.evidence]
        assert line["flags"] == hit.flags
        assert line["values"]["smiles"] == hit.structure and line["drawing"] >= 0
        assert {c.column.name: c.values[number] for c in shown if c.kind == "text"} == {
            c.column.name: line["values"][c.column.name] for c in shown if c.kind == "text"}  # fmt: skip
        assert [near[:2] for near in line["near"]] == [("drug_class", "T1"), ("solubility", "S1")]
    assert found[0]["near"][0][2:4] == (0.5, "tetracycline") and found[0]["near"][0][4] >= 0
    assert found[0]["near"][1][3:] == ("", -1)  # the bundle of solubility holds no training rows


def sentences(folder, **contents):
    data = Reader(made(folder, **contents)).hits
    return [" ".join(text for _, text in line["said"]) for line in read_back(data)]


def test_the_evidence_says_what_is_known_and_what_is_not(folder):
    first, second, third = sentences(folder, compounds=COMPOUNDS, genes=[gene()])
    assert "Outside the domain of the model" in first and "may be none or quinolone" in first
    assert "In alpha no called gene or mutation is known to defeat the class tetracycline" in first
    assert "Of 8 held-out rows with a probability from 0.9 to 1.0, 90 in 100 were so" in first
    assert "brenk: " in first and "No measured values were given" in first
    assert (
        "tet(Q) in alpha is known to defeat it" in second and "99.5 % identical over 100.0 % of X1" in second
    )
    assert "empty. The compound is unlike every class" in second and "recall, not evidence" in second
    assert "outside a filter of the list: solubility below -6" in third and "the class is none" in third
    assert "No interval is promised" in third and "Whether the model applies is not known" in third


def test_held_out_rows_of_a_sample_count_as_those_they_stand_for():
    metrics = {"task": {"kind": "binary", "targets": ["active"]}, "calibration": {"active": [
        {"from": 0.9, "to": 1.0, "count": 7, "predicted": 0.95, "observed": 6 / 7}]}}  # fmt: skip
    sample = {"label": "0", "of": 40, "rows": 10}
    calibration = {"sample": sample, "maps": [{"shift": [-np.log(4)]}]}
    for header, p, told in (
        ({"calibration": calibration}, 0.8, "from 0.69 to 1.00, 60 in 100 were so, if each row with the "
                                            "label 0 counts as 4.0."),
        ({"calibration": calibration}, 0.6, "No held-out row had a probability like this one"),
        ({}, 0.95, "from 0.9 to 1.0, 86 in 100 were so."),
    ):  # fmt: skip
        task = TaskResult("activity", metrics, header, None)
        said = " ".join(each.words for each in of_task({"activity.p_active": p}, "activity", task))
        assert told in said


def test_a_column_that_does_not_apply_is_not_shown_at_first(folder):
    data = Reader(made(folder)).hits
    shown = {column["name"] for column in data["columns"] if column["shown"]}
    assert {"rank", "name", "score", "predicted_class", "solubility.SOL"} <= shown
    assert "compromised_by" not in shown and "drug_class.p_none" not in shown


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    )
)
def test_data_in_a_page_stay_data(value):
    written = for_script(value)
    assert not set(written) & set("<>&\u2028\u2029") and json.loads(written) == value


@given(st.lists(st.text()))
def test_things_are_numbered_in_their_order(things):
    numbered = Numbered()
    numbers = [numbered(thing) for thing in things]
    assert [list(numbered.numbers)[number] for number in numbers] == things


def test_json_and_parquet_say_the_same_as_the_page(folder, tmp_path):
    results, data = folder(
        compounds=[*COMPOUNDS, compound(4, name=EVIL, class_probability=np.nan)], genes=[gene()]
    )
    for name in ("a", "b"):
        command(results, data, output=tmp_path / f"{name}.html", genome="alpha",
                json=tmp_path / f"{name}.json", parquet=tmp_path / f"{name}.parquet")  # fmt: skip
        assert (tmp_path / f"{name}.json").read_bytes() == (tmp_path / "a.json").read_bytes()
        assert (tmp_path / f"{name}.parquet").read_bytes() == (tmp_path / "a.parquet").read_bytes()
    document = json.loads((tmp_path / "a.json").read_text())
    page = read_back(Reader((tmp_path / "a.html").read_text()).hits)
    table = pq.read_table(tmp_path / "a.parquet")
    assert len(document["hits"]) == len(page) == table.num_rows == 4
    assert table.column_names[:-3] == list(pd.read_csv(results / "hits.csv", nrows=0))
    for line, hit, row in zip(page, document["hits"], table.to_pylist(), strict=True):
        assert [(said["about"], said["says"]) for said in hit["said"]] == line["said"]
        assert hit["said"] == row["report.said"] and hit["flags"] == row["report.flags"] == line["flags"]
        assert hit["nearest"] == row["report.nearest"] and hit["values"]["id"] == row["id"]
    assert document["hits"][3]["values"]["class_probability"] is None
    assert {
        "summary",
        "limits",
        "tasks",
        "genomes",
        "methods",
        "counts",
        "panel",
        "sources",
    } <= document.keys()


def test_without_a_ranking_there_is_json_and_no_table(folder, tmp_path):
    results, data = folder(genes=[gene()])
    command(results, data, output=tmp_path / "a.html", json=tmp_path / "a.json")
    assert "hits" not in json.loads((tmp_path / "a.json").read_text())
    with pytest.raises(UsageError, match="no compounds were ranked"):
        command(results, data, output=tmp_path / "b.html", parquet=tmp_path / "b.parquet")
    assert not (tmp_path / "b.html").exists()


def test_the_rules_of_the_evidence_are_those_of_the_modality():
    assert set(find("molecule").assessor.RULES) == {"lipinski", "veber", "pains", "brenk"}


CHAINS = [compound(n, smiles="C" * n + "O", **{"drug_class.nearest_training": "T1"}) for n in range(1, 13)]


def test_the_map_has_a_place_for_each_hit_and_is_the_same_each_time(folder):
    results, data = folder(compounds=CHAINS, kept=9)
    pages = [report(results, data, title="", genome="alpha")[0] for _ in range(2)]
    found = Reader(pages[0])
    assert pages[0] == pages[1] and "space" in found.ids
    assert len(found.hits["space"]) == 2 * 9 and "library (12)" in found.said and "hits (9)" in found.said


def test_without_enough_compounds_there_is_no_map(folder):
    read = Reader(made(folder))
    assert "space" not in read.hits and "space" not in read.ids


def write_maps(path, **changes):
    """A table of explain: the second hit has a map, the third an unstable one."""
    good = {"id": "C2", "status": "ok", "reason": ""}
    poor = {"id": "C3", "status": "unstable", "reason": "below the control"}
    rows = [each | {"number": n, "score": s} for each in (good, poor) for n, s in enumerate((1, -0.5, 0), 1)]
    shared = {"input": "CCO", "of": "quinolone", "prediction": 0.9, "stability": 0.8, "control": 0.1}
    pd.DataFrame(rows).assign(**(shared | changes)).to_csv(path, index=False)
    return path


def test_atom_maps_stand_in_the_page_or_the_reason_why_not(folder, tmp_path):
    results, data = folder()
    page = report(results, data, title="", genome="alpha", maps=write_maps(tmp_path / "maps.csv"))[0]
    hits = Reader(page).hits["hits"]
    assert [len(hit) for hit in hits] == [4, 5, 4, 4] and [spot[2] for spot in hits[1][4]] == [9, -5]
    said = [" ".join(text for _, text in line["said"]) for line in read_back(Reader(page).hits)]
    assert "No map was made for it" in said[0]
    assert "correlation of 0.80; networks that learned nothing reach 0.10" in said[1]
    assert "No map is shown: below the control" in said[2] and "No atom maps were given" not in page
    assert "1 of 2 atom maps are shown. The others" in page


@pytest.mark.parametrize(("changes", "problem"), [
    ({"input": "CCN"}, "another structure"), ({"score": "much"}, "not a table of maps"),
])  # fmt: skip
def test_maps_of_something_else_are_refused(folder, tmp_path, changes, problem):
    results, data = folder()
    with pytest.raises(InputError, match=problem):
        report(results, data, title="", genome="alpha", maps=write_maps(tmp_path / "maps.csv", **changes))
    with pytest.raises(InputError, match="no column"):
        report(results, data, title="", genome="alpha", maps=results / "hits.csv")
    with pytest.raises(InputError, match="no such file"):
        report(results, data, title="", genome="alpha", maps=tmp_path / "none.tsv")
