"""The table of what tests reach, and the floors that hold a build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.covered import main, table, weakest


def _file(lines: tuple[int, int], branches: tuple[int, int]) -> dict[str, object]:
    return {
        "summary": {
            "covered_lines": lines[0], "num_statements": lines[1],
            "covered_branches": branches[0], "num_branches": branches[1],
            "missing_lines": lines[1] - lines[0],
            "percent_covered": 100 * (lines[0] + branches[0]) / (lines[1] + branches[1]),
        }
    }  # fmt: skip


def _report(inner: tuple[int, int]) -> dict[str, object]:
    return {
        "files": {
            "popcorn_bench/types.py": _file((10, 10), (0, 0)),
            "popcorn_bench/results/store.py": _file((80, 90), inner),
            "popcorn_bench/results/merging/union.py": _file((10, 20), (0, 0)),
        }
    }


def test_parts_are_summed_and_what_has_no_branch_lacks_none() -> None:
    found = table(_report((15, 20)))

    assert list(found) == ["(top)", "results", "all"]
    assert found["(top)"] == (100.0, 100.0)
    assert list(found["results"]) == pytest.approx([100 * 90 / 110, 75.0])
    assert list(found["all"]) == pytest.approx([100 * 100 / 120, 75.0])


def test_the_weakest_come_first_and_whole_files_do_not_come() -> None:
    names = [name for name, _, _ in weakest(_report((15, 20)))]
    assert names == ["popcorn_bench/results/merging/union.py", "popcorn_bench/results/store.py"]


@pytest.mark.parametrize(
    ("lines", "branches", "code"),
    [((90, 100), (80, 100), 0), ((89, 100), (99, 100), 1), ((99, 100), (79, 100), 1)],
)
def test_the_floors_are_held(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lines: tuple[int, int],
    branches: tuple[int, int],
    code: int,
) -> None:
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps({"files": {"popcorn_bench/a.py": _file(lines, branches)}}))

    assert main(path) == code
    assert "lines %" in capsys.readouterr().out
