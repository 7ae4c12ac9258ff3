"""predict, ensemble and write_table: order of several sources, trust in a bundle, faults told early."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from riboswitch.data.records import Record, Records, Rejection
from riboswitch.errors import BundleError, InputError, UsageError
from riboswitch.io.log.progress import Progress
from riboswitch.io.table_writer import check_suffix
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.predict import command, predict


def test_rejections_of_several_sources_stay_in_their_place(proteins, gene_model):
    good = iter(proteins.inputs["sequence"])
    parts = []
    for source in ("z.faa", "a.faa"):
        items = [
            Rejection(row, f"{source}{row}", "M*K", "INTERNAL_STOP", "a stop", source=source)
            if row == (1 if source == "z.faa" else 2)
            else Record(row, f"{source}{row}", {"sequence": next(good)}, source=source)
            for row in (1, 2, 3)
        ]
        parts.append(Records.collect(items, ["sequence"]))
    expected = [f"{source}{row}" for source in ("z.faa", "a.faa") for row in (1, 2, 3)]
    sources = [{"file": "z.faa"}, {"file": "a.faa"}]
    for meta in ({"sources": sources}, {}):
        made = predict(Records.concat(parts, modality="sequence", **meta), gene_model)
        assert made["id"].tolist() == expected
        assert made.loc[made["status"] != "ok", "id"].tolist() == ["z.faa1", "a.faa2"]


@pytest.mark.parametrize("rows", [1, 40])
def test_all_predictions_are_counted_for_the_progress(monkeypatch, gene_model, rows):
    """Each network predicts each row."""
    counted = {}

    class Recorded(Progress):
        def close(self, failed=False):
            counted[self.name] = self.done, self.total
            super().close(failed)

    monkeypatch.setattr("riboswitch.steps.predict.Progress", Recorded)
    predict(["MKVLA" * n for n in range(3, 3 + rows)], gene_model)
    assert counted["predict"] == (rows * len(gene_model.members),) * 2


def test_similarity_is_told_so_coarsely_that_no_training_row_shows(of_lengths, gene_model):
    smiles = [f"{'C' * n}{tail}" for n in range(3, 10) for tail in ("O", "N", "c1ccccc1")]
    model = of_lengths(smiles)
    asked = [*smiles[:5], "no molecule", "CCCCCS", "FC(F)(F)Br"]
    plain, made = predict(asked, model), predict(asked, model, similarity=True)
    near = made["similarity"]
    assert near[:5].tolist() == [0.7] * 5 and np.isnan(near[5])
    known = near.dropna().to_numpy()
    assert ((known >= 0) & (known <= 0.7)).all() and np.allclose(known * 10, np.round(known * 10))
    assert near[7] < near[6]
    assert made.drop(columns="similarity").equals(plain)
    forgetful = copy.deepcopy(model)
    forgetful.tensors = {k: v for k, v in model.tensors.items() if not k.startswith("training.")}
    with pytest.raises(UsageError, match="does not hold"):
        predict(asked, forgetful, similarity=True)
    with pytest.raises(UsageError, match="sequence"):
        predict(["MKVLA"], gene_model, similarity=True)


def test_predict_distrusts_a_bundle_that_answers_otherwise(proteins, gene_model):
    model = copy.deepcopy(gene_model)
    model.header["golden"][0][0] += 0.5
    with pytest.raises(BundleError, match="answers differently"):
        predict(proteins.inputs["sequence"][:1], model)


def test_an_ensemble_wants_the_records_it_was_trained_on(learned):
    records, _, _, models = learned
    for table in (records.table.iloc[::-1], records.table.assign(sequence="MKV"), records.table.iloc[1:]):
        other = Records(table.reset_index(drop=True), records.rejected, len(table), records.meta)
        with pytest.raises(InputError, match="not trained on these records"):
            ensemble(models, other)


@pytest.mark.parametrize("name", ["out", "out.xlsx", "out.csv.gz"])
def test_a_suffix_that_cannot_be_written_is_refused_before_the_work(tmp_path, name):
    with pytest.raises(UsageError, match="suffix must be"):
        command("missing.faa", [tmp_path / "missing.safetensors"], output=str(tmp_path / name))
    for good in ("-", "a.csv", "a.tsv", "a.parquet"):
        check_suffix(good)
