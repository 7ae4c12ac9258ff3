"""A panel of isolates against a library: every cell says what was seen, and the counts rank."""

from __future__ import annotations

import pandas as pd
import pytest

from resistance.test_ranking import LNU, NAMES, TETQ, TETX, calls, knowledge, library, scores  # noqa: F401
from riboswitch.cli import main
from riboswitch.errors import UsageError
from riboswitch.resistance.cohort.isolates import COUNTED, EVERYWHERE, EVIDENCE_COLUMNS
from riboswitch.resistance.drugs.panel import NOT_LOOKED_AT, NOT_SEEN, STATES
from riboswitch.steps.rank import rank

ISOLATES = {"both.1": calls(LNU, TETX), "tet": calls(TETQ), "none": calls()}


def made(library, knowledge, genome=None, **settings):  # noqa: F811
    return rank(library, [scores(library)], genome, knowledge, settings, isolates=ISOLATES)


def test_every_compound_has_a_cell_for_each_isolate_and_counts_that_agree(library, knowledge):  # noqa: F811
    ranking = made(library, knowledge)
    table = ranking.compounds.set_index("name")
    assert table.loc["tetracycline", [f"isolate:{n}" for n in ISOLATES]].tolist() == [
        "defeated by tet(X4)", "defeated by tet(Q)", NOT_SEEN,
    ]  # fmt: skip
    assert table.loc["unheard", "isolate:none"] == NOT_LOOKED_AT
    assert (table[[*COUNTED.values()]].sum(axis=1) == len(ISOLATES)).all()
    assert table.loc["clindamycin", [*COUNTED.values()]].tolist() == [1, 0, 2, 0]
    assert set(ranking.hits) >= {*COUNTED.values(), "isolate:tet", "isolate:both.1"}
    assert [c for c in ranking.hits if c == "evidence"] == ["evidence"] and ranking.hits.columns.is_unique


def test_the_evidence_has_one_row_for_each_hit_and_isolate(library, knowledge):  # noqa: F811
    ranking = made(library, knowledge, keep=4)
    found = ranking.panel
    assert [*found] == EVIDENCE_COLUMNS and len(found) == 4 * len(ISOLATES)
    hits = ranking.hits.set_index("id")
    for row in found.to_dict("records"):
        assert row["cell"] == hits.loc[row["id"], f"isolate:{row['isolate']}"]
        assert row["name"] == hits.loc[row["id"], "name"] and row["rank"] == hits.loc[row["id"], "rank"]
        assert row["cell"].startswith(STATES[row["state"]])
        assert bool(row["by"]) == bool(row["basis"]) == (row["state"] in ("defeated", "reduced"))
    (tet,) = (
        made(library, knowledge).panel.query("name == 'tetracycline' and isolate == 'tet'").to_dict("records")
    )
    assert (tet["by"], tet["gene_class"], tet["locus"]) == ("tet(Q)", "tetracycline", "c1:10-99(-)")
    assert tet["basis"] == "the antibiotic is named in the gene's phenotype"


def test_a_panel_ranks_by_the_isolates_that_defeat_a_compound(library, knowledge):  # noqa: F811
    table = made(library, knowledge).compounds
    first = table[table["duplicate_of"] == ""]
    assert first["defeated_in"].is_monotonic_increasing and first["defeated_in"].max() == 2
    same = first[first["defeated_in"] == 0]
    assert same["score"].is_monotonic_decreasing
    most = made(library, knowledge, panel_order="most_working").compounds
    most = most[most["duplicate_of"] == ""]
    assert most["not_seen_in"].is_monotonic_decreasing and most["name"].iloc[0] == "erythromycin"


def test_a_genome_beside_the_panel_ranks_alone(library, knowledge):  # noqa: F811
    alone = rank(library, [scores(library)], calls(TETQ), knowledge).compounds
    beside = made(library, knowledge, genome=calls(TETQ)).compounds
    own = [c for c in alone if c != "evidence"]
    pd.testing.assert_frame_equal(beside[own], alone[own])
    assert "of the panel" in beside["evidence"].iloc[0]


def test_compromised_in_every_isolate(library, knowledge):  # noqa: F811
    isolates = {"a": calls(LNU, TETX), "b": calls(TETQ)}
    table = rank(library, [scores(library)], None, knowledge, isolates=isolates).compounds
    flagged = table[table["compromised"]].set_index("name")
    assert flagged.index.tolist() == ["tetracycline"]
    assert flagged["compromised_by"].tolist() == ["tet(X4), tet(Q)"]
    assert flagged["compromise_basis"].tolist() == [EVERYWHERE]


def test_something_must_be_ranked_for(library, knowledge):  # noqa: F811
    with pytest.raises(UsageError, match="no genome to rank for"):
        rank(library, [scores(library)], None, knowledge)
    with pytest.raises(UsageError, match="panel_order"):
        made(library, knowledge, panel_order="best")


@pytest.mark.parametrize("words", [["a.parquet"], ["a=x", "a=y"], ["=x"], ["a="]])
def test_isolates_are_named(tmp_path, capsys, words):
    options = [word for value in words for word in ("--genomes", value)]
    with pytest.raises(SystemExit):
        main(["rank", "lib", "s.parquet", "--classes", "c.tsv", "--hits", str(tmp_path / "h.csv"), *options])
    assert "each isolate has a name of its own and its calls" in capsys.readouterr().err
