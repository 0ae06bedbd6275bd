"""What strangers wrote stays text: nothing of it runs, loads or counts as a formula."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.html import write_html
from tests.browser.conftest import Watched, opened
from tests.leaderboard.index import Index
from tests.leaderboard.pages import ATTACKS


def _attacked(index: Index) -> None:
    """Every attack as the name of an LLM, generator, topic, query, title, prompt and answer."""
    queries = [
        (f"{text} {i}", ("concrete", "abstract")[i % 2], text) for i, text in enumerate(ATTACKS)
    ]
    index.task(queries, name=ATTACKS[0])
    index.evaluator("pop", ATTACKS[2])
    index.evaluator("see", ATTACKS[1], inputs=("video",), name=ATTACKS[13])
    for i in range(0, len(ATTACKS), 4):
        name = " ".join(ATTACKS[i : i + 4]) if i else ATTACKS[0]
        index.llm(f"llm-{i}", name=name)
        index.video(f"v-{i}", name=name, family=name)
        values = {query: 1.0 + j + i / 9 for j, (query, *_) in enumerate(queries)}
        index.score((f"llm-{i}", "", "basic", "pop"), ATTACKS[2], values)
        index.score((f"llm-{i}", f"v-{i % 8}", "basic", "see"), ATTACKS[1], values)
        for (query, *_), text in zip(queries, ATTACKS, strict=True):
            hostile = {"title": text, "video_prompt": text, "cover_prompt": text, "raw": text}
            index.brief(query, f"llm-{i}", reasoning=text, breaches=[text], **hostile)
            index.clip(query, f"llm-{i}", f"v-{i % 8}", run_id=text, suffix='.mp4"><script>')
    index.connection.execute("UPDATE llms SET family = name")
    index.insert("runs", run_id=ATTACKS[0], version=ATTACKS[0], status=ATTACKS[1], spec="{}")


def test_nothing_runs(watched: Watched, tmp_path: Path) -> None:
    index = Index()
    _attacked(index)
    made = board(index.connection)
    path = write_html(made, index.connection, tmp_path / "site", artifacts="../artifacts")
    index.connection.close()
    page = opened(watched, path)
    for tab in page.get_by_role("tab").all():
        tab.click()
    page.get_by_role("tab").first.click()
    for box in page.locator(".pick input:visible").all()[:3]:
        box.check()
    page.locator("#a-compare").click()
    page.evaluate("document.getElementById('gallery').scrollIntoView()")
    page.wait_for_selector(".sample")
    for one in page.locator(".sample summary").all()[:13]:
        one.click()
    page.wait_for_selector(".sample dd")
    for value in page.locator("#f-family option").all_inner_texts()[1:4]:
        page.locator("#f-family").select_option(value)
    page.locator("#f-family").select_option("")
    page.mouse.wheel(0, 20_000)
    page.wait_for_timeout(200)
    assert not watched.faults
    assert watched.requests
    assert all(url.startswith(("file:", "blob:", "data:")) for url in watched.requests)
    assert page.evaluate(
        "({}).polluted === undefined && Object.keys(Object.prototype).length === 0"
    )
    assert page.locator("iframe, object, embed, math").count() == 0
    assert "<script>alert(1)</script>" in page.locator("body").inner_text()
    _no_formula(watched)


def _no_formula(watched: Watched) -> None:
    page = watched.page
    for button in ("#a-csv", "#s-csv"):
        with page.expect_download() as waiting:
            page.locator(button).click()
        rows = list(csv.reader(io.StringIO(Path(waiting.value.path()).read_text("utf-8"))))
        assert len(rows) > len(ATTACKS) // 4
        cells = [cell for row in rows for cell in row]
        for cell in cells:
            assert not cell.lstrip().startswith(("=", "+", "@", "\t")), cell
            assert not cell.startswith("-") or float(cell) < 0


def test_an_address_cannot_do_harm(watched: Watched, site: Path) -> None:
    for hash_ in (
        "#view=<img src=x onerror=alert(1)>",
        "#q=%00&rows=%E0%A4%A",
        "#sort=__proto__&view=constructor",
        '#"]<x>',
    ):
        page = opened(watched, site, hash_)
        assert page.locator("#boards > section:visible").count() >= 1
        page.goto("about:blank")
    assert not watched.faults
