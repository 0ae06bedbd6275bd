# ruff: noqa: INP001 - a script beside the documents
"""Draw the pictures of README and docs from synthetic results.

    python -m docs.screenshots [--chromium PATH]

The LLMs, generators and scores are made up (task `synthetic`); the clips are drawn by the baseline
generator from queries of the shipped tasks.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.board_data import Size, fill
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.compare.compare import Options, compare
from popcorn_bench.leaderboard.compare.history import Line, history
from popcorn_bench.leaderboard.compare.html import write_comparison, write_history
from popcorn_bench.leaderboard.compare.metric import Asked
from popcorn_bench.leaderboard.compare.side import Place, Wanted
from popcorn_bench.leaderboard.html import write_html

_IMAGES = Path(__file__).parent / "images"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
_SHOTS = (
    ("board.png", "light", 1240, 1060, ""),
    ("board_dark.png", "dark", 1240, 1060, "#view=cell&metric=watchability"),
    ("heat.png", "light", 1240, 900, "#view=heat"),
    ("phone.png", "light", 390, 1000, "#view=llm"),
    ("plots.png", "light", 1240, 1400, "#plots"),
    ("gallery.png", "light", 1240, 900, "#q=synthetic/q00000"),
)
_VERSUS = (("compare.png", "light", 1240, 1100, ""), ("history.png", "dark", 1240, 900, ""))


def sites(folder: Path) -> tuple[Path, Path, Path]:
    """The board, a comparison and a history of made-up results with drawn clips."""
    run = [sys.executable, "-m", "popcorn_bench", "--limit", "20", "--display", "none"]
    subprocess.run([*run, "--output-path", "results"], cwd=folder, check=True, capture_output=True)  # noqa: S603
    clips = tuple(path.stem for path in sorted((folder / "results/artifacts").glob("*/*.mp4")))
    with duckdb.connect() as connection, contextlib.chdir(folder):
        fill(connection, Size(queries=80, llms=14, generators=5, modes=2), clips)
        connection.execute("UPDATE briefs SET title = 'A made-up title, ' || right(query_id, 3)")
        made = board(connection)
        page = write_html(made, connection, folder / "site", artifacts="../results/artifacts")
        place = Place(connection, Path("results"))
        pair = Wanted(llm="wren-1"), Wanted(llm="wren-2")
        found = compare(place, place, pair, Options(margin=0.1, by=("video", "kind"), movers=2))
        family = history(place, Line(family="wren"), Wanted(), Asked())
        compared = write_comparison(found, folder / "compared", print)
    return page, compared, write_history(family, folder / "history")


def shoot(browser: Any, page: Path, shot: tuple[str, str, int, int, str]) -> None:  # noqa: ANN401 - Playwright is not always there
    """One picture."""
    name, scheme, width, height, address = shot
    tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    tab.goto(f"{page.as_uri()}{address}")
    if page.parent.name == "site":
        tab.wait_for_selector("html[data-ready]")
    tab.wait_for_timeout(1500)
    if address.startswith("#q"):
        tab.evaluate("document.getElementById('gallery').scrollIntoView()")
        tab.wait_for_timeout(500)
    tab.screenshot(path=_IMAGES / name)
    tab.close()


def main() -> None:
    """Draw all of them."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description="Draw the pictures of README and docs.")
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    chromium = parser.parse_args().chromium
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        page, *versus = sites(Path(scratch))
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        for shot in _SHOTS:
            shoot(browser, page, shot)
        for one, shot in zip(versus, _VERSUS, strict=True):
            shoot(browser, one, shot)
        browser.close()


if __name__ == "__main__":
    main()
