"""The tables of a cohort: every call once, wide tables that agree with it, and gaps where nobody looked."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.cli import main
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.errors import InputError
from riboswitch.resistance.cohort.folders import write_samples
from riboswitch.resistance.cohort.tables import Line, changed, presence
from riboswitch.steps.cohort import cohort

GENES = ["blaKPC-2", "tet(A)", "aac(6')-Ib-cr", "=odd"]
CHANGES = ["gyrA_S83L", "parC_S80I", "gyrA_S84L"]


def calls(genes=(), changes=(), taxon="", none=(), candidates=(), lost=()):
    """Calls of a genome; ``none``: loci that were looked at without a find."""
    blank = dict.fromkeys(CALL_COLUMNS, "") | dict.fromkeys(("identity", "coverage"), 0.99)
    blank |= {"contig": "c", "start": 1, "end": 9, "strand": "+", "novelty": False, "method": "BLAST",
              "orf_id": "c:1-9(+)", "gene_length_aa": 3, "reference_length_aa": 3}  # fmt: skip
    rows = [blank | {"kind": "gene", "status": "call", "nearest_gene": g, "family": g} for g in genes]
    rows += [blank | {"kind": "gene", "status": "candidate", "nearest_gene": g} for g in candidates]
    for kind, symbols in (("mutation", changes), ("loss", lost)):
        rows += [blank | {"kind": kind, "status": "call", "nearest_gene": m, "family": m.split("_")[0],
                          "method": kind.upper()} for m in symbols]  # fmt: skip
    table = pd.DataFrame(rows, columns=CALL_COLUMNS)
    numbers = dict.fromkeys(("probability", "probability_sd", "score", "q_value", "decoys_above",
                             "query_coverage", "identity", "coverage"), float)  # fmt: skip
    table = table.replace(dict.fromkeys(numbers, ""), None).astype(numbers | {"novelty": bool})
    whole = dict.fromkeys(("start", "end", "gene_length_aa", "reference_length_aa"), "int64")
    loci = {"mutation": sorted({m.split("_")[0] for m in changes}), "none": sorted(none), "not_found": [],
            "lost": sorted({m.split("_")[0] for m in lost}), "intact": []}  # fmt: skip
    counts = {"contigs": 1, "bases": 9, "annotated_cds": 0, "calls": len(rows) - len(candidates),
              "candidates": len(candidates), "genes": len(genes)}  # fmt: skip
    meta = {"genome": "g.fna", "contigs": {"c": 9}, "settings": {"novel_below": 0.9}, "counts": counts,
            "taxon": taxon or None, "loci": loci}  # fmt: skip
    return Calls(table.astype(whole), meta)


samples = st.lists(
    st.tuples(
        st.lists(st.sampled_from(GENES), max_size=5),
        st.lists(st.sampled_from(CHANGES), max_size=3, unique=True),
        st.sampled_from(["", "Escherichia", "Staphylococcus_aureus"]),
        st.sets(st.sampled_from(["gyrA", "parC"])),
    ),
    min_size=1,
    max_size=6,
)


def read(path):
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


@settings(max_examples=25, deadline=None)
@given(samples, st.sets(st.integers(0, 5)))
def test_the_tables_agree_with_each_other(tmp_path_factory, given_samples, gone):
    folder = tmp_path_factory.mktemp("cohort")
    made, rows = {}, []
    for i, (genes, changes, taxon, none) in enumerate(given_samples):
        if i in gone and len(gone) < len(given_samples):
            rows.append({"row": i + 1, "sample": f"s{i}", "status": "rejected", "reason": "bad"})
            continue
        made[f"s{i}"] = calls(genes, changes, taxon, none, candidates=["half"])
        made[f"s{i}"].save(folder / f"in/s{i}/calls.parquet")
        rows.append({"row": i + 1, "sample": f"s{i}", "status": "ok"})
    write_samples(rows, folder / "in")
    counts = cohort([folder / "in"], folder / "out")
    long, genes, changes, table = (
        read(folder / f"out/{name}.tsv") for name in ("calls", "genes", "mutations", "samples")
    )
    names = [row["sample"] for row in rows]
    assert genes["sample"].tolist() == changes["sample"].tolist() == table["sample"].tolist() == names
    assert counts == {"genomes": len(rows), "rejected": len(rows) - len(made), "rows": len(long),
                      "genes": genes.shape[1] - 1, "mutations": changes.shape[1] - 1}  # fmt: skip
    assert len(long) == sum(len(c.table) for c in made.values())
    called = long[(long["status"] == "call") & (long["kind"] == "gene")]
    counted = called.groupby(["sample", "gene"]).size().to_dict()
    for row in genes.to_dict("records"):
        name = row.pop("sample")
        expected = {g: str(counted.get((name, g), 0)) if name in made else "" for g in row}
        assert row == expected and "half" not in row
    seen = set(long.loc[long["kind"] == "mutation", ["sample", "gene"]].itertuples(index=False, name=None))
    for row in changes.to_dict("records"):
        name = row.pop("sample")
        for symbol, cell in row.items():
            assert (cell == "1") == ((name, symbol) in seen)
            if cell == "0":  # looked for: the locus was found, in a taxon of which the mutation is known
                assert symbol.split("_")[0] in {
                    g for s in ("mutation", "none") for g in made[name].meta["loci"][s]
                }
                assert any(
                    made[other].meta["taxon"] == made[name].meta["taxon"] for other, m in seen if m == symbol
                )


def test_gaps_where_nobody_looked():
    lines = [
        Line.of("seen", calls(changes=["gyrA_S83L"], taxon="E", lost=["ompC_Q5Ter"])),
        Line.of("wild", calls(taxon="E", none=["gyrA"])),
        Line.of("lacks", calls(taxon="E")),
        Line.of("other", calls(taxon="S", none=["gyrA"])),
        Line("gone"),
    ]
    table = changed(lines)
    assert [*table] == ["sample", "gyrA_S83L", "ompC_Q5Ter"]
    assert table["gyrA_S83L"].tolist() == [1, 0, "", "", ""]
    assert table["ompC_Q5Ter"].tolist() == [1, "", "", "", ""]
    assert [*presence(lines)] == ["sample"]


def test_folders_of_single_genomes(tmp_path):
    calls(["tet(A)", "tet(A)"]).save(tmp_path / "b/calls.parquet")
    calls().save(tmp_path / "a/calls.parquet")
    main(["cohort", str(tmp_path / "b"), str(tmp_path / "a"), "--output", str(tmp_path / "out")])
    assert read(tmp_path / "out/genes.tsv").to_numpy().tolist() == [["b", "2"], ["a", "0"]]
    assert read(tmp_path / "out/samples.tsv")["status"].tolist() == ["ok", "ok"]
    long = read(tmp_path / "out/calls.tsv")
    assert [*long][:5] == ["sample", "kind", "gene", "class", "subclass"] and len(long) == 2


def test_refusals_name_the_folder(tmp_path):
    calls().save(tmp_path / "x/a/calls.parquet")
    calls().save(tmp_path / "y/a/calls.parquet")
    with pytest.raises(InputError, match=r"y/a: two genomes have one name; found 'a'.*x/a"):
        cohort([tmp_path / "x/a", tmp_path / "y/a"], tmp_path / "out")
    with pytest.raises(InputError, match="x: no scanned genomes"):
        cohort([tmp_path / "x"], tmp_path / "out")
    write_samples([{"row": 1, "sample": "a", "status": "rejected", "reason": "no DNA"}], tmp_path / "z")
    with pytest.raises(InputError, match=r"no genome could be read; found '1 rejected'. The first: no DNA"):
        cohort([tmp_path / "z"], tmp_path / "out")
    (tmp_path / "z/samples.tsv").write_text("row\tsample\n1\ta\n")
    with pytest.raises(InputError, match="not a table of samples"):
        cohort([tmp_path / "z"], tmp_path / "out")
