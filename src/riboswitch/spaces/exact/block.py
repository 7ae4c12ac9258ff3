"""All products of two classes of synthons, ready to be scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch

from riboswitch.chem.descriptors.packed import GLOBALS
from riboswitch.modalities.molecule.nets.dmpnn import DMPNN
from riboswitch.spaces.exact.head import Head, divisor_of
from riboswitch.spaces.exact.kernel import BY_ATOMS, TILE, every_pair, inside_limits, some_pairs, upper_bounds
from riboswitch.spaces.exact.properties import ROTATABLE, SLACK, SP3, Limit, Own
from riboswitch.spaces.exact.tables import Part

MOST_JOINT = 2**24  # numbers in the table of both ends of one network
IN_CACHE = 2**16  # numbers of it made at once: they stay in the processor's cache, which halves the time
WIDE_PAIRS = 2**15  # pairs whose embeddings are made at once


class Half(NamedTuple):
    """One side of a block: its synthons, tables for each network, and properties."""

    rows: np.ndarray
    parts: list[Part]
    own: Own

    def take(self, chosen: np.ndarray) -> Half:
        """Some of the synthons, sorted by kind."""
        kind = self.parts[0].kind[chosen]
        chosen = chosen[np.argsort(kind, kind="stable")]
        kinds, kind = np.unique(self.parts[0].kind[chosen], return_inverse=True)
        parts = [
            Part(p.inner[chosen], kind.astype(np.int32), p.own[kinds], p.message[kinds]) for p in self.parts
        ]
        return Half(self.rows[chosen], parts, self.own.take(chosen))

    @property
    def kinds(self) -> int:
        return len(self.parts[0].own)


@dataclass
class Block:
    """All pairs of two halves.

    Attributes
    ----------
    a, b : Half
    networks : sequence of DMPNN
    heads : sequence of (Head or None)
    limits : sequence of Limit
    """

    a: Half
    b: Half
    networks: Sequence[DMPNN]
    heads: Sequence[Head | None]
    limits: Sequence[Limit]

    def outputs(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Raw outputs of some pairs for each network, float64 of shape (networks, pairs, outputs)."""
        made = []
        for number, head in enumerate(self.heads):
            if head is None:
                made.append(self._wide(number, a, b))
                continue
            out = np.empty((len(a), len(head.out_bias)), np.float64)
            given: tuple[Any, ...] = (a, b, *self._folded[number], head.out, head.out_bias)
            some_pairs(*(*given, np.float32(head.slope), out))
            made.append(out)
        return np.stack(made)

    @property
    def tiles(self) -> tuple[int, int]:
        """Number of tiles of both halves."""
        return -(-len(self.a.rows) // TILE), -(-len(self.b.rows) // TILE)

    def bounds(self, output: int, sign: int) -> np.ndarray:
        """What no output of the pairs of two tiles exceeds, times ``sign``.

        Returns
        -------
        ndarray
            float32, shape (networks, tiles of a, tiles of b), with `kernel.TILE` synthons each.
        """
        found = []
        for folded, head in zip(self._folded, self.heads, strict=True):
            assert head is not None
            weight, bias = np.float32(sign) * head.out[output], np.float32(sign) * head.out_bias[output]
            given: tuple[Any, ...] = (*folded, weight, bias, np.float32(head.slope))
            found.append(upper_bounds(*given))
        return np.stack(found)

    def reaching(
        self, number: int, output: int, sign: int, threshold: float, hopeful: np.ndarray | None = None
    ) -> tuple[np.ndarray, ...]:
        """Pairs inside the limits whose output of one network, times ``sign``, reaches a threshold.

        Parameters
        ----------
        hopeful : ndarray, optional
            bool, shape (tiles of a, tiles of b): the pairs that are looked at; all by default.

        Returns
        -------
        a, b : ndarray
            int32, shape (pairs,).
        outputs : ndarray
            float32, shape (pairs,), times ``sign``; up to rounding those of `outputs`.
        """
        head = self.heads[number]
        assert head is not None
        size = len(self.a.rows) * len(self.b.rows)
        out_a, out_b, out = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.float32)
        weight = np.float32(sign) * head.out[output]
        bias = np.float32(sign) * head.out_bias[output]
        given: tuple[Any, ...] = (*self._folded[number], weight, bias, np.float32(head.slope), *self._limited)
        if hopeful is None:
            hopeful = np.ones(self.tiles, bool)
        count = every_pair(*(*given, hopeful, np.float32(threshold), out_a, out_b, out))
        return out_a[:count], out_b[:count], out[:count]

    def inside(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs inside the limits."""
        a, b = np.nonzero(inside_limits(self._turns, *self._limited))
        return a.astype(np.int32), b.astype(np.int32)

    @cached_property
    def _turns(self) -> np.ndarray:
        return self.a.own.turns.astype(np.int64)

    @cached_property
    def _limited(self) -> tuple[np.ndarray, ...]:
        shape = len(self.limits)
        a = np.array([self.a.own.limited(limit.name) for limit in self.limits]).reshape(
            shape, len(self.a.rows)
        )
        b = np.array([self.b.own.limited(limit.name) for limit in self.limits]).reshape(
            shape, len(self.b.rows)
        )
        turning = np.array([(limit.name == "rotatable_bonds") for limit in self.limits], bool)
        both = np.stack([b, b + turning[:, None] * self.b.own.turns])
        slack = np.array([SLACK * (limit.name in ("weight", "tpsa")) for limit in self.limits])
        low = np.array([limit.low for limit in self.limits], np.float64) - slack
        high = np.array([limit.high for limit in self.limits], np.float64) + slack
        both = both.transpose(0, 2, 1)
        return np.ascontiguousarray(a.T), np.ascontiguousarray(both), low, high

    @cached_property
    def _folded(self) -> list[tuple[Any, ...]]:
        return [self._fold(number) for number in range(len(self.networks))]

    def _fold(self, number: int) -> tuple[Any, ...]:
        """Tables multiplied by the first layer of the head, as `kernel` takes them."""
        head, a, b = self.heads[number], self.a.parts[number], self.b.parts[number]
        assert head is not None
        joint = self._joint(number, head.of_sum)
        ga = head.properties(self.a.own.sums) + head.bias.astype(np.float32)
        gb = head.properties(self.b.own.sums)
        turning = gb + self.b.own.turns[:, None] * head.rotating
        return (
            a.inner, b.inner, joint, a.kind, b.kind, ga,
            np.stack([gb, turning]), self._turns, *self._numbers, np.float32(head.divisor), head.share,
        )  # fmt: skip

    @cached_property
    def _numbers(self) -> tuple[np.ndarray, ...]:
        a, b = self.a.own, self.b.own
        values = a.carbons, b.carbons, a.sums[:, SP3], b.sums[:, SP3], a.atoms, b.atoms
        return tuple(value.astype(np.float32) for value in values)

    def _joint(self, number: int, weight: np.ndarray | None = None) -> np.ndarray:
        """J of each pair of ends, shape (ends of a, ends of b, hidden); multiplied by a weight if given."""
        a, b = self.a.parts[number], self.b.parts[number]
        act = self.networks[number].act
        own_a, message_a, own_b, message_b = map(torch.from_numpy, (a.own, a.message, b.own, b.message))
        many, width = len(own_b), own_b.shape[1]
        made = torch.empty((len(own_a), many, width if weight is None else len(weight)))
        turned = None if weight is None else torch.from_numpy(weight).T.contiguous()
        step = max(1, IN_CACHE // max(1, many * width))
        for start in range(0, len(own_a), step):
            some = slice(start, start + step)
            part = act(own_a[some, None] + message_b).add_(act(own_b + message_a[some, None]))
            if turned is None:
                made[some] = part
            else:
                torch.mm(part.view(-1, width), turned, out=made[some].view(-1, turned.shape[1]))
        return made.numpy()

    @property
    def _outputs(self) -> int:
        (last,) = [*self.networks[0].head][-1:]
        return int(last.out_features)

    def _wide(self, number: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Outputs of any head, from whole embeddings."""
        network, joint = self.networks[number], self._joint(number)
        parts = self.a.parts[number], self.b.parts[number]
        made = []
        for start in range(0, len(a), WIDE_PAIRS):
            i, j = a[start : start + WIDE_PAIRS], b[start : start + WIDE_PAIRS]
            summed = parts[0].inner[i] + parts[1].inner[j] + joint[parts[0].kind[i], parts[1].kind[j]]
            divisor = divisor_of(network)
            by = (self.a.own.atoms[i] + self.b.own.atoms[j])[:, None] if divisor == BY_ATOMS else divisor
            pooled = torch.from_numpy((summed / by).astype(np.float32))
            with torch.no_grad():
                joined = network.join(pooled, torch.from_numpy(self._properties(i, j)))
                made.append(network.head(joined).double().numpy())
        return np.concatenate(made) if made else np.empty((0, self._outputs))

    def _properties(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The properties `GLOBALS` of some pairs."""
        found = self.a.own.sums[a] + self.b.own.sums[b]
        carbons = self.a.own.carbons[a] + self.b.own.carbons[b]
        found[:, SP3] /= np.maximum(carbons, 1)
        found[:, ROTATABLE] += self.a.own.turns[a] & self.b.own.turns[b]
        assert found.shape[1] == len(GLOBALS)
        return found.astype(np.float32)


def small_halves(half: Half, other: Half, width: int) -> list[np.ndarray]:
    """Cut the synthons of a half so that no table of both ends is large; each piece as positions."""
    most = max(1, MOST_JOINT // max(1, other.kinds * width))
    kind = half.parts[0].kind
    order = np.argsort(kind, kind="stable")
    cuts = np.searchsorted(kind[order], np.arange(most, half.kinds, most))
    return [piece for piece in np.split(order, cuts) if len(piece)]
