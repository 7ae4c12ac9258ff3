"""record: every file with its digest, the same bytes twice, the rules of RO-Crate, blanks for the author."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from riboswitch.errors import InputError, UsageError
from riboswitch.steps.record import command, record

GIVEN = {"date": "2026-03-31", "licence": "CC-BY-4.0",
         "authors": ["Ann Lee <https://orcid.org/0000-0002-1825-0097>", "Bo Ek"]}  # fmt: skip
OWN = {"run.json", "checklist.md", "ro-crate-metadata.json"}


@pytest.fixture
def made(folder):
    """A folder of results with odd names, its records, and the entities of the crate by id."""
    results, data = folder()
    (results / "genomes/é 1#2?").mkdir()
    (results / "genomes/é 1#2?/calls.tsv").write_text("a\n")
    (results / ".hidden").write_text("x")
    (results / "drug_class/members").mkdir()
    (results / "drug_class/members/a.safetensors.checkpoint").write_text("x")
    command(results, data, **GIVEN)
    graph = json.loads((results / "ro-crate-metadata.json").read_text("utf-8"))["@graph"]
    return results, data, {entity["@id"]: entity for entity in graph}


def test_every_file_is_in_the_crate_with_its_digest(made):
    results, _, entities = made
    files = {unquote(name): e for name, e in entities.items() if e["@type"] == "File"}
    there = {path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file()}
    assert set(files) == there - {"ro-crate-metadata.json", ".hidden",
                                  "drug_class/members/a.safetensors.checkpoint"}  # fmt: skip
    for name, entity in files.items():
        content = (results / name).read_bytes()
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert entity["contentSize"] == str(len(content)) and entity["name"] == name
    run = json.loads((results / "run.json").read_text("utf-8"))
    assert set(run["files"]) == set(files) - OWN
    assert all(run["files"][name]["sha256"] == files[name]["sha256"] for name in run["files"])


def test_the_crate_keeps_the_rules_of_the_specification(made):
    results, _, entities = made
    text = json.loads((results / "ro-crate-metadata.json").read_text("utf-8"))
    assert len(text["@graph"]) == len(entities)  # no id twice
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@type"] == "Dataset" and root["datePublished"] == "2026-03-31"
    assert {part["@id"] for part in root["hasPart"]} == {
        n for n, e in entities.items() if e["@type"] == "File"
    }
    assert entities[root["license"]["@id"]]["description"] and entities[root["conformsTo"]["@id"]]["name"]
    action = entities[root["mentions"][0]["@id"]]
    assert action["@type"] == "CreateAction" and action["result"] == root["hasPart"]
    assert entities[action["instrument"]["@id"]]["@type"] == "SoftwareApplication"
    assert [entities[a["@id"]]["name"] for a in action["agent"]] == ["Ann Lee", "Bo Ek"]
    assert entities[action["object"][0]["@id"]]["sha256"] == "ab" * 32


def references(value):
    """All ids that a JSON value points at."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    return {value["@id"]} if set(value) == {"@id"} else set().union(*map(references, value.values()))


def test_every_reference_leads_to_an_entity(made):
    _, _, entities = made
    pointed = references([{k: v for k, v in e.items() if k != "@id"} for e in entities.values()])
    assert pointed - set(entities) == {"https://w3id.org/ro/crate/1.1"}
    assert "./" in pointed and "#run" in pointed


def test_twice_gives_the_same_bytes_and_nothing_else_changes(made):
    results, data, _ = made

    def digests():
        return {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}

    before = digests()
    command(results, data, **GIVEN)
    assert digests() == before


def test_what_is_not_given_is_left_out_and_asked_for(folder, capsys):
    results, _ = folder()
    command(results)
    assert "give --date and --licence" in capsys.readouterr().err
    root = json.loads((results / "ro-crate-metadata.json").read_text("utf-8"))["@graph"][1]
    assert not {"datePublished", "license", "author"} & set(root)
    run = json.loads((results / "run.json").read_text("utf-8"))
    assert run["inputs"] == run["configuration"] == {}
    assert run["software"]["packages"]["numpy"] and run["hardware"]["processors"] > 0
    assert run["tasks"]["solubility"]["seeds"] == {"evaluate": None, "members": [0]}


def test_the_checklist_is_filled_and_marks_its_blanks(made):
    results, _, _ = made
    text = (results / "checklist.md").read_text("utf-8")
    assert (
        "- [ ] **1a** The population that the claim is about.\n  - **To be filled in by the author.**" in text
    )
    assert "solubility: RMSE 0.500 (0.400 to 0.600) on held-out rows" in text
    assert "drug_class: macro-F1 0.500; loses to forest" in text
    blanks = text.count("**To be filled in by the author.**")
    assert f"{blanks} have a blank for the author." in text and blanks == text.count("- [ ] ")
    assert text.count("- [ ] ") + text.count("- [x] ") == 21 + 32
    assert "<script>" not in text


def test_the_configuration_is_kept_without_places_of_the_machine(folder, monkeypatch):
    results, data = folder()
    given = {"mirror": "/srv/mirror", "data": {"a": {"source": "file:/home/ann/a.csv"},
                                               "b": {"source": "file:examples/b.csv"}}}  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(given)))
    command(results, data, config=Path("-"))
    kept = json.loads((results / "run.json").read_text("utf-8"))["configuration"]
    assert kept == {"data": {"a": {"source": "file:a.csv"}, "b": {"source": "file:examples/b.csv"}}}
    for text in ("[1]", "{"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        with pytest.raises(UsageError, match="not a configuration as JSON"):
            command(results, data, config=Path("-"))


def test_mistakes_are_refused(folder, tmp_path):
    results, data = folder()
    with pytest.raises(UsageError, match="--date: not a date"):
        record(results, data, date="31.3.2026")
    with pytest.raises(InputError, match="no results"):
        record(tmp_path / "nothing", data)
    with pytest.raises(InputError, match=r"counts\.json"):
        (results / "solubility/counts.json").write_text("{}")
        record(results, data)
