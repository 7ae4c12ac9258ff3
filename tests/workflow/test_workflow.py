"""The workflow as a whole: it ends, it finds what was planted, and it reruns what must be and no more."""

import copy
import csv
import hashlib
import json
import os
import re
import shutil

import pandas as pd
import pytest
import yaml

from riboswitch.data.model import Model

from .conftest import WITHOUT_MAPS, make_analysis, snakemake


def planned(done) -> set[str]:
    """Rules that a dry run says would run."""
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = re.findall(r"^([a-z_]+) +\d+$", done.stdout + done.stderr, re.MULTILINE)
    return set(jobs) - {"total", "all", "main_job"}


def outputs(text: str) -> str:
    """The lines of a dry run that say what jobs make."""
    return "\n".join(re.findall(r"^    output: (.*)$", text, re.MULTILINE))


def hits(folder):
    with open(folder / "results/hits.csv") as handle:
        return list(csv.DictReader(handle))


def test_the_planted_gene_is_called_where_it_was_planted(analysis):
    folder, _ = analysis
    calls = pd.read_csv(folder / "results/genomes/patient/calls.tsv", sep="\t")
    found = calls[calls["input_gene_start"] == 303]
    assert len(found) == 1
    assert found.iloc[0]["input_sequence_id"] == "contig2"
    assert found.iloc[0]["drug_class"] == "tetracycline"


def test_what_the_gene_defeats_is_compromised_and_nothing_else(analysis):
    """The gene's phenotype is tetracycline; minocycline needs a gene like tet(M)."""
    folder, _ = analysis
    compounds = pd.read_parquet(folder / "results/compounds.parquet")
    flagged = set(compounds.loc[compounds["compromised"], "name"].str.lower())
    assert {"tetracycline", "doxycycline"} <= flagged
    assert "minocycline" not in flagged
    assert set(compounds.loc[compounds["compromised"], "known_class"]) == {"tetracycline"}


def test_counts_reconcile_from_library_to_list(analysis):
    folder, _ = analysis
    counts = json.loads((folder / "results/counts.json").read_text())
    rows = len((folder / "source/library.csv").read_text().splitlines()) - 1
    assert counts["read"] == rows == counts["accepted"] + counts["rejected"]
    assert counts["ranked"] == counts["accepted"]
    assert counts["by_code"]["BAD_SMILES"] == 1
    assert counts["kept"] == len(hits(folder)) == 50


def test_metrics_hold_model_and_baselines_over_seeds(analysis):
    folder, config = analysis
    metrics = json.loads((folder / "results/metrics.json").read_text())
    assert set(metrics) == set(config["tasks"])
    for task in metrics.values():
        assert len(task["methods"]) >= 4  # network, two baselines, their mean
        headline = task["methods"]["network"][task["headline"]]
        assert len(headline["per_repeat"]) == 3


def test_a_second_run_has_nothing_to_do(analysis):
    done = snakemake(*analysis, "--dry-run")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_reordered_keys_and_comments_rerun_nothing(analysis):
    folder, config = analysis
    text = "# a comment\n" + yaml.safe_dump(reversed_keys(config), sort_keys=False)
    done = snakemake(folder, config, "--dry-run", text=text)
    assert "Nothing to be done" in done.stdout + done.stderr


def reversed_keys(value):
    if isinstance(value, dict):
        return {k: reversed_keys(v) for k, v in reversed(value.items())}
    return value


def test_keep_reruns_rank_and_report_only(analysis):
    folder, config = analysis
    changed = copy.deepcopy(config)
    changed["rank"]["keep"] = 7
    assert planned(snakemake(folder, changed, "--dry-run")) == {"rank", "explain", "report"}


def test_maps_of_the_first_hits_and_of_the_planted_gene_are_in_the_report(analysis):
    folder, _ = analysis
    maps = pd.read_parquet(folder / "results/hit_maps.parquet")
    assert maps["id"].drop_duplicates().tolist() == [row["id"] for row in hits(folder)[:5]]
    genes = pd.read_parquet(folder / "results/genomes/patient/call_maps.parquet")
    assert set(genes["id"]) == {"contig2:303-668(+)"} and set(genes["drug_class"]) == {"tetracycline"}
    content = json.loads((folder / "results/report.json").read_text("utf-8"))
    assert [hit["values"]["id"] for hit in content["hits"] if "map" in hit] == [*dict.fromkeys(maps["id"])]
    assert set(content["maps"]["patient"]) == set(genes["id"])


