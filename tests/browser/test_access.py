"""Everyone can read and use the page: axe finds nothing, in light and dark, on desk and phone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import opened, watch

_AXE = "axe-core@4.14.1"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, which stays outside the project (MPL-2.0)."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm to fetch axe-core with")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder),
         _AXE],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if done.returncode or not script.is_file():
        pytest.skip("axe-core cannot be fetched")
    return script.read_text(encoding="utf-8")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_nothing(browser: Browser, site: Path, axe: str, scheme: str, width: int) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    page = opened(watch(context.new_page()), site, "#q=synthetic/q00000")
    page.wait_for_selector(".sample")
    page.locator(".sample summary").first.click()
    page.wait_for_selector(".sample dd")
    page.evaluate(axe)
    for view in (
        ("llm", "heat") if scheme == "dark" else ("cell", "uplift") if width > 390 else ("llm",)
    ):
        page.locator(f"#tab-{view}").click()
        found = page.evaluate("axe.run({resultTypes: ['violations']}).then((r) => r.violations)")
        assert not [
            (one["id"], one["nodes"][0]["html"][:300], one["nodes"][0]["failureSummary"])
            for one in found
        ], view
    context.close()
