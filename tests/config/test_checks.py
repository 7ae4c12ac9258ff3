"""Names in the configuration must point somewhere."""

from __future__ import annotations

import copy

import pytest

from riboswitch.config.checks import check_names
from riboswitch.errors import ConfigError
from riboswitch.modalities import offers

OFFERS = offers()

CONFIG = {
    "data": {"genes": {}, "drugs": {}},
    "genomes": {"jmh43": {"data": "genes", "sequence": "a.fna"}},
    "tasks": {
        "gene_class": {
            "modality": "sequence",
            "parse": {"sources": [{"data": "genes"}], "annotate": {"data": "genes"},
                      "background": {"data": "genes"}},
        },
        "drug_class": {"modality": "molecule", "parse": {"sources": [{"data": "drugs"}]}},
        "solubility": {"modality": "molecule", "parse": {"sources": [{"data": "drugs"}]}},
    },
    "library": {"data": "drugs"},
    "scan": {"task": "gene_class"},
    "screen": {"tasks": ["drug_class", "solubility"]},
    "rank": {"genome": "jmh43", "score_by": "drug_class", "class_task": "drug_class",
             "filters": {"solubility": {"min": -6}}},
}  # fmt: skip


def test_a_good_configuration_passes():
    before = copy.deepcopy(CONFIG)
    check_names(CONFIG, OFFERS)
    assert before == CONFIG
    check_names({"data": CONFIG["data"], "tasks": CONFIG["tasks"], "genomes": {}}, OFFERS)


@pytest.mark.parametrize(
    ("section", "needed"),
    [("rank", "library"), ("rank", "screen"), ("rank", "scan"), ("library", "rank"), ("scan", "genomes")],
)
def test_sections_that_need_each_other(section, needed):
    config = {k: v for k, v in CONFIG.items() if k != needed}
    with pytest.raises(ConfigError, match=f"needs the section {needed}"):
        check_names(config, OFFERS)


def test_a_scan_needs_a_task_or_the_curated_database():
    config = {name: copy.deepcopy(CONFIG[name]) for name in ("data", "tasks", "genomes")}
    config["scan"] = {"curated": "genes"}
    check_names(config, OFFERS)
    config["scan"] = {}
    with pytest.raises(ConfigError, match=r"nothing to look for.*scan\.curated"):
        check_names(config, OFFERS)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("rank.reference", {"data": "drug"}, r"rank\.reference\.data: no such data source.*mean .drugs."),
        ("genomes.jmh43.data", "gens", r"config genomes\.jmh43\.data: no such data source.*mean 'genes'"),
        ("genomes.jmh43", {"data": "genes"}, r"genomes\.jmh43: a genome needs its sequence or its proteins"),
        ("tasks.drug_class.parse.sources.0.data", "x", r"parse\.sources\[0\]\.data.*There are: drugs, genes"),
        ("tasks.gene_class.parse.annotate.data", "x", r"annotate\.data"),
        ("tasks.gene_class.parse.background.data", "x", r"background\.data"),
        ("library.data", "drug", "Did you mean 'drugs'"),
        ("scan.task", "gene_clas", "no such task.*Did you mean 'gene_class'"),
        ("scan.task", "drug_class", "cannot be applied to a genome; found 'molecule'.*modality: sequence"),
        ("screen.tasks", ["drug_class", "solubility", "gene_class"],
         r"screen\.tasks\[2\].*cannot screen a library; found 'sequence'"),
        ("tasks.drug_class.pretrain", {"data": "drug"}, r"drug_class\.pretrain\.data.*Did you mean 'drugs'"),
        ("tasks.drug_class.modality", "molecules", r"no such modality.*Did you mean 'molecule'"),
        ("screen.tasks.0", "gene_class", r"rank\.score_by: no such screened task"),
        ("screen.tasks.1", "x", r"screen\.tasks\[1\]: no such task"),
        ("rank.genome", "o11", "no such genome"),
        ("rank.score_by", "gene_class", r"rank\.score_by: no such screened task"),
        ("rank.class_task", "x", r"rank\.class_task"),
        ("rank.filters", {"logS": {}}, r"rank\.filters\.logS: no such screened task"),
    ],
)  # fmt: skip
def test_a_name_that_refers_to_nothing_is_refused(path, value, told):
    config = copy.deepcopy(CONFIG)
    *way, last = [int(p) if p.isdigit() else p for p in path.split(".")]
    part = config
    for step in way:
        part = part[step]
    part[last] = value
    with pytest.raises(ConfigError, match=told):
        check_names(config, OFFERS)


def test_a_task_is_pretrained_only_if_its_modality_can_be():
    config = copy.deepcopy(CONFIG)
    config["tasks"]["drug_class"]["pretrain"] = {"data": "drugs"}
    check_names(config, OFFERS)
    without = {**OFFERS, "molecule": {*OFFERS["molecule"]} - {"pretext"}}
    with pytest.raises(ConfigError, match=r"drug_class\.pretrain: .*cannot be pre-trained"):
        check_names(config, without)