def test_maps_can_be_left_out_or_have_networks_of_shuffled_labels_as_control(analysis):
    folder, config = analysis
    changed = copy.deepcopy(config)
    changed["report"]["maps"] |= {"hits": 0, "calls": 0}
    assert planned(snakemake(folder, changed, "--dry-run")) == {"report"}
    changed["report"]["maps"] = {}
    done = snakemake(folder, changed, "--dry-run", "--printshellcmds")
    assert planned(done) == {"train_control", "ensemble_networks", "explain", "report"}
    assert "--shuffled" in done.stdout + done.stderr and "--control=results/" in done.stdout + done.stderr


def test_epochs_of_one_task_rerun_what_depends_on_it(analysis):
    folder, config = analysis
    changed = copy.deepcopy(config)
    changed["tasks"]["solubility"]["train"]["epochs"] = 4
    done = snakemake(folder, changed, "--dry-run")
    assert planned(done) == {
        "train", "train_final", "stack", "ensemble", "predict", "evaluate", "screen", "rank", "explain",
        "report",
    }  # fmt: skip
    remade = set(
        re.findall(r"output: results/(gene_class|drug_class|solubility)/members", done.stdout + done.stderr)
    )
    assert remade == {"solubility"}


def test_a_split_may_have_several_methods_and_columns(tmp_path):
    config = make_analysis(tmp_path)
    target = "results/solubility/split.parquet"
    for asked, words in (
        ({"method": "scaffold"}, "--method=scaffold --repeats=3"),
        ({"method": "column", "column": "name"}, "--method=column --repeats=3 .* --column=name"),
        ({"method": ["scaffold", "column"], "column": ["name", "a b"], "relatives": "ignore"},
         "--method=scaffold --method=column --repeats=3 .* --column=name '--column=a b' --relatives=ignore"),
    ):  # fmt: skip
        config["tasks"]["solubility"]["split"] = asked
        done = snakemake(tmp_path, config, "--dry-run", "--printshellcmds", target)
        assert re.search(f"riboswitch split .*{words} ", done.stdout + done.stderr), done.stderr


AFTER_TRAINING = {"train", "train_final", "predict", "stack", "ensemble", "baseline", "evaluate", "report"}
AFTER_RECORDS = {"parse", "split", "audit", "featurize", *AFTER_TRAINING, "screen", "rank", "explain",
                 "ensemble_networks"}  # fmt: skip
GENES = (AFTER_RECORDS - {"screen"}) | {"scan", "cohort", "explain_calls"}


@pytest.fixture(scope="module")
def copied(analysis, tmp_path_factory):
    """The finished run in another folder, where files may be changed."""
    folder, config = analysis
    copy_ = tmp_path_factory.mktemp("copied") / "run"
    return shutil.copytree(folder, copy_, copy_function=shutil.copy2), config


def test_the_records_of_a_run_are_made_last_and_from_what_is_there(copied):
    folder, config = copied
    recorded = config | {"record": {"date": "2026-03-31", "authors": ["Ann Lee <https://orcid.org/1>"]}}
    done = snakemake(folder, recorded)
    assert done.returncode == 0, done.stderr
    run = json.loads((folder / "results/run.json").read_text("utf-8"))
    for name, about in run["files"].items():
        assert hashlib.sha256((folder / "results" / name).read_bytes()).hexdigest() == about["sha256"], name
    assert run["configuration"]["record"] == recorded["record"] | {"licence": ""}
    assert set(run["tasks"]) == set(config["tasks"]) and set(run["inputs"]) == {"made"}
    root = json.loads((folder / "results/ro-crate-metadata.json").read_text("utf-8"))["@graph"][1]
    assert root["datePublished"] == "2026-03-31" and {"@id": "hits.csv"} in root["hasPart"]
    assert planned(snakemake(folder, recorded, "--dry-run")) == set()


@pytest.mark.parametrize(
    ("file", "rules", "tasks"),
    [
        ("genome.fna", {"scan", "cohort", "explain_calls", "rank", "explain", "report"}, set()),
        ("library.csv", {"prepare", *AFTER_RECORDS}, {"drug_class", "solubility"}),
        ("background.fna", GENES, {"gene_class"}),
        ("phenotypes.txt", GENES, {"gene_class"}),
    ],
)
def test_a_changed_data_file_reruns_what_reads_it_and_no_more(copied, file, rules, tasks):
    folder, config = copied
    path = folder / "data/made" / file
    before, times = path.read_bytes(), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.write_bytes(before + b"\n")
    done = snakemake(folder, config, "--dry-run")
    text = done.stdout + done.stderr
    assert planned(done) == rules
    assert set(re.findall(r"results/(\w+)/records\.parquet\b", outputs(text))) == tasks
    assert f"{file}: was changed after fetch checked its SHA-256" in text
    path.write_bytes(before)  # Snakemake compares small files by their content, not by their time
    done = snakemake(folder, config, "--dry-run")
    assert "Nothing to be done" in done.stdout + done.stderr
    assert "was changed after" not in done.stdout + done.stderr
    assert planned(snakemake(folder, config, "--dry-run", "--max-checksum-file-size", "0")) == rules
    os.utime(path, ns=times)


