"""Keyed hashes know the keys they were made of, and give none of them away."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.model import Model
from riboswitch.learning.sharing.membership import Membership, digest

TEXTS = st.lists(st.text(min_size=1), min_size=1, max_size=30)
WEIGHTS = {"0.w": np.arange(6, dtype=np.float32).reshape(2, 3)}


@given(TEXTS, TEXTS)
def test_a_key_is_known_if_and_only_if_it_was_there(own, others):
    membership = Membership.fit({"a": own}, WEIGHTS)
    asked = own + others
    assert membership(asked, "a").tolist() == [text in own for text in asked]


@given(TEXTS, st.randoms())
def test_neither_order_nor_repeats_are_stored(own, chance):
    mixed = own + own[:3]
    chance.shuffle(mixed)
    one, other = (Membership.fit({"a": texts}, WEIGHTS).hashes["a"] for texts in (own, mixed))
    np.testing.assert_array_equal(one, other)
    assert (np.diff(one.astype(object)) > 0).all()


@given(TEXTS)
def test_it_is_the_hmac_that_the_page_names(own):
    membership = Membership.fit({"a": own}, WEIGHTS)
    plain = {hmac.new(membership.secret, t.encode(), hashlib.sha256).digest()[:8] for t in own}
    assert {int(v).to_bytes(8, "little") for v in membership.hashes["a"]} == plain
    unkeyed = {int.from_bytes(hashlib.sha256(t.encode()).digest()[:8], "little") for t in own}
    assert unkeyed.isdisjoint(membership.hashes["a"].tolist())


@given(TEXTS)
def test_another_network_has_another_secret(own):
    other = {"0.w": WEIGHTS["0.w"] + np.float32(1)}
    one, two = Membership.fit({"a": own}, WEIGHTS), Membership.fit({"a": own}, other)
    assert one.secret != two.secret and not np.isin(one.hashes["a"], two.hashes["a"]).any()
    assert digest(WEIGHTS) == digest(dict(WEIGHTS)) != digest({"0.w": WEIGHTS["0.w"].reshape(3, 2)})


def test_it_comes_back_from_a_bundle():
    model = Model({}, {"0.w": WEIGHTS["0.w"]})
    assert Membership.of(model) is None
    Membership.fit({"a": ["x"], "b": ["y", "z"]}, WEIGHTS).store(model)
    again = Membership.of(model)
    assert again(["x", "y"], "a").tolist() == [True, False] and again(["x", "y"], "b").tolist() == [
        False,
        True,
    ]
