"""share: the answers stay, the training rows go. Somebody who has the file finds none of them."""

from __future__ import annotations

import copy
import json
import zlib

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from safetensors import safe_open

from riboswitch.data.bundles.shared_checks import SECRET
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records
from riboswitch.errors import BundleError, InputError, UsageError
from riboswitch.learning.inference import Predictor
from riboswitch.learning.sharing.membership import Membership
from riboswitch.modalities import find
from riboswitch.resistance.evidence import add_nearest_training
from riboswitch.screening.nearest import TrainingSet
from riboswitch.steps.card import card
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.predict import held_out, predict
from riboswitch.steps.screen import screen
from riboswitch.steps.share import share
from riboswitch.steps.split import split
from riboswitch.steps.stack import stack
from riboswitch.steps.train import train

pytestmark = pytest.mark.usefixtures("few_trees")
QUICK = {"epochs": 2, "batch_size": 16}
SIZES = {"molecule": {"hidden": 8, "ffn_hidden": 8}, "sequence": {"embedding": 4, "hidden": 6}}
PARTS = {"train": 0.5, "valid": 0.2, "test": 0.3}
CASES = ["numbers of molecules", "yes or no of DNA", "classes of proteins", "numbers of two targets"]


def sequences(number, letters, rng):
    return ["".join(rng.choice(list(letters), 50)) for _ in range(number)]


def inputs_of(case, rng):
    if "DNA" in case:
        return "sequence", sequences(100, "ACGT", rng), {"alphabet": "dna"}
    if "proteins" in case:
        return "sequence", sequences(100, "ACDEFGHIKLMNPQRSTVWY", rng), {"alphabet": "protein"}
    made = find("molecule").inventor.invent(130, 9, {}, {})
    return "molecule", [*dict.fromkeys(map(Chem.CanonSmiles, made))][:120], {}


@pytest.fixture(scope="module")
def trained():
    """Records, split, networks and their held-out predictions, by case; made when they are asked for."""
    made = {}

    def of(case):
        if case in made:
            return made[case]
        rng = np.random.default_rng(len(case))
        modality, values, reading = inputs_of(case, rng)
        kind = {"n": "regression", "y": "binary", "c": "multiclass"}[case[0]]
        rows = []
        for number, value in enumerate(values, 1):
            label = {"regression": rng.normal(), "binary": number % 2, "multiclass": f"kind {number % 3}"}[
                kind
            ]
            other = rng.normal() if number % 4 else ""
            fields = {"y": label, "z": other, "group": f"group {number // 2}"}
            rows.append(Record(number, f"SECRET-{number:05d}", {modality: value}, fields, "f"))
        records = Records.collect(rows, [modality], modality=modality, reading=reading)
        arrays = featurize(records)
        how = {"column": "group"} if modality == "sequence" else {}
        parts = split(records, "column" if how else "scaffold", repeats=2, fractions=PARTS, **how)
        targets = ["y", "z"] if "two" in case else ["y"]
        models = [
            train(records, arrays, parts, kind=kind, targets=targets, repeat=repeat, settings=QUICK,
                  network=SIZES[modality])
            for repeat in range(2)
        ]  # fmt: skip
        networks = held_out(records, arrays, parts, models)
        private = ensemble(models, records, held_out=networks, split=parts)
        made[case] = records, arrays, parts, models, networks, private
        return made[case]

    return of


@pytest.fixture(params=CASES)
def case(request, trained):
    return trained(request.param)


@pytest.fixture
def molecules(trained):
    return trained(CASES[0])


def readable(path):
    """All bytes of a file, of its header and arrays, and of what zlib unpacks."""
    with safe_open(path, framework="np") as stored:
        arrays = [stored.get_tensor(name) for name in stored.keys()]  # noqa: SIM118
        header = json.loads(stored.metadata()["riboswitch"])
    parts = [
        path.read_bytes(),
        json.dumps(header, ensure_ascii=False).encode(),
        *(a.tobytes() for a in arrays),
    ]
    for part in parts[:]:
        for place in range(len(part)):
            if part[place] == 0x78:
                try:
                    parts.append(zlib.decompress(part[place:]))
                except zlib.error:
                    continue
    return b"\n".join(parts), arrays, header


def numbers_in(value):
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(each)
    elif isinstance(value, float):
        yield value


