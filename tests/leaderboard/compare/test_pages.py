"""Comparisons and histories as pages: numbers, clips, and nothing of what strangers wrote runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from popcorn_bench.leaderboard.compare.compare import Options, compare
from popcorn_bench.leaderboard.compare.history import Line, history
from popcorn_bench.leaderboard.compare.html import write_comparison, write_history
from popcorn_bench.leaderboard.compare.metric import Asked
from popcorn_bench.leaderboard.compare.side import Place, Wanted
from tests.browser.clips import make_clips
from tests.leaderboard.index import Index
from tests.leaderboard.pages import HOSTILE, Page

_ALLOWED = {"default-src 'none'", "img-src 'self' data:", "base-uri 'none'"}


def _filled(index: Index, clips: tuple[str, ...] = ()) -> None:
    """Every attack as a query, topic, title and name of one of two versions."""
    queries = [f"q{i:02d}" for i in range(len(HOSTILE))]
    index.task([(q, "concrete", text) for q, text in zip(queries, HOSTILE, strict=True)],
               name=HOSTILE[0])  # fmt: skip
    index.connection.execute("UPDATE queries SET text = topic")
    index.evaluator("pop", HOSTILE[2])
    for i, (name, day) in enumerate(((HOSTILE[0], "2024-01"), (HOSTILE[1], "2025-01"))):
        index.insert("llms", llm_id=f"m{i}", name=name, family=HOSTILE[3], release_date=day)
        values = {query: j * 0.1 + i * (1 + j % 3) for j, query in enumerate(queries)}
        index.score((f"m{i}", "", "basic", "pop"), HOSTILE[2], values)
        for query, text in zip(queries, HOSTILE, strict=True):
            index.brief(query, f"m{i}", title=text)
            if clips:
                index.clip(query, f"m{i}", "v", sha256=clips[i])


def _safe(path: Path) -> Page:
    page = Page(path.read_text("utf-8"))
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert scripts == [{}], "our own, which sets the theme"
    assert not [tag for tag, _ in page.tags if tag in {"iframe", "img", "base", "form", "object"}]
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert not (attributes.get("href") or "").lower().startswith(("http", "javascript", "//"))
    [policy] = [a["content"] or "" for t, a in page.tags if "http-equiv" in a and t == "meta"]
    assert set(policy.split("; ")) >= _ALLOWED
    text = " ".join(page.text)
    assert "\x1b" not in text
    assert "\u202e" not in text
    return page


def test_a_comparison_shows_both_clips_and_runs_nothing(index: Index, tmp_path: Path) -> None:
    clips = make_clips(tmp_path / "results" / "artifacts", 2)
    index.video("v")
    _filled(index, clips)
    place = Place(index.connection, tmp_path / "results")
    found = compare(
        place, place, (Wanted(llm="m0"), Wanted(llm="m1")), Options(margin=0.1, movers=3)
    )
    path = write_comparison(found, tmp_path / "page", pytest.fail)
    page = _safe(path)
    videos = [attributes for tag, attributes in page.tags if tag == "video"]
    assert len(videos) == 6
    for i, video in enumerate(videos):
        assert clips[i % 2] in (video["src"] or "")
        assert (path.parent / (video["src"] or "")).is_file()
        assert (path.parent / (video["poster"] or "")).is_file()
        assert video["preload"] == "none"
    text = " ".join(" ".join(page.text).split())
    assert "Verdict: improved" in text
    assert "<script>alert(1)</script>" in text


def test_a_history_is_drawn_and_listed(index: Index, tmp_path: Path) -> None:
    _filled(index)
    place = Place(index.connection, tmp_path)
    found = history(place, Line(names=("m0", "m1")), Wanted(), Asked())
    page = _safe(write_history(found, tmp_path / "page"))
    assert [tag for tag, _ in page.tags].count("circle") == 2 + 4, "two versions and our mark"
    rows = [tag for tag, _ in page.tags if tag == "tr"]
    assert len(rows) == 3


def test_sides_that_share_nothing_are_said_to(index: Index, tmp_path: Path) -> None:
    queries = index.simple_task(2)
    index.evaluator("pop", "popularity")
    for name, query in zip(("x", "y"), queries, strict=True):
        index.llm(name)
        index.score((name, "", "basic", "pop"), "popularity", {query: 1.0})
    place = Place(index.connection, tmp_path)
    found = compare(place, place, (Wanted(llm="x"), Wanted(llm="y")), Options())
    page = Page(write_comparison(found, tmp_path, pytest.fail).read_text("utf-8"))
    text = " ".join(page.text)
    assert "nothing to compare" in text
