"""In bounded memory the ranking is that of all compounds at once: order, values, lists, counts, bytes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bundles import calibrated_bundle
from resistance.test_ranking import BY_CLASS, CLASSES, LNU, NAMES, TETQ, TETX, calls, knowledge  # noqa: F401
from riboswitch.io.large import parquet_parts
from riboswitch.io.large.parquet_parts import write_parts
from riboswitch.io.large.sorted_runs import SortedRuns
from riboswitch.io.parquet import read_parquet
from riboswitch.resistance.ranking import streamed
from riboswitch.resistance.ranking.judging import Judge
from riboswitch.resistance.ranking.plain import rank_compounds
from riboswitch.resistance.ranking.settings import RankSettings
from riboswitch.resistance.ranking.streamed import StreamedRanking
from riboswitch.screening.nearest import TrainingSet

ISOLATES = {"both.1": calls(LNU, TETX), "tet": calls(TETQ), "none": calls()}
FREE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def model():
    """Calibrated, and with two training compounds."""
    made = calibrated_bundle(kind="multiclass")
    made.pack_texts("training.ids", ["butanol", "propanol"])
    made.pack_inputs("training.inputs", {"molecule": ["CCCCO", "CCCO"]})
    return made


compound = st.fixed_dictionaries({
    "name": st.sampled_from([*NAMES, ""]),
    "macrolide": st.sampled_from([0.0, 0.2, 0.20004]),
    "tetracycline": st.sampled_from([0.05, 0.6, 0.3]),
    "SOL": st.sampled_from([-9.0, -1.0]),
    "known": st.sampled_from(["", "", "none"]),
    "repeat": st.booleans(),
    "price": st.sampled_from([None, "7"]),
    "seen": st.booleans(),
    "forms": st.sampled_from([np.nan, 2.0]),
})  # fmt: skip
PLAIN = {"name": "", "macrolide": 0.2, "tetracycline": 0.1, "SOL": -1.0, "known": "", "repeat": False,
         "price": None, "seen": False, "forms": np.nan}  # fmt: skip
tables = st.lists(compound, min_size=1, max_size=30)


def joined(compounds):
    """Scored compounds as `joined_blocks` gives them."""
    n, made = len(compounds), pd.DataFrame(compounds)
    p = made[["macrolide", "tetracycline"]].to_numpy()
    shares = np.column_stack([p[:, 0], 1 - p.sum(1), p[:, 1]])
    table = pd.DataFrame({"row": np.arange(1, n + 1), "id": [f"c{i}" for i in range(n)]})
    table["smiles"] = [f"{'C' * (i % 5 + 1)}O" for i in range(n)]
    table["duplicate_of"] = np.where(made["repeat"] & (table.index > 0), "c0", "")
    table["name"] = made["name"]
    table["price"] = pd.Series(made["price"], dtype="str")
    table["forms"] = made["forms"]
    table["drug_class.class"] = [CLASSES[i] for i in shares.argmax(1)]
    table["drug_class.probability"] = shares.max(1)
    for i, name in enumerate(CLASSES):
        table[f"drug_class.p_{name}"], table[f"drug_class.p_{name}_sd"] = shares[:, i], 0.01
    table["drug_class.in_training"], table["drug_class.training_label"] = made["seen"], made["known"]
    table["solubility.SOL"], table["solubility.SOL_sd"] = made["SOL"], 0.1
    return as_read(table)


def counts(n):
    return {"read": n + 1, "accepted": n, "rejected": 1, "by_code": {"BAD_SMILES": 1}, "scored": n,
            "scores_rejected": 0}  # fmt: skip


def blocks_of(table, cuts):
    """The table in blocks; a column without gaps is of a narrower type there, as in a file."""
    ends = [0, *sorted({cut % (len(table) + 1) for cut in cuts}), len(table)]
    for start, end in pairwise(ends):
        yield as_read(table.iloc[start:end].reset_index(drop=True))


def as_read(table):
    """A column of whole numbers without gaps holds whole numbers."""
    return table if table["forms"].isna().any() else table.astype({"forms": "int16"})


def both(table, cuts, judge, models, folder, *, whole=True, run_bytes=1):
    """The plain ranking, the streamed one, and the path of its compounds."""
    training = {task: TrainingSet(model) for task, model in models.items()}
    plain = rank_compounds(table, judge, library_counts=counts(len(table)), training=training, models=models)
    limit = None if whole else judge.settings.keep
    ranking = StreamedRanking(judge, SortedRuns(folder, limit, run_bytes, 2, 3), models)
    for block in blocks_of(table, cuts):
        ranking.add(block)
    path = folder / "compounds.parquet" if whole else None
    return plain, ranking.finish(training, counts(len(table)), path), path


def equal(one, other):
    """Values, and the types that a file keeps."""
    one, other = one.copy(), other.copy()
    for table in (one, other):
        for name in table.select_dtypes("category"):
            table[name] = table[name].astype("str")
    pd.testing.assert_frame_equal(one, other, check_dtype=False)


@FREE
@given(tables, st.lists(st.integers(0, 40), max_size=4), st.integers(1, 12), st.data())
def test_it_is_the_plain_ranking(tmp_path_factory, knowledge, model, compounds, cuts, keep, data):  # noqa: F811
    folder, table = tmp_path_factory.mktemp("ranked"), joined(compounds)
    how = {"keep": keep, "filters": {"solubility": {"min": -6}}}
    how |= data.draw(st.sampled_from([{}, BY_CLASS, {"fdr": 0.6}, {"panel_order": "most_working"}]))
    genome = data.draw(st.sampled_from([calls(TETX), calls(), None]))
    isolates = ISOLATES if genome is None else data.draw(st.sampled_from([None, ISOLATES]))
    judge = Judge(genome, knowledge, RankSettings(**how), isolates)
    models = (
        {"drug_class": model} if "fdr" in how else data.draw(st.sampled_from([{}, {"drug_class": model}]))
    )
    plain, made, path = both(table, cuts, judge, models, folder)
    assert made.counts == plain.counts
    equal(made.hits, plain.hits)
    equal(made.panel, plain.panel)
    found, header = read_parquet(path)
    equal(found, plain.compounds)
    assert header["promise"] == plain.counts["promise"]
    write_parts(plain.compounds, folder / "plain.parquet", plain.counts)
    assert path.read_bytes() == (folder / "plain.parquet").read_bytes()


@FREE
@given(tables, st.lists(st.integers(0, 40), max_size=4), st.integers(1, 12))
def test_the_list_alone_needs_no_disk(tmp_path_factory, knowledge, compounds, cuts, keep):  # noqa: F811
    folder = tmp_path_factory.mktemp("ranked")
    judge = Judge(calls(TETX), knowledge, RankSettings(keep=keep))
    plain, made, _ = both(joined(compounds), cuts, judge, {}, folder, whole=False)
    equal(made.hits, plain.hits)
    assert made.counts == plain.counts and not [*folder.iterdir()]


def test_the_bytes_do_not_depend_on_how_the_rows_were_cut(tmp_path, knowledge, monkeypatch):  # noqa: F811
    monkeypatch.setattr(parquet_parts, "PART_ROWS", 100)
    monkeypatch.setattr(streamed, "PIECE_ROWS", 33)
    draw = np.random.default_rng(3)
    compounds = [
        PLAIN | {"name": str(draw.choice([*NAMES, ""])), "tetracycline": float(draw.choice([0.1, 0.3])),
                 "repeat": bool(draw.random() < 0.1), "forms": float(draw.choice([np.nan, 2]))}
        for _ in range(1000)
    ]  # fmt: skip
    judge, written = Judge(calls(TETX), knowledge, RankSettings()), set()
    for number, cuts in enumerate([[], [500], [10, 20, 999]]):
        folder = tmp_path / str(number)
        folder.mkdir()
        plain, _, path = both(joined(compounds), cuts, judge, {}, folder, run_bytes=20_000)
        written.add(path.read_bytes())
    write_parts(plain.compounds, tmp_path / "plain.parquet", plain.counts)
    written.add((tmp_path / "plain.parquet").read_bytes())
    assert len(written) == 1
    assert pq.ParquetFile(path).metadata.num_row_groups == 10


def test_runs_are_merged_in_several_passes(tmp_path, knowledge):  # noqa: F811
    """With one row a run, and two runs merged at once, all ranks are there."""
    compounds = [PLAIN | {"tetracycline": i / 100} for i in range(40)]
    plain, _, path = both(
        joined(compounds), range(40), Judge(calls(), knowledge, RankSettings()), {}, tmp_path
    )
    assert read_parquet(path)[0]["id"].tolist() == plain.compounds["id"].tolist()
