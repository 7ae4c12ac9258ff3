"""The cohort in the report: what was scanned, what could not be read, and how often each gene was called."""

from __future__ import annotations

import pytest

from reporting.results import EVIL, Reader, gene
from riboswitch.errors import InputError
from riboswitch.reporting.sections.cohort import MOST_GENES
from riboswitch.steps.report import report

SAMPLES = "row\tsample\tstatus\ttaxon\tcode\treason\thint\n"


def cohort(folder, genes=3):
    folder.mkdir(parents=True)
    rows = [
        "1\ta\tok\tEscherichia\t\t\t",
        "2\tb\tok\t\t\t\t",
        f"3\tbad\trejected\t\tBAD_GENOME\tno {EVIL}\tLook",
    ]
    (folder / "samples.tsv").write_text(SAMPLES + "\n".join(rows) + "\n")
    names = [f"g{n}" for n in range(genes)]
    lines = [
        ["sample", *names],
        ["a", *["2"] * genes],
        ["b", "1", *["0"] * (genes - 1)],
        ["bad", *[""] * genes],
    ]
    (folder / "genes.tsv").write_text("".join("\t".join(line) + "\n" for line in lines))
    (folder / "mutations.tsv").write_text("sample\tgyrA_S83L\na\t1\nb\t\nbad\t\n")
    return folder


def test_counts_and_reasons(folder, tmp_path):
    html = report(*folder(), title="", cohort=cohort(tmp_path / "cohort"))[0]
    said = Reader(html).said
    assert "2 genomes were scanned; 1 could not be read" in said
    assert "By taxon: Escherichia 1, no taxon 1." in said
    assert "g0 2 100.0 % g1 1 50.0 %" in said and "gyrA_S83L 1 1" in said
    assert "BAD_GENOME" in said and EVIL not in html and "cohort" in Reader(html).links


def test_a_long_list_is_cut_and_says_so(folder, tmp_path):
    html = report(*folder(), title="", cohort=cohort(tmp_path / "cohort", MOST_GENES + 5))[0]
    assert f"the commonest {MOST_GENES} of {MOST_GENES + 5}" in Reader(html).said


def test_a_cohort_whose_genomes_are_all_on_the_page_needs_no_section(folder, tmp_path):
    small = tmp_path / "cohort"
    small.mkdir()
    (small / "samples.tsv").write_text(SAMPLES + "\talpha\tok\t\t\t\t\n\tbeta\tok\t\t\t\t\n")
    for name in ("genes", "mutations"):
        (small / f"{name}.tsv").write_text("sample\nalpha\nbeta\n")
    results = folder(genes=[gene()])
    with_tables, without = (report(*results, title="", cohort=c)[0] for c in (small, None))
    assert with_tables == without


def test_tables_of_another_cohort_are_refused(folder, tmp_path):
    made = cohort(tmp_path / "cohort")
    (made / "genes.tsv").write_text("sample\tx\nother\t1\n")
    with pytest.raises(InputError, match=r"genes.tsv: not a table of this cohort"):
        report(*folder(), title="", cohort=made)
    (made / "genes.tsv").unlink()
    with pytest.raises(InputError, match=r"genes.tsv: no such file"):
        report(*folder(), title="", cohort=made)
