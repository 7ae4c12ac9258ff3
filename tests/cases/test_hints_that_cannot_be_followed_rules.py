"""Messages that name what a verb lacks, say that 1 of 1 is more than 100 %, or hide what they compare."""

import shutil
from pathlib import Path

import pytest

from riboswitch.bio.genome import read_genome
from riboswitch.cli import main
from riboswitch.config.command_options import option_names
from riboswitch.config.word_hints import OPTION, about_lists, followable
from riboswitch.data.records import Records
from riboswitch.errors import RiboswitchError
from riboswitch.genomes.contigs import Contigs
from riboswitch.modalities.molecule.read import read
from riboswitch.steps import annotate, effects, genes, rank, scan

CASE = Path(__file__).parents[1] / "data/cases/hints_that_cannot_be_followed"


def refusal(capsys, *words: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    assert left.value.code
    return capsys.readouterr().err


@pytest.mark.parametrize("verb", [scan, genes, annotate, effects], ids=lambda module: module.__name__)
@pytest.mark.parametrize(
    ("file", "kept"),
    [("prot.fasta", "Give the genome's DNA."), ("u.fna", "It is RNA: write T for U."),
     ("gap.fna", "Take the gaps out"), ("noext", "Rename it (")],
)  # fmt: skip
@pytest.mark.parametrize("opened", [read_genome, Contigs.open], ids=["whole", "streamed"])
def test_a_verb_on_genomes_is_told_only_what_it_can_do(verb, file, kept, opened, tmp_path):
    path = CASE / file
    if file == "noext":
        path = Path(shutil.copy(CASE / "gap.fna", tmp_path / file))
    with pytest.raises(RiboswitchError) as refused:
        opened(path)
    options = option_names(verb.command)
    shown = followable(refused.value.hint, options)
    assert {*OPTION.findall(shown)} <= options and shown.startswith(kept)


def test_the_command_shows_the_shorter_hint(capsys, tmp_path):
    told = refusal(capsys, "scan", str(CASE / "u.fna"), "m.safetensors", "--references", "r.parquet",
                   f"--output={tmp_path}")  # fmt: skip
    assert told.rstrip().endswith("It is RNA: write T for U.")


def test_a_table_of_two_columns_without_header_is_no_list_of_smiles():
    with pytest.raises(RiboswitchError) as refused:
        list(read(CASE / "nohdr.csv"))
    assert "give the file a header line" in refused.value.hint and "smi " not in refused.value.hint


def test_all_rows_rejected_are_not_more_than_all(capsys, tmp_path):
    (tmp_path / "one.csv").write_text("smiles\nC1CC\n")
    told = refusal(capsys, "prepare", str(tmp_path / "one.csv"), "--max-rejected", "1", "--processes", "1",
                   "--output", str(tmp_path / "library"))  # fmt: skip
    assert "1 of 1 rows were rejected (100.0%), so none is left. Reasons: 1 BAD_SMILES" in told


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_a_conflict_names_what_was_compared(capsys, tmp_path, kind):
    text = (CASE / "urea.csv").read_text("utf-8").replace("5.0", "0").replace("6.0", "1")
    (tmp_path / "urea.csv").write_text(f"{text}U3,CCO,1\n")
    main(["parse", str(tmp_path / "urea.csv"), "--modality=molecule", "--id-column=id", "--target=y",
          f"--kind={kind}", f"--output={tmp_path / 'r.parquet'}"])  # fmt: skip
    told = capsys.readouterr().err
    assert "riboswitch: rejected 2: 2 CONFLICTING_LABEL\n" in told
    assert "target y: 2 of 3 labels lost to conflicts" in told
    for reason in Records.load(tmp_path / "r.parquet").rejected["reason"]:
        assert reason.startswith("same InChIKey as U")
        assert "tautomers or other drawings of one compound" in reason


def test_numbers_that_disagree_are_averaged_and_told(capsys, tmp_path):
    main(["parse", str(CASE / "urea.csv"), "--modality=molecule", "--id-column=id", "--target=y",
          "--kind=regression", f"--output={tmp_path / 'r.parquet'}"])  # fmt: skip
    told = "target y: 1 of 1 inputs with several labels disagree by more than 0 (100.0%); averaged"
    assert told in capsys.readouterr().err
    assert Records.load(tmp_path / "r.parquet").table["y"].tolist() == [5.5]


def test_a_second_model_is_no_file_of_scores():
    words = ["rank", "library", "s.parquet", "--model", "A=a", "B=b", "--hits", "h.csv"]
    assert "repeat the option: --model=A=a --model=B=b" in about_lists(words, "B=b", rank.command)
    assert about_lists(words, "s.parquet", rank.command) == ""
