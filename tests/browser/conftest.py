"""A real browser on real pages; skipped where there is no Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.board_data import Size, fill
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.compare.compare import Options, compare
from popcorn_bench.leaderboard.compare.history import Line, history
from popcorn_bench.leaderboard.compare.html import write_comparison, write_history
from popcorn_bench.leaderboard.compare.metric import Asked
from popcorn_bench.leaderboard.compare.side import Place, Wanted
from popcorn_bench.leaderboard.html import write_html
from tests.browser.clips import make_clips
from tests.needs import lacking

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Watched:
    """A page, and everything that happened on it that nobody asked for."""

    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


# Playwright's event loop runs for as long as it is open: closed before another file's tests begin.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    wanted = os.environ.get("POPCORN_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), "")
    if not wanted:
        lacking("no Chromium here (POPCORN_CHROMIUM names one)")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=wanted, args=_FLAGS)
        yield made
        made.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of synthetic results in two modes, with real clips beside it."""
    folder = tmp_path_factory.mktemp("site")
    clips = make_clips(folder / "artifacts", 3)
    with duckdb.connect() as connection:
        fill(connection, Size(queries=24, llms=6, generators=3, modes=2), clips)
        made = board(connection)
        return write_html(made, connection, folder / "site", artifacts="../artifacts")


@pytest.fixture(scope="session")
def versus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The pages of a comparison with clips, and of a history, on synthetic results."""
    folder = tmp_path_factory.mktemp("versus")
    clips = make_clips(folder / "artifacts", 3)
    with duckdb.connect() as connection:
        fill(connection, Size(queries=24, llms=8, generators=3), clips)
        place = Place(connection, folder)
        wanted = Wanted(llm="wren-1"), Wanted(llm="wren-2")
        found = compare(place, place, wanted, Options(margin=0.1))
        family = history(place, Line(family="wren"), Wanted(), Asked())
    return (
        write_comparison(found, folder / "compared", pytest.fail),
        write_history(family, folder / "history"),
    )


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    made.set_default_timeout(6_000)
    yield made
    made.close()


@pytest.fixture
def watched(context: BrowserContext) -> Watched:
    return watch(context.new_page())


def watch(page: Page) -> Watched:
    """Note dialogs, errors, refusals of the content policy, and every request."""
    found = Watched(page)
    page.on("dialog", lambda dialog: found.faults.append(f"dialog {dialog.message}"))
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.on("pageerror", lambda error: found.faults.append(f"error {error}"))
    page.on("console", lambda said: found.faults.append(f"{said.type} {said.text}"))
    page.on("request", lambda request: found.requests.append(request.url))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => console.error('refused', e.blockedURI))"
    )
    return found


def opened(watched: Watched, site: Path, address: str = "") -> Page:
    """The page once its board can be used."""
    watched.page.goto(f"{site.as_uri()}{address}")
    watched.page.wait_for_selector("html[data-ready]")
    return watched.page


def until(page: Page, expression: str) -> None:
    """Wait for a condition; the page's own policy forbids Playwright's `wait_for_function`."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {expression}")
