"""The list of a space is that of its full enumeration; it does not depend on processes, blocks or kills."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from bundles import with_golden
from riboswitch.data.predictions import Predictions
from riboswitch.errors import UsageError
from riboswitch.learning.trust.calibration import Calibration
from riboswitch.modalities.molecule.encode import encode
from riboswitch.screening.screeners import ScreenSettings
from riboswitch.spaces import plan as plans
from riboswitch.spaces import stream as streams
from riboswitch.spaces.exact import junction as junctions
from riboswitch.spaces.hits import candidates
from riboswitch.spaces.judge import Judge
from riboswitch.spaces.screen_space import Search, search_space
from riboswitch.steps import screen as step
from synthon_spaces import model


class Killed(BaseException):
    """Like SIGKILL, nothing catches it."""


@pytest.fixture(scope="module")
def everything(made):
    """All products, with their standard form left as joined."""
    found = candidates(made, np.zeros(made.products), np.arange(made.products), 1)
    return found[found["smiles"] != ""].reset_index(drop=True)


def best(everything, judge, top, keep=None):
    """Ids of the best different products of the whole enumeration."""
    arrays = encode({"molecule": everything["smiles"].tolist()}, everything["id"].tolist())
    score = pd.Series(judge.plain(arrays))
    different = (everything if keep is None else everything[keep]).drop_duplicates("smiles")
    order = score[different.index].sort_values(ascending=False, kind="stable").index
    return different.loc[order, "id"].head(top).tolist(), score


@pytest.mark.parametrize("lowest", [False, True])
@pytest.mark.parametrize(
    ("kind", "members", "by", "settings"),
    [
        ("binary", 3, "p_y", {}),
        ("regression", 2, "y", {}),
        ("multiclass", 2, "p_b", {}),
        ("binary", 1, "p_y", {"ffn_layers": 3}),
        ("regression", 1, "y", {"depth": 2}),
    ],
)
def test_the_list_is_that_of_the_full_enumeration(made, everything, kind, members, by, settings, lowest):
    bundle = model(kind, members, **settings)
    table, counts = search_space(made, ScreenSettings({"": bundle}), Search(40, by, lowest), 1)
    ids, _ = best(everything, Judge(bundle, by, lowest), 40)
    assert table["id"].tolist() == ids
    assert table["rank"].tolist() == [*range(1, 41)]
    assert counts["products"] == made.products and counts["certain"]
    assert counts["score_difference"] < 1e-5 and counts["audit_difference"] < 1e-5
    assert np.allclose(table[by], table["space_score"], atol=1e-5)
    assert 2 <= counts["enumerated"] < 0.2 * made.products


@pytest.mark.parametrize("lowest", [False, True])
def test_scores_are_calibrated_as_in_a_screen(made, everything, lowest):
    bundle = model()
    Calibration.fit(held_out(bundle.task)).store(bundle)
    bundle = with_golden(bundle, {"molecule": ["CCO", "c1ccccc1"]})
    table, counts = search_space(made, ScreenSettings({"": bundle}), Search(40, "p_y", lowest), 1)
    ids, _ = best(everything, Judge(bundle, "p_y", lowest), 40)
    assert table["id"].tolist() == ids and counts["pruned"] > 0
    screened = step.screen(table[["id", "smiles"]], bundle)
    assert np.allclose(table["space_score"], screened["p_y"], atol=1e-5)
    raw = step.screen(table[["id", "smiles"]], model())
    assert not np.allclose(raw["p_y"], screened["p_y"], atol=0.01)


def held_out(task):
    """Held-out answers that are all too sure."""
    odds = np.random.default_rng(0).normal(size=400)
    labels = (np.random.default_rng(1).random(400) < expit(0.3 * odds - 1)) * 1.0
    names = [f"r{i}" for i in range(400)]
    return Predictions.build(task, names, np.arange(400) // 4, 0, "test", "network", labels[:, None],
                             expit(odds)[:, None])  # fmt: skip


def test_limits_keep_what_they_say(made, everything):
    bundle, texts = model(), ("weight=150..320", "donors=..2", "rotatable_bonds=1..6", "tpsa=20..90")
    table, _ = search_space(made, ScreenSettings({"": bundle}), Search(30, "p_y", limits=texts), 1)
    from riboswitch.spaces.exact.properties import molecule_properties, read_limits

    arrays = encode({"molecule": everything["smiles"].tolist()}, everything["id"].tolist())
    inside = molecule_properties(arrays, everything["smiles"].tolist(), read_limits(texts))
    ids, _ = best(everything, Judge(bundle, "p_y"), 30, inside)
    assert table["id"].tolist() == ids and 0 < inside.sum() < len(inside)


def test_at_most_so_many_products_of_a_synthon(made, everything):
    bundle = model()
    table, counts = search_space(made, ScreenSettings({"": bundle}), Search(25, "p_y", per_synthon=2), 1)
    used = table["synthons"].str.split(";").explode().value_counts()
    assert len(table) == 25 and used.max() <= 2 and counts["certain"]
    ids, _ = best(everything, Judge(bundle, "p_y"), len(everything))
    chosen, taken = [], dict.fromkeys(used.index, 0)
    for name in ids:
        parts = name.split(";")[:-1]
        if len(chosen) < 25 and all(taken.get(part, 0) < 2 for part in parts):
            chosen.append(name)
            taken |= {part: taken.get(part, 0) + 1 for part in parts}
    assert table["id"].tolist() == chosen


def test_neither_processes_nor_the_size_of_units_change_the_list(made, monkeypatch):
    bundle, search = model(), Search(30, "p_y")
    first, _ = search_space(made, ScreenSettings({"": bundle}), search, 1)
    second, _ = search_space(made, ScreenSettings({"": bundle}), search, 2)
    pd.testing.assert_frame_equal(first, second)
    for module, name, value in (
        (junctions, "MOST_ROWS", 3),
        (junctions, "GRAPHS", 4),
        (junctions, "PAIRS", 9),
        (plans, "VIRTUAL", 2),
        (plans, "PRODUCTS", 1),
    ):
        monkeypatch.setattr(module, name, value)
    third, _ = search_space(made, ScreenSettings({"": bundle}), search, 1)
    assert third["id"].tolist() == first["id"].tolist()


def test_a_killed_run_goes_on_and_writes_the_same_bytes(folder, tmp_path, monkeypatch):
    bundle = tmp_path / "model.safetensors"
    model().save(bundle)
    arguments = {"top": 20, "processes": 1}
    step.command(str(folder), [str(bundle)], output=str(tmp_path / "whole.parquet"), **arguments)
    monkeypatch.setattr(streams, "SECONDS", 0.0)
    done, add = [], streams.BestProducts.add

    def killed(self, *found):
        add(self, *found)
        done.append(1)
        if len(done) == 60:
            raise Killed

    monkeypatch.setattr(streams.BestProducts, "add", killed)
    with pytest.raises(Killed):
        step.command(str(folder), [str(bundle)], output=str(tmp_path / "twice.parquet"), **arguments)
    checkpoint = tmp_path / "twice.parquet.checkpoint"
    assert checkpoint.exists() and not (tmp_path / "twice.parquet").exists()
    monkeypatch.setattr(streams.BestProducts, "add", add)
    step.command(str(folder), [str(bundle)], output=str(tmp_path / "twice.parquet"), **arguments)
    assert (tmp_path / "twice.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not checkpoint.exists()


def test_a_checkpoint_of_another_run_is_not_used(tmp_path):
    progress = streams.Progress(streams.BestProducts(3), done=5)
    progress.save(tmp_path / "x.checkpoint", "one")
    assert streams.Progress.load(tmp_path / "x.checkpoint", "one", 3).done == 5
    assert streams.Progress.load(tmp_path / "x.checkpoint", "two", 3).done == 0
    (tmp_path / "x.checkpoint").write_bytes(b"no")
    assert streams.Progress.load(tmp_path / "x.checkpoint", "one", 3).done == 0


def stacked():
    bundle = model()
    bundle.header["stack"] = {"weights": {"network": 0.5, "forest": 0.5}, "temperature": 1.0}
    return bundle


@pytest.mark.parametrize(
    ("bundle", "by", "said"),
    [
        (stacked(), "p_y", "base learners of a stack"),
        (model(depth=6), "p_y", "deeper than 5"),
        (model(), "p_z", "no such column"),
    ],
)
def test_a_bundle_that_cannot_score_a_space_is_refused_with_what_to_do(made, bundle, by, said):
    with pytest.raises(UsageError, match=said) as raised:
        search_space(made, ScreenSettings({"": bundle}), Search(5, by), 1)
    assert raised.value.hint


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "--top 1000"),
        ({"top": 5, "shards": 2}, "as a whole"),
        ({"top": 5, "limit": ["weight<5"]}, "not a limit"),
        ({"top": 5, "most_enumerated": 0}, "--most-enumerated"),
        ({"top": -1}, "top must"),
    ],
)
def test_what_cannot_be_asked_is_said(folder, tmp_path, options, said):
    bundle = tmp_path / "model.safetensors"
    model().save(bundle)
    with pytest.raises(UsageError, match=said):
        step.command(str(folder), [str(bundle)], output=str(tmp_path / "out.csv"), processes=1, **options)
    assert not (tmp_path / "out.csv").exists()


def test_options_of_spaces_are_refused_for_files(tmp_path):
    (tmp_path / "some.csv").write_text("smiles\nCCO\n")
    bundle = tmp_path / "model.safetensors"
    model().save(bundle)
    with pytest.raises(UsageError, match="an option of spaces"):
        step.command(str(tmp_path / "some.csv"), [str(bundle)], per_synthon=2)


def test_a_trillion_products_are_planned_but_not_listed(made, folder, tmp_path):
    """Their number is known at once, and no list of all is begun."""
    rows = made.reactions[0].components[0]
    many = tuple(rows[0]._replace(id=f"x{i}") for i in range(1_000_000))
    reaction = replace(made.reactions[0], components=(many, many))
    assert reaction.products == 10**12
    large = replace(made, reactions=[reaction])
    assert large.counts()["products"] == 10**12
