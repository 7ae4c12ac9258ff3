"""A ranked library read in batches."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporting.results import compound
from riboswitch.errors import InputError
from riboswitch.io.parquet import write_parquet
from riboswitch.reporting import ranked
from riboswitch.reporting.ranked import Ranked, read_tested

GENES = ("", "mecA", "blaZ")


def library(number, rng):
    """Compounds of which some are duplicates, some outside a filter, some defeated by one of two genes."""
    lines = []
    for rank in range(1, number + 1):
        gene = str(rng.choice(GENES))
        lines.append(compound(
            rank, id=f"c{rank}", smiles="C" * rank, compromised=bool(gene), compromised_by=gene,
            compromise_locus=f"{gene}:1" if gene else "", join_class=str(rng.choice(["", "beta-lactam"])),
            compromise_basis=str(rng.choice(["name", "predicted class", "every strain"])),
            outside_filter=str(rng.choice(["", "solubility"])),
            duplicate_of=str(rng.choice(["", "", "c1"])) if rank > 1 else "",
        ))  # fmt: skip
    return pd.DataFrame(lines).astype({"compromised": bool})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), number=st.integers(1, 40), batch=st.integers(1, 50))
def test_figures_are_those_of_the_whole_table_whatever_the_batches(
    tmp_path, monkeypatch, seed, number, batch
):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(ranked, "BATCH", batch)
    monkeypatch.setattr(ranked, "LISTED", 3)
    monkeypatch.setattr(ranked, "SPREAD", 7)
    table = library(number, rng)
    write_parquet(table, tmp_path / "compounds.parquet")
    kept = table[rng.random(number) < 0.3]
    pairs = [*zip(kept["rank"], kept["id"], strict=True)]
    found = Ranked.read(tmp_path / "compounds.parquet", pairs, ["c1", "c7"])

    distinct = table[table["duplicate_of"] == ""]
    defeated = distinct[distinct["compromised"]]
    assert (found.rows, found.distinct) == (number, len(distinct))
    assert found.outside == (distinct["outside_filter"] != "").sum()
    assert found.flagged == table["compromised"].sum()
    assert found.hits["id"].tolist() == kept["id"].tolist() and [*found.hits] == [*table]
    assert found.ranks == {name: int(name[1:]) for name in ("c1", "c7") if int(name[1:]) <= number}
    assert found.defeated.number == len(defeated)
    assert found.defeated.by_class == Counter(defeated["join_class"].replace("", "other"))
    assert found.defeated.by_nature == (defeated["compromise_basis"] == "every strain").sum()
    groups = dict(iter(defeated.groupby(["compromised_by", "compromise_locus"])))
    assert found.defeated.by_gene.keys() == groups.keys()
    for key, rows in groups.items():
        one = found.defeated.by_gene[key]
        assert one.number == len(rows) and [c["id"] for c in one.first] == rows["id"].tolist()[:3]
    step = max(len(distinct) / 7, 1.0)
    assert found.spread == [distinct["smiles"].iloc[int(n * step)] for n in range(min(len(distinct), 7))]


def test_ranks_out_of_order_are_refused(tmp_path):
    write_parquet(library(5, np.random.default_rng(0)).iloc[::-1], tmp_path / "compounds.parquet")
    with pytest.raises(InputError, match=r"compounds\.parquet: the ranks are not in order"):
        Ranked.read(tmp_path / "compounds.parquet", [])


def test_compounds_that_were_not_tested_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(ranked, "BATCH", 2)
    basis = ["same compound", "not tested", "another form", "not tested", "not tested"]
    table = pd.DataFrame({"rank": range(1, 6), "id": [*"abcde"], "basis": basis,
                          "value": [1.0, np.nan, 0.0, np.nan, np.nan]})  # fmt: skip
    write_parquet(table, tmp_path / "tested.parquet")
    assert pd.concat(read_tested(tmp_path / "tested.parquet", ""))["id"].tolist() == ["a", "c"]
