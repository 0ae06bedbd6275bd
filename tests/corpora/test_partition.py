"""Parts of a corpus: disjoint, covering, repeatable, twins together."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.tasks.corpora.partition import SHARES, Part, split
from popcorn_bench.tasks.corpora.twins import NEAR, group_keys
from tests.corpora.making import corpus_of

WORDS = st.sampled_from([*"abcdef#!é猫犬", "Ab", "12", "7"])
TITLES = st.lists(st.lists(WORDS, max_size=7).map(" ".join), max_size=14)


def shingles(title: str) -> set[tuple[str, ...]]:
    """Words and pairs of words, written anew: the alphabet of these tests needs no regex."""
    words = ["0" if w.isdigit() else w.casefold() for w in title.split() if w.isalnum()]
    return {(w,) for w in words} | set(pairwise(words))


def brute_force(titles: list[str]) -> list[int]:
    """Group of each title by comparing all pairs until nothing changes."""
    group = list(range(len(titles)))
    sets = [shingles(title) for title in titles]
    for i, a in enumerate(sets):
        for j, b in enumerate(sets[:i]):
            if a and b and len(a & b) / len(a | b) >= NEAR - 1e-12:
                old, new = group[i], group[j]
                group = [new if g == old else g for g in group]
    return group


@settings(deadline=None)
@given(TITLES)
def test_groups_are_those_of_all_pairs(titles: list[str]) -> None:
    keys = group_keys(corpus_of(titles).frame)
    wanted = brute_force(titles)
    for i, key in enumerate(keys):
        for j, other in enumerate(keys):
            assert (key == other) == (wanted[i] == wanted[j])


@settings(deadline=None)
@given(TITLES, st.integers(0, 3), st.randoms(use_true_random=False))
def test_parts_cover_are_disjoint_and_do_not_depend_on_the_order(
    titles: list[str], seed: int, random: Random
) -> None:
    corpus = corpus_of(titles)
    found = split(corpus, seed)
    parts = [set(found.part(part).frame["id"]) for part in Part]
    assert set().union(*parts) == set(corpus.frame["id"])
    assert sum(map(len, parts)) == len(titles)
    by_group = Counter(zip(found.groups, found.parts, strict=True))
    assert len(by_group) == len(set(found.groups))
    order = list(range(len(titles)))
    random.shuffle(order)
    again = split(corpus_of([titles[i] for i in order], [str(i) for i in order]), seed)
    known = dict(zip(corpus.frame["id"], found.parts, strict=True))
    assert dict(zip(again.corpus.frame["id"], again.parts, strict=True)) == known


@settings(deadline=None)
@given(TITLES, TITLES)
def test_a_part_stays_when_rows_without_twins_come(titles: list[str], more: list[str]) -> None:
    keys = brute_force([*titles, *more])
    old = set(keys[: len(titles)])
    fresh = [title for title, key in zip(more, keys[len(titles) :], strict=True) if key not in old]
    together = split(corpus_of([*titles, *fresh]))
    assert together.parts[: len(titles)] == split(corpus_of(titles)).parts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Snow day: breakfast outside!", "  SNOW DAY — breakfast outside #"),
        ("Episode 4 of the long road", "Episode 12 of the long road"),
        ("the boy who swallowed the sun", "The boy who swallowed the sun, part 2"),
        ("猫がパン屋を開く", "猫がパン屋を開く!"),
        ("ｆｕｌｌ width letters", "full width letters"),  # noqa: RUF001 - full width on purpose
    ],
)
def test_near_duplicates_stay_together(one: str, other: str) -> None:
    for seed in range(20):
        parts = split(corpus_of([one, "nothing of the kind", other]), seed).parts
        assert parts[0] is parts[2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a goat guards the bakery", "a crow brings me buttons"),
        ("", ""),
        ("🐐🐐", "🐐🐐"),
        ("the market wakes up at four", "the market closes at four"),
    ],
)
def test_others_do_not(one: str, other: str) -> None:
    assert len(set(split(corpus_of([one, other])).groups)) == 2


def test_shares_are_kept_on_average_and_seeds_differ() -> None:
    corpus = corpus_of(["".join(letters) for letters in product("abcdefghij", repeat=4)])
    found = split(corpus)
    groups = dict(zip(found.groups, found.parts, strict=True))
    assert len(groups) == 10_000
    for part, share in SHARES.items():
        assert list(groups.values()).count(part) / len(groups) == pytest.approx(share, abs=0.02)
    assert split(corpus, 1).parts != found.parts


def test_the_frame_tells_part_and_group() -> None:
    frame = split(corpus_of(["one thing", "another matter", "One thing!"])).frame()
    assert frame.columns == ["id", "category", "part", "group"]
    assert frame["group"].to_list() == [0, 1, 0]
    assert frame["part"][0] == frame["part"][2]


@settings(deadline=None)
@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_rows_named_by_hashed_ids_are_left_out(rows: set[int], out: set[int]) -> None:
    keys = [str(i) for i in sorted(rows)]
    corpus = corpus_of([""] * len(keys), keys)
    left = corpus.without(corpus.hashed_ids(map(str, out)))
    assert left.frame["id"].to_list() == [str(i) for i in sorted(rows - out)]
    assert left.left_out == len(rows & out)
    assert (left.sha256 == corpus.sha256) == (not rows & out)
    assert corpus.without(corpus_of([], numbering="other").hashed_ids(keys)) is corpus
