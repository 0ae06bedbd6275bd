"""The generators of a board: what their clips are, what they took, and in what they differ."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.export import to_json, to_markdown
from popcorn_bench.leaderboard.generators.record import FIELDS
from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.terminal import render
from tests.leaderboard.index import Index
from tests.leaderboard.pages import HOSTILE, Page

_COMMIT = "0123456789abcdef0123456789abcdef01234567"


def _ltx(index: Index, times: tuple[float, ...] = (10, 20, 30, 40, 110), **values: Any) -> None:
    """Five clips of LTX on a GPU, one more that is reused, one that failed."""
    queries = index.simple_task(7)
    index.llm("a")
    index.evaluator("q", "freeze", inputs=("video",))
    index.score(("a", "ltx", "basic", "q"), "freeze", dict.fromkeys(queries[:6], 0.1))
    settings = {"num_inference_steps": 50, "guidance_scale": 3.0, "fps": 24, "api_base": "secret"}
    card = {
        "family": "LTX-Video", "adapter": "diffusers", "revision": _COMMIT,
        "licence": "its own", "release_date": "2024-11", "settings": json.dumps(settings),
    }  # fmt: skip
    index.video("ltx", **card | values)
    for query, seconds in zip(queries, times, strict=False):
        index.clip(query, "a", "ltx", made_seconds=seconds, peak_gb=20.0 + seconds / 100)
    index.clip(queries[5], "a", "ltx", made_seconds=999.0, peak_gb=99.0, reused=True)
    index.failure(queries[6], "a", "video", video_id="ltx")


def _cpu(index: Index, video: str = "still", **values: Any) -> None:
    """A baseline on the CPU beside it: 45 frames in 3 s, no steps."""
    index.video(video, baseline=True, adapter=video, revision="1", settings="{}")
    small = {"width": 288, "height": 512, "frames": 45, "fps": 15.0, "seconds": 3.0}
    for query in ("q000", "q001"):
        index.clip(query, "a", video, **small | {"made_seconds": 0.5} | values)


def _record(index: Index, **asked: Any) -> list[dict[str, Any]]:
    found = json.loads(to_json(board(index.connection, **asked)))["meta"]["generators"]
    assert all(list(one) == list(FIELDS) for one in found)
    assert isinstance(found, list)
    return found


def _terminal(index: Index, width: int = 120, **asked: Any) -> str:
    out = io.StringIO()
    render(board(index.connection, **asked), Console(file=out, width=width, color_system=None))
    return out.getvalue().partition("Generators\n")[2].partition("How far to trust")[0]


def _page(index: Index, folder: Path, **asked: Any) -> str:
    made = board(index.connection, **asked)
    return write_html(made, index.connection, folder).read_text("utf-8")


def _everywhere(index: Index, folder: Path, **asked: Any) -> list[str]:
    markdown = to_markdown(board(index.connection, **asked)).replace("\\", "")
    shown = _terminal(index, **asked), _page(index, folder, **asked), markdown
    return [" ".join(form.split()) for form in shown]


def test_clips_that_were_made_are_measured_and_reused_ones_are_not(index: Index) -> None:
    _ltx(index)
    [ltx] = _record(index)
    assert (ltx["clips"], ltx["clips_made"], ltx["failed"]) == (6, 5, 1)
    assert ltx["made_seconds_median"] == 30
    assert ltx["made_seconds_p90"] == pytest.approx(82)
    assert ltx["made_seconds_total"] == ltx["gpu_seconds"] == 210
    assert ltx["peak_gb"] == pytest.approx(21.1)
    assert ltx["cost_usd"] == 0
    assert (ltx["sizes"], ltx["frames"], ltx["fps"]) == ([[704, 480]], [161, 161], [24, 24])
    assert ltx["seconds"] == [6.7, 6.7]
    assert (ltx["adapter"], ltx["revision"], ltx["family"]) == ("diffusers", _COMMIT, "LTX-Video")
    assert ltx["settings"] == {"num_inference_steps": 50, "guidance_scale": 3.0, "fps": 24}


def test_every_form_shows_what_matters_to_fairness(index: Index, tmp_path: Path) -> None:
    _ltx(index)
    for form in _everywhere(index, tmp_path):
        for said in ("704x480", "6.7 s", "5 of 6", "30.0 s", "21.1 GB", "0123456789ab"):
            assert said in form, said
    assert "its own" in _page(index, tmp_path)
    narrow = _terminal(index, 80)
    assert "704x480" in narrow
    assert "50" in narrow.split()
    assert "GB" not in narrow


def test_a_failure_that_was_mended_is_none(index: Index) -> None:
    _ltx(index)
    index.clip("q006", "a", "ltx")
    assert _record(index)[0]["failed"] == 0


def test_a_generator_that_only_failed_is_shown(index: Index, tmp_path: Path) -> None:
    _ltx(index)
    index.video("mochi")
    for query in ("q000", "q001"):
        index.failure(query, "a", "video", video_id="mochi", cost_usd=0.25)
    _, mochi = _record(index)
    assert (mochi["name"], mochi["clips_made"], mochi["failed"]) == ("mochi", 0, 2)
    assert (mochi["seconds"], mochi["made_seconds_median"], mochi["cost_usd"]) == (None, None, 0.5)
    assert "mochi" in _page(index, tmp_path)


def test_time_on_a_gpu_has_a_price_and_other_time_has_none(index: Index, tmp_path: Path) -> None:
    _ltx(index)
    _cpu(index)
    ltx, still = _record(index, gpu_hour_usd=36.0)
    assert ltx["gpu_cost_usd"] == pytest.approx(2.1)
    assert (still["gpu_cost_usd"], still["gpu_seconds"], still["peak_gb"]) == (None, None, None)
    for form in _everywhere(index, tmp_path, gpu_hour_usd=36.0):
        assert "$2.10" in form
        assert "not a GPU" in form
        assert "$36.00 an hour" in form
    assert all("GPU cost" not in form for form in _everywhere(index, tmp_path))
    assert _record(index)[0]["gpu_cost_usd"] is None


def test_only_the_time_that_was_spent_on_a_gpu_counts(index: Index) -> None:
    _ltx(index)
    index.clip("q006", "a", "ltx", made_seconds=1000.0)
    [ltx] = _record(index, gpu_hour_usd=36.0)
    assert (ltx["made_seconds_total"], ltx["gpu_seconds"]) == (1210, 210)
    assert ltx["gpu_cost_usd"] == pytest.approx(2.1)


def test_what_a_provider_asked_is_shown_and_unknown_stays_unknown(index: Index) -> None:
    _ltx(index)
    _cpu(index, "sora", cost_usd=0.4)
    index.failure("q002", "a", "video", video_id="sora", cost_usd=0.1)
    _, sora = _record(index)
    assert sora["cost_usd"] == pytest.approx(0.9)
    assert "$0.90" in _terminal(index)
    index.clip("q003", "a", "sora", cost_usd=None)
    assert _record(index)[1]["cost_usd"] is None
    assert "unknown" in _terminal(index)


def test_covers_are_marked_and_share_a_name_with_clips(index: Index) -> None:
    _ltx(index)
    index.video("cover-1", name="ltx")
    index.clip("q000", "a", "cover-1", stage="cover", frames=0, fps=0.0, seconds=0.0)
    clips, covers = _record(index)
    assert (clips["name"], covers["name"]) == ("ltx", "ltx"), "no pieces of an identity"
    assert (clips["covers"], covers["covers"]) == (False, True)
    assert (covers["fps"], covers["seconds"], covers["sizes"]) == (None, None, [[704, 480]])
    assert "ltx (covers)" in _terminal(index)
    assert "Clips" not in _terminal(index), "one generator of clips has nothing to differ from"


def test_generators_of_one_name_are_told_apart(index: Index) -> None:
    _ltx(index)
    _cpu(index, "other")
    index.connection.execute("UPDATE generators SET name = 'ltx'")
    names = [one["name"] for one in _record(index)]
    assert len(set(names)) == 2
    assert all(name.startswith("ltx") for name in names)


_DIFFERENT = (
    "Clips differ in length (3.0 to 6.7 s), frames per second (15 to 24) and pixels a frame "
    "(147,456 to 337,920): run with --profile matched for equal ones."
)
_PIXELS = "Clips differ in pixels a frame (147,456 to 337,920): run with --profile matched"
_ALIKE = (
    "Clips are alike in length (6.7 to 6.8 s), frames per second (24) and pixels a frame "
    "(286,720 to 337,920)."
)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, _DIFFERENT),
        ({"seconds": 6.7, "fps": 24.0}, _PIXELS),
        ({"seconds": 6.75, "fps": 24.0, "width": 640, "height": 448}, _ALIKE),
    ],
)
def test_what_differs_is_said_from_the_clips_themselves(
    index: Index, tmp_path: Path, other: dict[str, Any], said: str
) -> None:
    _ltx(index, settings=json.dumps({"width": 1, "fps": 99}))
    _cpu(index, **other)
    assert all(said in form for form in _everywhere(index, tmp_path))


def test_a_generator_whose_clips_vary_shows_both_ends(index: Index) -> None:
    _ltx(index)
    index.clip("q006", "a", "ltx", width=288, height=512, seconds=2.9, frames=70)
    shown = _terminal(index)
    assert "288x512–704x480" in shown  # noqa: RUF001
    assert "2.9–6.7 s" in shown  # noqa: RUF001


def test_only_the_shown_tasks_and_modes_count(index: Index) -> None:
    _ltx(index)
    index.mode("ab12", "pe")
    index.clip("q006", "a", "ltx", mode="ab12", made_seconds=7.0)
    index.score(("a", "ltx", "ab12", "q"), "freeze", {"q006": 0.1})
    index.task([("q000", "concrete", "food")], "task-9", "other")
    index.clip("q000", "a", "ltx", task_id="task-9", made_seconds=8.0)
    [everything] = _record(index)
    assert everything["clips_made"] == 7
    [pe] = _record(index, mode="pe")
    assert (pe["clips_made"], pe["made_seconds_total"]) == (1, 7)
    [other] = _record(index, tasks=["other"])
    assert (other["clips_made"], other["made_seconds_total"]) == (1, 8)


def test_a_board_without_clips_has_no_such_section(index: Index, tmp_path: Path) -> None:
    queries = index.simple_task(3)
    index.evaluator("p", "popularity")
    index.score(("a", "", "basic", "p"), "popularity", dict.fromkeys(queries, 1.0))
    assert _record(index) == []
    assert _terminal(index) == ""
    assert 'id="generators"' not in _page(index, tmp_path)
    assert "### Generators" not in to_markdown(board(index.connection))


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_terminal_fits(index: Index, width: int) -> None:
    _ltx(index, name="a-rather-long-name-of-a-generator-2025")
    _cpu(index)
    lines = _terminal(index, width, gpu_hour_usd=2.0).splitlines()
    assert lines
    assert max(map(len, lines)) <= width


def test_what_strangers_wrote_stays_text(index: Index, tmp_path: Path) -> None:
    plain = Index()
    _ltx(plain)
    _cpu(plain)
    known = {tag for tag, _ in Page(_page(plain, tmp_path)).tags}
    plain.connection.close()
    for word in HOSTILE:
        _hostile(index, word)
    attacked = Page(_page(index, tmp_path))
    assert {tag for tag, _ in attacked.tags} <= known
    assert not {"\u202e", "\x1b"} & set("".join(attacked.text))
    shown = _terminal(index)
    assert not {char for char in shown if text.clean(char) != char} - {"\n"}
    markdown = to_markdown(board(index.connection))
    assert "<" not in markdown.replace("&lt;", "")
    assert "](" not in markdown.replace(r"\]\(", "")
    assert {one["name"] for one in _record(index)} == set(HOSTILE), "data stays as it is"


def _hostile(index: Index, word: str) -> None:
    if not index.connection.execute("SELECT 1 FROM tasks").fetchone():
        index.simple_task(1)
        index.evaluator("q", "freeze", inputs=("video",))
        index.score(("a", "v", "basic", "q"), "freeze", {"q000": 0.1})
    steps = json.dumps({"num_inference_steps": word, "x": word})
    card: dict[str, Any] = {"family": word, "adapter": word, "revision": word, "licence": word}
    index.video(word, **card, release_date=word, settings=steps)
    index.clip("q000", "a", word)
