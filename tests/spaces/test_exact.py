"""Tables give the answer of the plain network, for every kind of network that they are made for."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors

from riboswitch.chem.descriptors.packed import GLOBALS
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.modalities.molecule.encode import encode
from riboswitch.spaces.exact.block import Block
from riboswitch.spaces.exact.finding import Sides
from riboswitch.spaces.exact.joining import joined_facts, product_smiles
from riboswitch.spaces.exact.junction import Machine
from riboswitch.spaces.exact.kernel import TILE
from riboswitch.spaces.exact.properties import LIMITED
from riboswitch.spaces.plan import junction_of
from riboswitch.spaces.worker import reads_tags
from synthon_spaces import AMINES, CUTS, MARKED, cut, drugs, model

SETTINGS = [
    {},
    {"depth": 1},
    {"depth": 2},
    {"depth": 4},
    {"depth": 5},
    {"aggregation": "sum"},
    {"bias": True, "aggregation": "norm"},
    {"batch_norm": True},
    {"activation": "leakyrelu"},
    {"activation": "tanh"},
    {"ffn_layers": 1},
    {"ffn_layers": 3},
    {"properties": False},
    {"features": "chemprop-v2"},
]


@pytest.fixture(scope="module")
def sides():
    """Synthons of several reactions as if all were one: any bond with any partner."""
    given = drugs()
    pieces = [cut(given, pattern, 5) for pattern in CUTS.values()]
    a = [*(f"[1*]{s}" for s in MARKED), *(s for first, _ in pieces for s in first)]
    b = [*(f"[1*]{s}" for s in AMINES), *(s for _, second in pieces for s in second)]
    return list(dict.fromkeys(a)), list(dict.fromkeys(b))


def scored(sides, machine, tagged=False):
    """Raw outputs of all pairs that tables give, (networks, a, b, outputs), NaN elsewhere, and the blocks."""
    a, b = sides
    junction = junction_of(*Sides.find([(a, b)]), machine.reach, tagged, surface=True)
    out = np.full((len(machine.networks), len(a), len(b), machine.networks[0].head[-1].out_features), np.nan)
    seen, blocks = np.zeros((len(a), len(b)), int), []
    for rows in junction.units():
        for found in junction.blocks(rows, machine, []):
            if isinstance(found, Block):
                i, j = found.inside()
                out[:, found.a.rows[i], found.b.rows[j]] = found.outputs(i, j)
                seen[found.a.rows[i], found.b.rows[j]] += 1
                blocks.append(found)
            else:
                seen[found[:, 0], found[:, 1]] += 1
    assert (seen == 1).all()  # each product once, from tables or to be enumerated
    return out, blocks


@pytest.fixture(scope="module")
def products(sides):
    """SMILES of all pairs that can be made."""
    a, b = sides
    return {
        (i, j): text for i, x in enumerate(a) for j, y in enumerate(b) if (text := product_smiles((x, y)))
    }


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_outputs_are_those_of_the_plain_network(sides, products, settings):
    bundle = model(targets=("y", "z"), members=2, **settings)
    predictor = Predictor(bundle, find("molecule"))
    machine = Machine.of(predictor.networks)
    out, _ = scored(sides, machine, reads_tags(machine))
    known = [pair for pair in products if not np.isnan(out[0, pair[0], pair[1], 0])]
    # Networks of chiral tags leave products with marks to enumeration.
    assert len(known) > (0.4 if reads_tags(machine) else 0.9) * len(products)
    plain = predictor.encode({"molecule": [products[pair] for pair in known]})
    a, b = np.array(known).T
    expected = predictor.members(plain)
    found = np.stack([predictor.finish(number, raw[a, b]) for number, raw in enumerate(out)])
    off = np.abs(found - expected).max((0, 2))
    assert off.max() < 1e-5, [products[known[i]] for i in np.argsort(-off)[:5]]


def test_the_quick_loop_finds_the_pairs_that_reach_a_threshold(sides):
    machine = Machine.of(Predictor(model(), find("molecule")).networks)
    _, blocks = scored(sides, machine)
    for block in blocks[:: max(1, len(blocks) // 20)]:
        i, j = block.inside()
        exact = block.outputs(i, j)[0, :, 0]
        for sign in (1, -1):
            threshold = float(np.median(sign * exact))
            a, b, found = block.reaching(0, 0, sign, threshold)
            expected = {(x, y): sign * v for x, y, v in zip(i, j, exact, strict=True)}
            assert np.allclose(found, [expected[x, y] for x, y in zip(a, b, strict=True)], atol=1e-5)
            sure = {pair for pair, value in expected.items() if value > threshold + 1e-4}
            assert sure <= set(zip(a.tolist(), b.tolist(), strict=True))
            assert all(value > threshold - 1e-4 for value in found)


@pytest.mark.parametrize("settings", [{}, {"aggregation": "sum", "activation": "leakyrelu"}], ids=str)
def test_no_output_exceeds_its_bound(sides, settings):
    machine = Machine.of(Predictor(model(members=2, **settings), find("molecule")).networks)
    _, blocks = scored(sides, machine)
    for sign in (1, -1):
        threshold = np.median([block.bounds(0, sign)[0].max() for block in blocks])
        for block in blocks:
            i, j = block.inside()
            bounds = block.bounds(0, sign)
            assert bounds.shape == (2, *block.tiles)
            exact = sign * block.outputs(i, j)[:, :, 0]
            assert (exact <= bounds[:, i // TILE, j // TILE] + 1e-4).all()
            # A tile without hope is left out, with all its pairs.
            a, b, _ = block.reaching(0, 0, sign, threshold, bounds[0] >= threshold)
            every, pairs, _ = block.reaching(0, 0, sign, threshold)
            assert np.array_equal(a, every) and np.array_equal(b, pairs)


def test_properties_add_up(sides, products):
    machine = Machine.of(Predictor(model(), find("molecule")).networks)
    _, blocks = scored(sides, machine)
    checked = 0
    for block in blocks:
        i, j = block.inside()
        pairs = list(zip(block.a.rows[i].tolist(), block.b.rows[j].tolist(), strict=True))
        arrays = encode({"molecule": [products[pair] for pair in pairs]}, [str(pair) for pair in pairs])
        plain = arrays.only.values["globals"][arrays.items()]
        assert np.allclose(block._properties(i, j), plain, rtol=1e-5, atol=1e-4)
        area = block.a.own.limited("tpsa")[i] + block.b.own.limited("tpsa")[j]
        with rdBase.BlockLogs():
            expected = [rdMolDescriptors.CalcTPSA(Chem.MolFromSmiles(products[pair])) for pair in pairs]
        assert np.allclose(area, expected, atol=1e-6)
        checked += len(pairs)
    assert checked > 0.9 * len(products)
    assert set(LIMITED) - {"tpsa"} <= set(GLOBALS)


def test_facts_are_those_of_the_product_or_unknown(sides):
    (found,) = Sides.find([sides])
    a, b = found.a.side, found.b.side
    classes_a, classes_b = found.b.partners.of, found.a.partners.of
    unknown = 0
    for i, text in enumerate(a.smiles):
        for j, made in enumerate(joined_facts((text, partner) for partner in b.smiles)):
            given = found.a.given(int(classes_b[j]), i), found.b.given(int(classes_a[i]), j)
            if made is None or not (given[0].known[i] and given[1].known[j]):
                unknown += 1
                continue
            for part, (known, side, row) in enumerate(zip(given, (a, b), (i, j), strict=True)):
                tags = ~(15 << 25)
                assert np.array_equal(known.atoms[side.atoms_of(row)], made.atoms[part] & tags)
                assert np.array_equal(known.bonds[side.bonds_of(row)], made.bonds[part])
                assert known.junction[row] == made.junction
    assert unknown < 0.1 * len(a) * len(b)


def test_marks_that_depend_on_the_partner_are_found():
    """The middle atom of the product has two equal branches with one partner only."""
    a, b = ["[1*]C(C)=O", "[1*]C(=O)CC", "[1*]S(C)(=O)=O"], ["[1*]NC[C@H](O)CNC(C)=O", "[1*]NC"]
    (found,) = Sides.find([(a, b)])
    assert (found.a.varying, found.b.varying) == (frozenset(), {0})
