from __future__ import annotations

import numpy as np
import pytest

from popcorn_bench.evaluators.popularity.intervals import intervals


def test_the_intervals_cover_what_they_say() -> None:
    rng = np.random.default_rng(0)
    spread = np.repeat([1.0, 2.0, 1.0], [2000, 1980, 20])
    names = np.repeat(["calm", "wild", "rare"], [2000, 1980, 20]).tolist()
    found = intervals(rng.normal(size=4000) * spread, np.zeros(4000), names, ["calm", "unseen"])
    assert found.by_category["calm"].half_width == pytest.approx(1.645, abs=0.1)
    assert found.by_category["wild"].half_width == pytest.approx(3.29, abs=0.2)
    for width in (found.by_category["calm"], found.by_category["wild"], found):
        assert width.coverage == pytest.approx(0.9, abs=0.02)
    assert not found.by_category["rare"].own
    assert found.half_width("never seen") == found.by_category["rare"].half_width == found.pooled
