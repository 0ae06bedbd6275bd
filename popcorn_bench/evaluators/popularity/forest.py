"""Bags of LightGBM trees, evaluated all at once: the same sums, bit by bit, without its library.

Importing LightGBM takes longer than all else that scoring needs. Here every tree is a row of bits,
one per leaf from left to right. A test that fails clears the leaves to its left; what a title
reaches is the first leaf that remains (QuickScorer: Lucchese et al., SIGIR 2015).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.popularity.blocks import Floats

_LEAVES = 16  # a tree has no more: its bits fit into 16
_ALL = np.uint16(0xFFFF)
_CHUNK = 128  # titles at once: what is cleared stays in the cache
_WORD = 32
_NOTHING = float(np.float32(1e-35))  # LightGBM takes what is no larger for 0
# LightGBM's `decision_type`: x in a set, not x <= threshold; and what it does with gaps. There are
# none here, so that only its taking 0 for one would matter.
_IN_SET, _GAPS, _ZERO_IS_GAP = 0b1, 0b1100, 0b0100
_EXPONENT = np.zeros((1 << (_LEAVES - 1)) + 1, dtype=np.int64)  # of the powers of two
_EXPONENT[1 << np.arange(_LEAVES)] = np.arange(_LEAVES)

Bits = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class _Test:
    """A test of a tree; where it fails, the leaves of `kept` remain.

    It holds for values up to `threshold`, or for the categories in `members`.
    """

    feature: int
    threshold: float
    members: frozenset[int] | None
    tree: int
    kept: int


@dataclass(frozen=True, slots=True)
class _Reader:
    """All tests of a feature: the leaves that remain, [1 + edges, trees].

    The row is that of how many `edges` lie below the value.
    """

    feature: int
    edges: Floats
    kept: Bits


@dataclass(frozen=True, slots=True)
class Forest:
    """Bags of trees.

    Args:
        readers: one per feature that is asked about.
        values: of the leaves, [trees * 16]; trees of the bags take turns.
        bags: how many there are.
    """

    readers: tuple[_Reader, ...]
    values: Floats
    bags: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> Forest:
        """Read models in LightGBM's text form, one per bag.

        Raises:
            ValueError: for trees that are not of the kind that `trees.grow` makes.
        """
        bags = [list(_trees(text)) for text in texts]
        values = np.zeros((max(map(len, bags), default=0) * len(bags), _LEAVES))
        tests: list[_Test] = []
        for bag, trees in enumerate(bags):
            for turn, tree in enumerate(trees):
                number = turn * len(bags) + bag
                leaves, found = _read(tree, number)
                values[number, : len(leaves)] = leaves
                tests += found
        features = sorted({test.feature for test in tests})
        by_feature = [[test for test in tests if test.feature == name] for name in features]
        readers = tuple(_reader(found, len(values)) for found in by_feature)
        return cls(readers, values.ravel(), len(bags))

    def predict(self, columns: Floats) -> Floats:
        """Predictions of each bag, [n, bags]; `columns` is [n, features], all finite."""
        parts = [
            self._predict(columns[start : start + _CHUNK])
            for start in range(0, len(columns), _CHUNK)
        ]
        return np.concatenate([np.empty((0, self.bags)), *parts])

    def _predict(self, columns: Floats) -> Floats:
        trees = len(self.values) // _LEAVES
        columns = np.where(np.abs(columns) <= _NOTHING, 0.0, columns)
        left = np.full((len(columns), trees), _ALL)
        kept = np.empty_like(left)
        for reader in self.readers:
            places = np.searchsorted(reader.edges, columns[:, reader.feature])
            np.take(reader.kept, places, axis=0, out=kept, mode="clip")
            left &= kept
        reached = _EXPONENT[left & -left] + np.arange(trees) * _LEAVES
        added = self.values[reached].reshape(len(columns), -1, self.bags)
        total = np.zeros((len(columns), self.bags))
        for turn in range(added.shape[1]):  # in LightGBM's order, so that sums are its own
            total += added[:, turn]
        return total


def _trees(text: str) -> Iterator[dict[str, str]]:
    """The fields of each tree of a model."""
    for block in text.partition("end of trees")[0].split("\nTree=")[1:]:
        yield dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _read(tree: Mapping[str, str], number: int) -> tuple[list[float], list[_Test]]:
    """The values of a tree's leaves from left to right, and its tests."""
    values = _floats(tree, "leaf_value")
    if len(values) > _LEAVES or int(tree["is_linear"]):
        raise ValueError(f"tree {number} is linear or has more than {_LEAVES} leaves")
    if len(values) == 1:
        return values, []
    order, spans = _walk(_whole(tree, "left_child"), _whole(tree, "right_child"))
    return [values[leaf] for leaf in order], list(_tests(tree, number, spans))