def rows_in(path, records, model):
    """Ids of the training rows of which a text, the letter codes or a label can be read in a file."""
    raw, arrays, header = readable(path)
    numbers = {np.float32(v) for a in arrays if a.dtype.kind == "f" for v in a.ravel()}
    numbers |= {np.float32(v) for v in numbers_in(header)}
    modality = find(model.modality)
    encoded = modality.encoder.encode(records.inputs, records.ids, model.header["encoder"]).only
    codes = encoded.values.get("letters")
    found = set()
    for row, components in enumerate(records.each_input()):
        (value,) = components.values()
        texts = [records.ids[row], value, modality.reader.identity(components)]
        pieces = [text.encode(code) for text in texts for code in ("utf-8", "utf-16-le")]
        if codes is not None:
            start, end = encoded.offsets["letters"][row : row + 2]
            pieces.append(codes[start:end].tobytes())
        labels = [records.table[t].iloc[row] for t in model.task.targets if model.task.kind == "regression"]
        labels = [np.float32(label) for label in labels if label != ""]
        if any(piece in raw for piece in pieces) or numbers & {*labels}:
            found.add(records.ids[row])
    return found


def test_a_private_bundle_has_all_of_its_rows_and_the_shared_one_has_none(case, tmp_path):
    records, *_, private = case
    private.save(tmp_path / "private.safetensors")
    assert rows_in(tmp_path / "private.safetensors", records, private) == {*records.ids}
    for membership in (True, False):
        made = share(tmp_path / "private.safetensors", membership=membership)
        made.save(tmp_path / "public.safetensors")
        assert rows_in(tmp_path / "public.safetensors", records, private) == set()


def test_a_single_network_has_rows_too_and_loses_them(case, tmp_path):
    records, *_, models, _, _ = case
    models[0].save(tmp_path / "private.safetensors")
    assert rows_in(tmp_path / "private.safetensors", records, models[0])
    made = share(models[0])
    made.save(tmp_path / "public.safetensors")
    assert rows_in(tmp_path / "public.safetensors", records, models[0]) == set()
    assert Model.load(tmp_path / "public.safetensors").header["shared"]["rows"] == 0


def test_answers_intervals_and_sets_are_the_same_to_the_last_digit(case, tmp_path):
    records, *_, private = case
    share(private).save(tmp_path / "m.safetensors")
    public = Model.load(tmp_path / "m.safetensors")
    (component,) = records.inputs
    inputs = records.inputs[component][:9]
    answers = predict(inputs, private)
    pd.testing.assert_frame_equal(predict(inputs, public), answers)
    assert any("90" in name for name in answers)


def test_in_training_is_told_and_labels_and_neighbours_are_not(molecules):
    records, *_, private = molecules
    inputs = [*records.inputs["molecule"][:6], "CCO", "c1ccccc1CCC(=O)NC"]
    before, after = screen(inputs, private), screen(inputs, share(private))
    assert before["in_training"].tolist() == after["in_training"].tolist() == [True] * 6 + [False] * 2
    gone = {"training_label", "nearest_training", "similarity", "out_of_fold"}
    assert {*before} - {*after} == gone and {*after} - {*before} == {"familiarity"}
    assert after["in_domain"].notna().all() and after["familiarity"].between(0, 1).all()
    silent = screen(inputs, share(private, membership=False))
    assert "in_training" not in silent and "in_domain" in silent


def test_the_short_list_tells_what_the_bundle_knows(molecules):
    records, *_, private = molecules
    known, new = records.inputs["molecule"][:3], ["CCO", "OCCN"]
    table = screen([*known, *new], share(private), nearest=False).add_prefix("sol.")
    table = table.assign(smiles=[*known, *new])
    made = add_nearest_training(table, table.index[1:], {"sol": TrainingSet(share(private))})
    place = [*made].index("sol.in_training")
    assert [*made][place + 1 : place + 3] == ["sol.familiarity", "sol.in_domain"]
    assert made["sol.familiarity"].isna().tolist() == [True] + [False] * 4
    silent = TrainingSet(share(private, membership=False))
    assert "sol.in_domain" in add_nearest_training(table.drop(columns="sol.in_training"), table.index,
                                                   {"sol": silent})  # fmt: skip


def test_keys_of_every_kind_are_known(molecules):
    records, *_, private = molecules
    made, library = share(private), find("molecule").library
    membership = Membership.of(made)
    for kind in library.KEYS:
        assert membership(library.keys(records.inputs, kind), kind).all()
        assert not membership(library.keys({"molecule": ["CCO", "CCN"]}, kind), kind).any()
    assert SECRET not in share(private, membership=False).tensors