def test_a_data_file_that_is_gone_is_fetched_again(copied):
    folder, config = copied
    (folder / "data/made/genome.fna").unlink()
    done = snakemake(folder, config, "data/made/genome.fna")
    assert done.returncode == 0, done.stderr
    assert (folder / "data/made/genome.fna").read_bytes() == (folder / "source/genome.fna").read_bytes()


def test_data_files_stay_where_they_cannot_be_fetched_anew(copied):
    folder, config = copied
    wrong = copy.deepcopy(config)
    wrong["data"]["made"]["sha256"]["library.csv"] = "0" * 64
    files = {path: path.read_bytes() for path in (folder / "data/made").iterdir()}
    done = snakemake(folder, wrong, "data/made/library.csv")
    assert done.returncode == 1
    assert "wrong checksum" in (folder / "logs/fetch/made.log").read_text()
    assert re.search(r"Not done. What went wrong:\n  logs/fetch/made.log: .*wrong checksum", done.stderr)
    assert {path: path.read_bytes() for path in (folder / "data/made").iterdir()} == files


@pytest.mark.slow
def test_from_scratch_and_in_eight_shards_the_bytes_are_the_same(analysis, tmp_path):
    folder, config = analysis
    shutil.copytree(folder / "source", tmp_path / "source")
    again = copy.deepcopy(config)
    again["screen"]["shards"] = 8
    again["report"] = {"maps": WITHOUT_MAPS}
    done = snakemake(tmp_path, again, programs="others")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    bundles = [f"results/{task}/model.safetensors" for task in config["tasks"]]
    for name in ["results/hits.csv", "results/metrics.json", *bundles]:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["rank"].update(kepe=3), "Did you mean keep"),
        (lambda c: c["rank"].update(keep=0), "keep"),
        (lambda c: c["rank"].update(genome="pateint"), "Did you mean 'patient'"),
        (lambda c: c["screen"].update(tasks=["gene_class", "drug_class"]), "cannot screen a library"),
        (lambda c: c["tasks"]["solubility"].update(kind="regresion"), "regression"),
        (lambda c: c["library"].update(data="mada"), "Did you mean 'made'"),
        (lambda c: c["tasks"]["solubility"]["split"].update(method="scafold"), "Did you mean scaffold"),
        (
            lambda c: c["tasks"]["solubility"]["split"].update(method=["scaffold", "predefined"]),
            "split.method[1] must be one of random, column",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_in_one_line(analysis, tmp_path, change, told):
    _, config = analysis
    wrong = copy.deepcopy(config)
    change(wrong)
    done = snakemake(tmp_path, wrong, "--dry-run")
    assert done.returncode != 0
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_configurations_of_config_are_valid():
    from riboswitch.config.checks import check_names
    from riboswitch.config.loading import defaults, load, validate
    from riboswitch.modalities import offers

    from .conftest import REPOSITORY

    schema = REPOSITORY / "workflow/schemas/config.schema.json"
    for name in (
        "config.yaml",
        "saureus.yaml",
        "annotation.yaml",
        "profiles.yaml",
        "promoters.yaml",
        "secondary_structure.yaml",
        "series.yaml",
        "text.yaml",
        "entities.yaml",
    ):
        config = load(REPOSITORY / "config" / name)
        validate(config, schema)
        complete = defaults(config, schema)
        check_names(complete, offers())
        assert config.keys() <= complete.keys() and complete["tasks"].keys() == config["tasks"].keys()


def test_a_tuned_task_is_trained_with_what_its_own_repeat_chose(tmp_path):
    config, folder = make_analysis(tmp_path), tmp_path
    space = {"network.hidden": {"choices": [4, 8]}}
    config["tasks"]["solubility"]["tune"] = {"trials": 2, "space": space}
    wanted = [f"results/solubility/members/repeat-{n}.safetensors" for n in (0, 1)]
    done = snakemake(folder, config, *wanted)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for number, path in enumerate(wanted):
        chosen = json.loads((folder / f"results/solubility/members/tuned-{number}.json").read_text())
        header = Model.load(folder / path).header
        assert header["network"]["hidden"] == chosen["network"]["hidden"]
        assert header["training"]["settings"]["epochs"] == chosen["settings"]["epochs"]
        assert sum(chosen["facts"]["trials"][s] for s in ("complete", "pruned", "failed")) == 2