def _walk(left: Sequence[int], right: Sequence[int]) -> tuple[list[int], dict[int, int]]:
    """Leaves from left to right, and of each node the bits of those on its left side."""
    order: list[int] = []
    bits: dict[int, int] = {}

    def visit(node: int) -> None:
        if node < 0:  # a leaf
            order.append(~node)
            return
        start = len(order)
        visit(left[node])
        bits[node] = (1 << len(order)) - (1 << start)
        visit(right[node])

    visit(0)
    return order, bits


def _tests(tree: Mapping[str, str], number: int, bits: Mapping[int, int]) -> Iterator[_Test]:
    features, kinds = _whole(tree, "split_feature"), _whole(tree, "decision_type")
    told = zip(features, kinds, _floats(tree, "threshold"), strict=True)
    for node, (feature, kind, threshold) in enumerate(told):
        if kind & _GAPS == _ZERO_IS_GAP:
            raise ValueError(f"tree {number} takes 0 for a gap")
        members = _members(tree, int(threshold)) if kind & _IN_SET else None
        yield _Test(feature, threshold, members, number, int(_ALL) & ~bits[node])


def _members(tree: Mapping[str, str], which: int) -> frozenset[int]:
    """A set of categories: its part of the words of 32 bits."""
    edges, words = _whole(tree, "cat_boundaries"), _whole(tree, "cat_threshold")
    chosen = enumerate(words[edges[which] : edges[which + 1]])
    return frozenset(
        place * _WORD + bit for place, word in chosen for bit in range(_WORD) if word >> bit & 1
    )


def _reader(tests: Sequence[_Test], trees: int) -> _Reader:
    """The tests of one feature, which are all of thresholds or all of sets."""
    if tests[0].members is not None:
        return _category_reader(tests, trees)
    ordered = sorted(tests, key=lambda test: test.threshold)
    kept = np.full((len(ordered) + 1, trees), _ALL)
    kept[np.arange(len(ordered)) + 1, [t.tree for t in ordered]] = [t.kept for t in ordered]
    np.bitwise_and.accumulate(kept, axis=0, out=kept)
    return _Reader(tests[0].feature, np.array([test.threshold for test in ordered]), kept)


def _category_reader(tests: Sequence[_Test], trees: int) -> _Reader:
    """A row for each code, between one for what is below 0 and one for what is in no set."""
    known = 1 + max((code for test in tests for code in test.members or ()), default=-1)
    kept = np.full((known + 2, trees), _ALL)
    for test in tests:
        fails = [code + 1 for code in range(-1, known + 1) if code not in (test.members or ())]
        kept[fails, test.tree] &= np.uint16(test.kept)
    return _Reader(tests[0].feature, np.arange(known + 1, dtype=np.float64) - 0.5, kept)


def _whole(tree: Mapping[str, str], name: str) -> list[int]:
    return [int(text) for text in tree[name].split()]


def _floats(tree: Mapping[str, str], name: str) -> list[float]:
    return [float(text) for text in tree[name].split()]