def test_golden_inputs_are_no_training_rows_and_notice_another_machine(case):
    records, *_, private = case
    made = share(private)
    modality = find(made.modality)
    known = {modality.reader.identity(c) for c in records.each_input()}
    golden = made.inputs("golden")
    (component,) = golden
    assert len(golden[component]) == 8
    assert known.isdisjoint(modality.reader.identity({component: value}) for value in golden[component])
    Predictor(made, modality).check_golden()
    other = copy.deepcopy(made)
    other.tensors |= {name: -v for name, v in other.tensors.items() if v.dtype == np.float32}
    with pytest.raises(BundleError, match="answers differently"):
        Predictor(other, modality).check_golden()


def test_seeds_digests_and_the_course_of_training_are_gone(case):
    *_, private = case
    made = share(private)
    assert {m["seed"] for m in made.members} == {None} and all(m["history"] == [] for m in made.members)
    assert (made.header["training"]["records"], made.header["training"]["split"]) == (None, None)
    assert {name.split(".")[0] for name in made.tensors} <= {"0", "1", "golden", "shared"}


def test_what_is_not_known_to_be_safe_stays(molecules):
    *_, private = molecules
    model = copy.deepcopy(private)
    model.header["of a later version"] = "SECRET"
    model.header["members"][0]["new"] = model.header["training"]["new"] = "SECRET"
    model.tensors["later.rows"] = np.arange(3)
    made = share(model)
    assert "SECRET" not in json.dumps(made.header) and "later.rows" not in made.tensors


def test_equal_bundles_are_shared_alike_and_other_models_have_other_hashes(molecules, tmp_path):
    records, *_, models, _, private = molecules
    for name in ("one", "other"):
        share(private).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    single = share(ensemble(models[:1], records))
    kinds = Membership.of(single).hashes
    assert all(not np.isin(v, Membership.of(share(private)).hashes[k]).any() for k, v in kinds.items())


def test_base_learners_are_refused_or_left_out_with_the_calibration(molecules, tmp_path):
    records, arrays, parts, models, networks, _ = molecules
    predictions, base = stack(records, arrays, parts, networks)
    base.header["stack"]["weights"] = {"network": 0.5, "forest": 0.5}
    if not base.tensors:
        pytest.skip("the validation rows chose no forest")
    blend = ensemble([*models, base], records, held_out=predictions, split=parts)
    with pytest.raises(
        UsageError, match=r"read off its base learners; found 'forest'.*--library.*--networks-only"
    ):
        share(blend)
    made = share(blend, networks_only=True)
    made.save(tmp_path / "m.safetensors")
    assert "stack" not in made.header and "calibration" not in made.header
    assert "metrics" not in made.header["card"]
    inputs = records.inputs["molecule"][:5]
    alone = predict(inputs, ensemble(models, records))
    pd.testing.assert_frame_equal(predict(inputs, Model.load(tmp_path / "m.safetensors")), alone)
    assert any("differ" in sentence for sentence in made.header["shared"]["changes"])


@pytest.fixture(scope="module")
def blend(trained):
    """A bundle of molecules whose networks are blended with a forest and a kernel."""
    records, arrays, parts, models, networks, _ = trained(CASES[0])
    predictions, base = stack(records, arrays, parts, networks)
    names = {name.split(".")[1] for name in base.tensors}
    weights = {"network": 0.5} | dict.fromkeys(sorted(names), 0.5 / len(names))
    base.header["stack"]["weights"] = weights
    return records, ensemble([*models, base], records, held_out=predictions, split=parts)


def test_a_network_that_learned_answers_to_public_inputs_replaces_base_learners(blend, tmp_path):
    records, private = blend
    assert "kernel" in private.header["stack"]["weights"]
    public = [*dict.fromkeys(find("molecule").inventor.invent(160, 77, {}, {}))]
    made = share(private, library=[*records.inputs["molecule"][:20], *public])
    made.save(tmp_path / "m.safetensors")
    assert rows_in(tmp_path / "m.safetensors", records, private) == set()
    assert {name.split(".")[0] for name in made.tensors} == {"0", "golden", "shared"}
    assert "stack" not in made.header and "calibration" not in made.header
    assert "metrics" not in made.header["card"] and made.header["card"]["rows"] == len(records)
    (said,) = [text for text in made.header["shared"]["changes"] if "public inputs" in text]
    left_out = int(said.split("(")[1].split()[0])
    assert 20 <= left_out < 160 and "differ by" in said
    loaded = Model.load(tmp_path / "m.safetensors")
    assert screen(records.inputs["molecule"][:4], loaded)["in_training"].all()
    assert predict(["CCO", "c1ccccc1O"], loaded)["y"].notna().all()
    again = share(private, library=[*records.inputs["molecule"][:20], *public])
    assert all(again.tensors[name].tobytes() == made.tensors[name].tobytes() for name in made.tensors)


