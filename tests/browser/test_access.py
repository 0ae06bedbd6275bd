"""Everyone can read and use the page: axe finds nothing, in light and dark, on desk and phone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import opened, watch
from tests.needs import lacking

_AXE = "axe-core@4.14.1"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, which stays outside the project (MPL-2.0)."""
    npm = shutil.which("npm")
    if npm is None:
        lacking("no npm to fetch axe-core with")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder),
         _AXE],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if done.returncode or not script.is_file():
        lacking("axe-core cannot be fetched")
    return script.read_text(encoding="utf-8")


_VIEWS = ("llm", "video", "cell", "heat", "uplift")


def _violations(page: Page) -> list[tuple[str, str, str]]:
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then((r) => r.violations)")
    return [
        (one["id"], one["nodes"][0]["html"][:300], one["nodes"][0]["failureSummary"])
        for one in found
    ]


def _context(browser: Browser, scheme: str, width: int) -> BrowserContext:
    return browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(
    browser: Browser, site: Path, axe: str, scheme: str, width: int
) -> None:
    context = _context(browser, scheme, width)
    page = opened(watch(context.new_page()), site, "#q=synthetic/q00000")
    page.wait_for_selector(".sample")
    page.locator(".sample summary").first.click()
    page.wait_for_selector(".sample dd")
    page.evaluate(axe)
    assert not _violations(page)
    # The rest of the page is the same in every view: what follows looks at the views alone.
    for view in _VIEWS:
        page.locator(f"#tab-{view}").click()
        found = page.evaluate(
            "axe.run('#boards', {resultTypes: ['violations']}).then((r) => r.violations)"
        )
        assert not [(one["id"], one["nodes"][0]["html"][:300]) for one in found], view
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_nothing_on_comparisons_and_histories(
    browser: Browser, versus: tuple[Path, Path], axe: str, scheme: str, width: int
) -> None:
    context = _context(browser, scheme, width)
    for path in versus:
        watched = watch(context.new_page())
        watched.page.goto(path.as_uri())
        watched.page.evaluate(axe)
        assert not _violations(watched.page), path
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width
        assert not watched.faults
    context.close()
