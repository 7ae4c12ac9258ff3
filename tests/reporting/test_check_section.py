"""The section that compares the ranking with experiment."""

from __future__ import annotations

import json

import pytest

from reporting.results import Reader, compound
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import write_json
from riboswitch.io.parquet import read_parquet, write_parquet
from riboswitch.steps.check import check
from riboswitch.steps.report import report

SMILES = [f"{'C' * n}{tail}" for n in range(1, 11) for tail in ("O", "N", "Cl")]


@pytest.fixture
def results(folder):
    """Results with thirty compounds, twenty of them tested."""
    lines = [compound(n, smiles=s, id=f"C{n}") for n, s in enumerate(SMILES, 1)]
    lines[1]["known_class"] = "quinolone"
    made, data = folder(compounds=lines)
    rows = [Record(n, f"t{n}", {"molecule": s}, {"y": float("O" in s)}) for n, s in enumerate(SMILES[:20], 1)]
    tested = Records.collect(rows, ["molecule"], modality="molecule", reading={})
    table, _ = read_parquet(made / "compounds.parquet")
    found = check(table, tested, "y", first=[5, 20], bootstrap=20)
    write_json(found.facts, made / "check.json")
    write_parquet(found.table, made / "tested_compounds.parquet", {})
    return made, data


def page(results):
    return report(*results, title="", genome="alpha")[0]


def test_the_page_opens_with_the_check(results):
    read = Reader(page(results))
    assert read.links[:2] == ["summary", "check"]
    assert "Checked against experiment: of 20 compounds that were tested" in read.said
    assert "20 compounds of the library were tested in experiment and kept out of training" in read.said
    assert "10 were not tested" in read.said and "Positives among the first compounds" in read.said


def test_what_could_not_be_compared_is_said(results):
    made, _ = results
    table, _ = read_parquet(made / "compounds.parquet")
    rows = [Record(n, f"t{n}", {"molecule": s}, {"y": 1.0}) for n, s in enumerate(SMILES[:20], 1)]
    tested = Records.collect(rows, ["molecule"], modality="molecule", reading={})
    found = check(table, tested, "y", first=[5], bootstrap=20)
    write_json(found.facts, made / "check.json")
    write_parquet(found.table, made / "tested_compounds.parquet", {})
    read = Reader(page(results))
    assert "Not checked against experiment: All compared compounds (20) are positive" in read.said
    assert "could not be compared with experiment" in read.said and "The list as it is delivered" in read.said


def test_the_ranking_stands_first_whatever_the_order_in_the_file(results):
    made, _ = results
    facts = json.loads((made / "check.json").read_text())
    plain = [{**row, "positives": 0, "rate": 0.0} for row in facts["first"]["ranking"]]
    values = {"first": {"forest": plain} | facts["first"]}
    for part in ("curve", "metrics"):
        values[part] = facts[part]
    values["curve"] = {"forest": facts["curve"]["ranking"]} | facts["curve"]
    values["metrics"]["methods"]["forest"] = facts["metrics"]["methods"]["ranking"]
    change(made / "check.json", **values)
    rate = facts["first"]["ranking"][0]["rate"]
    assert (
        f"First By chance ranking forest Hit rate (95 %) Enrichment 5 1.8 2 0 {rate:.2f}"
        in Reader(page(results)).said
    )


def test_each_hit_says_whether_it_was_tested(results):
    said = Reader(page(results)).said
    assert said.count("tested: positive") == 7 and said.count("tested: negative") == 13
    assert said.count("a known antibiotic: a rediscovery") == 1


def change(path, **values):
    write_json(json.loads(path.read_text()) | values, path)


def test_a_check_of_another_ranking_or_shape_is_refused(results):
    made, _ = results
    table, _ = read_parquet(made / "tested_compounds.parquet")
    write_parquet(table.assign(rank=table["rank"] + 1), made / "tested_compounds.parquet", {})
    with pytest.raises(InputError, match="not of the ranking"):
        page(results)
    (made / "tested_compounds.parquet").unlink()
    with pytest.raises(InputError, match=r"tested_compounds\.parquet"):
        page(results)
    for values in ({"counts": 3}, {"first": {}}, {"metrics": {}}, {"list": [{}]}):
        kept = (made / "check.json").read_text()
        change(made / "check.json", **values)
        with pytest.raises(InputError, match=r"check\.json"):
            page(results)
        (made / "check.json").write_text(kept)
