from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.results import keys
from popcorn_bench.results.keys import KeyIndex

_KEYS = st.integers(0, 40).map(lambda n: f"{n * 2**58 % 2**64:016x}" + "0" * 48)


@given(st.lists(st.tuples(_KEYS, st.integers(0, 2**62))), st.integers(1, 6))
def test_it_behaves_like_a_dict(entries: Sequence[tuple[str, int]], merge_at: int) -> None:
    index, model = KeyIndex(), dict[str, int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_MERGE_AT", merge_at)
        for key, value in entries:
            index[key] = value
            model[key] = value

    assert all(index.get(key) == value for key, value in model.items())
    assert index.get("f" * 64) is None
