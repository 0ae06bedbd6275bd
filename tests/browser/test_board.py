"""Views, sorting, filters, comparison and downloads, as a reader uses them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.conftest import Watched, opened, until, watch

_PAIRS = "LLM × generator"  # noqa: RUF001 - as the page says it
_NONE = "–"  # noqa: RUF001
_TABLE = "#boards section[data-panel-of]:not([hidden]) table.board"


def _names(page: Page) -> list[str]:
    rows = page.locator(f"{_TABLE} tr[data-i]:visible")
    return rows.locator("th").all_inner_texts()


def _column(page: Page, name: str) -> list[str]:
    return page.locator(f"{_TABLE} tr[data-i]:visible td.{name}").all_inner_texts()


def _scores(page: Page) -> list[float]:
    return [float(text.split()[0]) for text in _column(page, "score")]


def test_only_the_view_that_is_asked_for_shows(watched: Watched, site: Path) -> None:
    page = opened(watched, site)
    assert page.locator("#boards > section[data-view]:visible").count() == 1
    assert len(_names(page)) == 6
    page.get_by_role("tab", name="Video generators").click()
    assert set(_names(page)) == {"still", "aurora", "brook"}
    assert "view=video" in page.url
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", name=_PAIRS).get_attribute("aria-selected") == "true"
    page.get_by_role("tab", name="Heat map").click()
    assert page.locator("table.heat:visible").count() >= 2, "one per mode"
    page.get_by_role("tab", name="Mode uplift").click()
    assert page.locator("table.change:visible").count() >= 1
    assert not watched.faults


def test_the_back_button_undoes_a_choice_and_stays_on_the_page(
    watched: Watched, site: Path
) -> None:
    page = opened(watched, site)
    page.locator("#f-find").fill("w")
    until(page, "location.hash.includes('find=w')")
    page.locator("#f-find").fill("wren")
    until(page, "location.hash.includes('find=wren')")
    page.get_by_role("tab", name="Video generators").click()
    page.get_by_role("tab", name="Heat map").click()
    page.go_back()
    until(page, "document.querySelector('#tab-video').ariaSelected === 'true'")
    page.go_back()
    until(page, "document.querySelector('#tab-llm').ariaSelected === 'true'")
    assert _names(page) == ["wren-1"], "typing takes no steps"
    page.go_forward()
    until(page, "document.querySelector('#tab-video').ariaSelected === 'true'")
    assert not watched.faults


def test_a_heading_sorts_both_ways_and_back(watched: Watched, site: Path) -> None:
    page = opened(watched, site, "#view=llm&metric=popularity")
    first = _names(page)
    head = page.locator(f"{_TABLE} th[data-sort=score]")
    head.get_by_role("button").click()
    assert _scores(page) == sorted(_scores(page), reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    head.get_by_role("button").press("Enter")
    assert _scores(page) == sorted(_scores(page))
    assert "sort=score" in page.url
    head.get_by_role("button").click()
    assert _names(page) == first
    page.locator(f"{_TABLE} th[data-sort=llm] button").click()
    assert _names(page) == sorted(_names(page))


def test_filters_narrow_the_rows_and_stand_in_the_address(watched: Watched, site: Path) -> None:
    page = opened(watched, site)
    page.locator("#f-family").select_option("wren")
    assert _names(page) == ["wren-1"]
    assert "family=wren" in page.url
    page.get_by_role("button", name="Reset").click()
    assert len(_names(page)) == 6
    page.locator("#f-find").fill("finch")
    until(page, "document.querySelector('#status').textContent.startsWith('1 of 6')")
    assert _names(page) == ["finch-1"]
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert _names(page) == ["finch-1"], "the address holds what was chosen"


def test_a_part_of_the_queries_has_its_own_numbers(watched: Watched, site: Path) -> None:
    page = opened(watched, site, "#view=llm&metric=popularity")
    whole = dict(zip(_names(page), _column(page, "score"), strict=True))
    page.locator("#f-part").select_option("kind:abstract")
    part = dict(zip(_names(page), _column(page, "score"), strict=True))
    assert set(part) == set(whole)
    assert all(part[name] != whole[name] for name in whole)
    assert all(text.endswith(("/24", "/12")) for text in _column(page, "scored"))
    page.locator("#f-part").select_option("topic:food")
    assert set(_column(page, "rank")) == {_NONE}, "a topic is not ranked"
    page.locator("#f-part").select_option("")
    assert dict(zip(_names(page), _column(page, "rank"), strict=True))["echo"] != _NONE


def test_a_mode_has_its_own_numbers(watched: Watched, site: Path) -> None:
    page = opened(watched, site, "#view=llm&metric=popularity")
    both = _scores(page)
    page.locator("#f-mode").select_option("pe")
    assert sum(_scores(page)) > sum(both), "made so that pe helps"
    page.get_by_role("tab", name=_PAIRS).click()
    assert set(
        page.locator(f"{_TABLE} tr[data-i]:visible td.name:nth-child(4)").all_inner_texts()
    ) == {"pe"}


def test_rows_can_be_put_side_by_side(watched: Watched, site: Path) -> None:
    page = opened(watched, site)
    names = _names(page)
    for name in names[:2]:
        page.get_by_label(f"Compare {name}", exact=True).and_(page.locator(":visible")).check()
    page.get_by_role("button", name="Compare 2").click()
    shown = page.locator("#c-table")
    assert shown.locator("thead th").all_inner_texts() == ["Metric", *names[:2]]
    assert shown.locator("tbody tr").count() == 3
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("#comparison:not([hidden])")
    assert page.locator("#c-table thead th").all_inner_texts() == ["Metric", *names[:2]]
    for name in names[2:4]:
        page.get_by_label(f"Compare {name}", exact=True).and_(page.locator(":visible")).check()
    assert (
        page.get_by_label(f"Compare {names[4]}", exact=True)
        .and_(page.locator(":visible"))
        .is_disabled()
    )


def test_the_csv_is_what_is_shown(watched: Watched, site: Path) -> None:
    page = opened(watched, site, "#view=llm&metric=popularity&family=wren")
    with page.expect_download() as waiting:
        page.locator("#a-csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8"))))
    assert [row["llm"] for row in rows] == ["wren-1"]
    assert abs(float(rows[0]["mean"]) - _scores(page)[0]) < 0.01
    assert rows[0]["rank_low"]


def test_dark_is_kept_and_the_system_is_followed(browser: Browser, site: Path) -> None:
    context = browser.new_context(color_scheme="dark")
    watched = watch(context.new_page())
    page = opened(watched, site)

    def paper() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = paper()
    page.get_by_role("button", name="Dark").click()
    assert paper() != dark
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert paper() != dark, "the choice is kept"
    assert not watched.faults
    context.close()


def test_a_phone_scrolls_down_only(browser: Browser, site: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = opened(watch(context.new_page()), site, "#q=synthetic/q00000")
    page.wait_for_selector(".sample")
    for view in ("llm", "video", "cell", "heat", "uplift"):
        page.locator(f"#tab-{view}").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
    context.close()


def test_the_page_reads_without_scripts(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.as_uri())
    assert page.locator("table.board:visible").count() >= 8
    assert page.locator("#samples").is_visible()
    assert page.locator("button:visible").count() == 0, "nothing that would do nothing"
    context.close()