def test_the_network_learns_from_nothing_but_the_answers(blend):
    records, private = blend
    public = [*dict.fromkeys(find("molecule").inventor.invent(160, 77, {}, {}))]
    other = copy.deepcopy(private)
    other.pack_texts("training.labels", ["9.5"] * len(records))
    made, same = (share(model, library=public, membership=False) for model in (private, other))
    parameters = [name for name in made.tensors if name.startswith("0.")]
    assert all(np.array_equal(made.tensors[name], same.tensors[name]) for name in parameters)


def test_a_library_replaces_base_learners_and_nothing_else(blend, molecules):
    records, private = blend
    *_, networks = molecules
    with pytest.raises(UsageError, match=r"--library replaces base learners; found 'no base learners'"):
        share(networks, library=["CCO"])
    with pytest.raises(UsageError, match="--networks-only, too"):
        share(private, library=["CCO"], networks_only=True)
    with pytest.raises(InputError, match=r"too few public inputs that are no training rows; found '1'"):
        share(private, library=["CCO", *records.inputs["molecule"]])


def test_a_bundle_is_shared_once_and_not_from_a_handful_of_rows(molecules, of_lengths):
    *_, private = molecules
    with pytest.raises(UsageError, match="shared already"):
        share(share(private))
    with pytest.raises(InputError, match=r"found '12 rows with a label'\. 20 are needed"):
        share(of_lengths(["C" * n for n in range(1, 13)]))


def test_each_target_needs_its_rows(molecules):
    *_, private = molecules
    model = copy.deepcopy(private)
    model.header["task"]["targets"] = ["y", "z"]
    texts = [f"y={n}" + f" z={n}" * (n < 5) for n in range(120)]
    model.pack_texts("training.labels", texts)
    with pytest.raises(InputError, match=r"target z\); found '5 rows with a label'"):
        share(model)


def test_examples_are_taken_but_for_training_rows(molecules):
    records, *_, private = molecules
    own = ["CCO", "CC(=O)Oc1ccccc1C(=O)O", "CCN"]
    made = share(private, examples=[*records.inputs["molecule"][:3], *own])
    assert made.inputs("golden")["molecule"] == [Chem.CanonSmiles(s) for s in own]
    with pytest.raises(UsageError, match=r"no input with which.*--examples"):
        share(private, examples=records.inputs["molecule"][:3])


def test_a_shared_bundle_that_holds_rows_after_all_is_refused(molecules, tmp_path):
    *_, private = molecules
    made = share(private)
    made.tensors["calibration.labels"] = np.zeros((3, 1), np.float32)
    made.save(tmp_path / "m.safetensors")
    with pytest.raises(BundleError, match=r"calibration.labels in a shared bundle"):
        Model.load(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.tensors.pop(SECRET), "do not go together"),
        (lambda m: m.tensors.update({SECRET: np.zeros(3, np.uint8)}), "not uint8 of shape"),
        (lambda m: m.tensors.update({"shared.keys.smiles": np.zeros(3)}), "not uint64"),
        (lambda m: m.tensors.pop("shared.common"), "do not go together"),
        (lambda m: m.tensors.update({"shared.common": np.zeros((2, 2), np.uint8)}), "one dimension"),
        (lambda m: m.header["calibration"].pop("limits"), "a shared bundle has them, no other"),
        (lambda m: m.header["calibration"]["limits"].pop("0.9"), "'0.9' is a required property"),
        (lambda m: m.header["calibration"]["limits"].update({"0.9": [[1.0, 2.0]]}), "not of shape"),
        (lambda m: m.header["calibration"]["limits"].update({"0.9": [[-1.0]]}), "not a distance"),
        (lambda m: m.header.pop("shared"), "shared"),
    ],
)
def test_damaged_parts_of_a_shared_bundle_are_named(molecules, tmp_path, change, said):
    *_, private = molecules
    made = copy.deepcopy(share(private))
    change(made)
    made.save(tmp_path / "m.safetensors")
    with pytest.raises(BundleError, match=said):
        Model.load(tmp_path / "m.safetensors")


def test_the_card_says_what_changed_and_takes_notes(molecules):
    records, *_, private = molecules
    public = card(share(private, notes="For solubility in water at 25 degrees."))
    assert "For solubility in water at 25 degrees." in public and "Changed before it was shared" in public
    assert private.header["training"]["records"] in card(private)
    assert private.header["training"]["records"] not in public and f"Rows: {len(records)}." in public
