"""Settings of a mode, its name and sweeps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import UsageError
from popcorn_bench.generators.retrieval.settings import PAPER, Retrieval, mode_name, sweep


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("references", -1, "references: -1"),
        ("references", True, "references: True"),
        ("references", 1_001, "1000"),
        ("tags", 0, "tags: 0"),
        ("ratio", 1.5, "ratio: 1.5"),
        ("ratio", float("nan"), "ratio: nan"),
        ("popular", "decil", "did you mean 'decile'"),
        ("category", "profile", "did you mean 'profiles'"),
        ("embedder", " ", "embedder: empty"),
    ],
)
def test_bad_values_are_refused(field: str, value: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Retrieval(**{field: value})


@given(st.integers(0, 1_000), st.integers(0, 100))
def test_unpopular_references_are_rounded_down(n: int, hundredths: int) -> None:
    assert Retrieval(references=n, ratio=hundredths / 100).unpopular == n * hundredths // 100


def test_names_say_what_differs() -> None:
    assert mode_name(Retrieval()) == "pe"
    assert mode_name(Retrieval(references=20, tags=2)) == "pe[n=20,tags=2]"
    assert mode_name(Retrieval(show_engagement=True, ratio=0.2)) == "pe[ratio=0.2,engagement=on]"
    assert mode_name(Retrieval(references=20), Retrieval(references=20)) == "pe"
    assert mode_name(PAPER, PAPER) == "pe"


def test_the_ablations_of_the_paper_are_one_sweep() -> None:
    numbers = [0, 10, 20, 40, 50, 60, 80, 100, 120, 140]
    modes = sweep(numbers, [1, 2, 3, 4])
    assert [(m.references, m.tags) for m in modes] == [
        *((n, 1) for n in numbers),
        *((50, k) for k in (2, 3, 4)),
    ]
    assert len({mode_name(mode) for mode in modes}) == 13


def test_single_values_are_one_mode() -> None:
    assert sweep([20], [2]) == [Retrieval(references=20, tags=2)]
    assert sweep([], []) == [Retrieval()]
    assert sweep([], [3], PAPER) == [Retrieval(**{**_fields(PAPER), "tags": 3})]
    assert [m.references for m in sweep([5, 5, 9], [])] == [5, 9]


def _fields(mode: Retrieval) -> dict[str, Any]:
    return {name: getattr(mode, name) for name in Retrieval.__slots__}
