from __future__ import annotations

import pytest

from benchmarks.run_all import written

_FIRST = written("# Page\n", "one")


def test_what_is_measured_stands_once_and_the_rest_stays() -> None:
    page = _FIRST.replace("# Page", "# Page\nby hand") + "\n## More\n"
    again = written(page, "two")
    assert "two" in again
    assert "one" not in again
    assert again.startswith("# Page\nby hand\n")
    assert again.endswith("\n## More\n")
    assert written(again, "two") == again


def test_a_page_with_half_a_mark_is_left_alone() -> None:
    with pytest.raises(ValueError, match="marks"):
        written(_FIRST.partition("one")[0], "two")
