"""`popcorn-bench corpus`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.cli.corpus import command
from tests.corpora.conftest import Write


def run(*args: str) -> Result:
    return CliRunner().invoke(command, args, catch_exceptions=False)


def document(*args: str) -> Any:
    found = run(*args, "--json")
    assert found.exit_code == 0
    return json.loads(found.stdout)


@pytest.fixture
def hostile(write: Write) -> str:
    rows = [
        {"id": 1, "title": "\x1b[2Jgone \u202eback", "category": "[red]A", "comments": 8},
        {"id": 2, "title": "two", "category": "[red]A", "comments": 2},
        {"id": 3, "title": "two!", "category": "B", "comments": 0},
        {"id": 3, "title": "again", "category": "B"},
    ]
    write("rows.json", json.dumps(rows))
    return str(write("hostile.yaml", "corpus: hostile\npath: rows.json\n"))


def test_show_prints_some_rows_and_calls_the_synthetic_so() -> None:
    found = document("show", "--limit", "3", "--category", "Animal")
    assert [row["category"] for row in found["videos"]] == ["Animal"] * 3
    assert (found["synthetic"], found["rows"]) == (True, 440)
    assert "embedded (synthetic): 440 rows" in run("show").stdout


def test_show_of_an_unknown_category_gives_a_hint() -> None:
    with pytest.raises(UsageError, match="'Anima'; did you mean 'Anim"):
        run("show", "--category", "Anima")


def test_what_rows_say_has_no_effect_on_a_terminal(hostile: str) -> None:
    for name in ("show", "stats", "split"):
        shown = run(name, "--corpus", hostile).output
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "[red]A" in shown


def test_stats_count_rows_categories_and_bad_rows(hostile: str) -> None:
    found = document("stats", "--corpus", hostile)
    assert found["log2_comments"] == {"rows": 3, "commented": 2, "mean": 2.0, "sd": 1.4142}
    assert found["categories"] == [
        {"category": "[red]A", "rows": 2, "commented": 2, "mean": 2.0, "sd": 1.4142},
        {"category": "B", "rows": 1, "commented": 0, "mean": None, "sd": None},
    ]
    assert found["bad_reasons"] == {"id: a second time": 1}
    assert found["bad"] == [{"file": "rows.json", "line": 4, "reason": "id: a second time"}]
    assert found["missing"]["likes"] == 3
    assert "bad: 1 rows: id: a second time" in run("stats", "--corpus", hostile).stdout


def test_split_tells_sizes_and_twins_and_writes_them(hostile: str, tmp_path: Path) -> None:
    out = tmp_path / "parts" / "split.parquet"
    found = document("split", "--corpus", hostile, "--seed", "4", "--out", str(out))
    assert (found["groups"], found["twin_groups"], found["twin_rows"]) == (2, 1, 2)
    assert sum(found["parts"].values()) == 3
    frame = pl.read_parquet(out)
    assert frame["id"].to_list() == ["1", "2", "3"]
    assert frame["group"].to_list() == [0, 1, 1]
    assert {p: frame["part"].to_list().count(p) for p in found["parts"]} == found["parts"]


def test_split_into_a_place_that_is_none_is_one_line(hostile: str) -> None:
    with pytest.raises(UsageError, match="--out: "):
        run("split", "--corpus", hostile, "--out", f"{hostile}/x.parquet")


def test_build_tells_path_and_hash(hostile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = document("build", "--corpus", hostile)
    assert Path(found["path"]).is_file()
    shown = run("build", "--corpus", hostile)
    assert found["path"] in shown.stdout
    assert found["sha256"] in shown.stdout
    assert "left out: rows.json:4: id: a second time" in shown.stderr
    monkeypatch.setenv("POPCORN_CACHE", hostile)
    with pytest.raises(UsageError, match="POPCORN_CACHE names another"):
        run("build", "--corpus", hostile)


@pytest.mark.shared
def test_the_real_rows_split_quickly(microlens: Path) -> None:
    found = document("split", "--corpus", "microlens", "--corpus-dir", str(microlens))
    assert sum(found["parts"].values()) == 17_764
    assert found["parts"]["test"] == pytest.approx(1_776, abs=120)
    assert found["twin_groups"] > 100
