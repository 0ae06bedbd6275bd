"""Clips play, samples open, and links lead to one query."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.board_data import Size, fill
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.html import write_html
from tests.browser.clips import make_clips
from tests.browser.conftest import Watched, opened, until


def test_a_link_opens_its_query_and_a_clip_plays(watched: Watched, site: Path) -> None:
    page = opened(watched, site, "#q=synthetic/q00003&llm=1")
    page.wait_for_selector(".sample video")
    assert "number 4," in page.locator("#g-about").inner_text()
    assert set(page.locator(".who").all_inner_texts()) <= {
        f"wren-1 · {video} · {mode}"
        for video in ("still", "aurora", "brook")
        for mode in ("basic", "pe")
    }
    video = page.locator(".sample video").first
    assert video.get_attribute("preload") in {"none", "metadata"}
    video.evaluate("(v) => v.play()")
    until(page, "document.querySelector('.sample video').currentTime > 0.1")
    page.get_by_role("button", name="Next").first.click()
    assert "number 5," in page.locator("#g-about").inner_text()
    assert "q00004" in page.url
    assert not watched.faults
    assert all(url.startswith(("file:", "blob:", "data:")) for url in watched.requests)


def test_every_clip_shows_its_poster_once_it_is_in_view(watched: Watched, site: Path) -> None:
    """Its file lies beside the page; below the fold nothing is loaded."""
    page = opened(watched, site, "#q=synthetic/q00007")
    page.wait_for_selector(".sample video")
    videos = page.locator(".sample video")
    assert videos.count() == 12
    for at in (0, 11):
        videos.nth(at).scroll_into_view_if_needed()
        until(page, f"document.querySelectorAll('.sample video')[{at}].poster !== ''")
        poster = videos.nth(at).get_attribute("poster") or ""
        assert (site.parent / poster).is_file()
    page.evaluate("scrollTo(0, 0)")
    page.locator("#g-more").click()
    assert videos.last.get_attribute("poster") is None
    assert not watched.faults


def test_a_sample_tells_its_prompts_and_where_it_came_from(watched: Watched, site: Path) -> None:
    page = opened(watched, site, "#q=synthetic/q00000")
    page.wait_for_selector(".sample")
    page.locator(".sample summary").first.click()
    page.wait_for_selector(".sample dd")
    said = page.locator(".sample dl").first.inner_text()
    for part in (
        "Video prompt",
        "Cover prompt",
        "Answer as it came",
        "tokens",
        "run synthetic",
        ".mp4",
    ):
        assert part in said


def test_all_samples_are_searched_and_sorted(watched: Watched, site: Path) -> None:
    page = opened(watched, site, "#q=synthetic/q00000")
    page.wait_for_selector("#s-table tbody tr")
    page.locator("#s-find").fill("finch brook film")
    until(page, "!/^(\\d+) of \\1 /.test(document.querySelector('#s-count').textContent)")
    texts = page.locator("#s-table tbody tr").all_inner_texts()
    assert texts
    assert all("finch" in text and "brook" in text and "film" in text for text in texts)
    page.locator("#s-table th[data-sort=score] button").click()
    values = [float(t) for t in page.locator("#s-table tbody td.num").all_inner_texts()]
    assert values == sorted(values)


def test_a_portable_page_carries_its_clips(watched: Watched, tmp_path: Path) -> None:
    clips = make_clips(tmp_path / "artifacts", 2)
    with duckdb.connect() as connection:
        fill(connection, Size(queries=2, llms=2, generators=2), clips)
        made = board(connection)
        path = write_html(
            made, connection, tmp_path / "site", artifacts="../artifacts", inline_videos=2
        )
    (tmp_path / "artifacts").rename(tmp_path / "elsewhere")
    alone = path.rename(tmp_path / "alone.html")
    page = opened(watched, alone, "#q=synthetic/q00000")
    page.wait_for_selector(".sample video")
    video = page.locator(".sample video").first
    assert (video.get_attribute("src") or "").startswith("data:video/mp4;base64,")
    video.scroll_into_view_if_needed()  # it gets its poster when it comes into view
    until(page, "document.querySelector('.sample video').poster.startsWith('data:image/webp')")
    video.evaluate("(v) => v.play()")
    until(page, "document.querySelector('.sample video').currentTime > 0.1")
    assert not watched.faults


def test_what_cannot_be_put_in_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    with duckdb.connect() as connection:
        fill(connection, Size(queries=2, llms=2, generators=2))
        made = board(connection)
        write_html(
            made, connection, tmp_path, artifacts="artifacts", inline_videos=3, warn=told.append
        )
    assert any("not put into the page" in line and "and 2 more" in line for line in told)


@pytest.mark.parametrize("artifacts", [None])
def test_without_clips_the_gallery_says_so(
    watched: Watched, tmp_path: Path, artifacts: str | None
) -> None:
    with duckdb.connect() as connection:
        fill(connection, Size(queries=2, llms=2, generators=2))
        path = write_html(board(connection), connection, tmp_path, artifacts=artifacts)
    page = opened(watched, path, "#q=synthetic/q00000")
    page.wait_for_selector(".sample")
    assert "clip not linked" in page.locator(".sample").first.inner_text()
    assert not watched.faults
