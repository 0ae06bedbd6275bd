from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.mmra.grams import fit_grams
from tests.evaluators.mmra.corpus import NAMES, WORDS

TITLES = [f"{word} soup and {name}" for word in WORDS for name in NAMES[:10]]


def test_it_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    grams = fit_grams(TITLES, 8, seed=0)
    grams.save(tmp_path)
    again = grams.load(tmp_path)
    assert again.identity == grams.identity == fit_grams(TITLES, 8, seed=0).identity
    assert np.array_equal(again.encode(TITLES), grams.encode(TITLES))


def test_like_titles_are_near() -> None:
    grams = fit_grams(TITLES, 24, seed=0)
    first, near, far = grams.encode(["cat soup and s1", "cat soups and s1", "dance and s7"])
    assert first @ near > 0.8 > first @ far


def test_what_it_does_not_know_is_nothing() -> None:
    found = fit_grams(TITLES, 8, seed=0).encode(["", "\u202e\x00", "zzz" * 9000])
    assert found.shape == (3, 8)
    assert not found.any()


def test_it_keeps_no_text(tmp_path: Path) -> None:
    fit_grams(TITLES, 8, seed=0).save(tmp_path)
    data = (tmp_path / "grams.safetensors").read_bytes()
    assert not any(word.encode() in data for word in WORDS)


def test_too_few_titles() -> None:
    with pytest.raises(UsageError, match="too few"):
        fit_grams(["cat"], 8, seed=0)
