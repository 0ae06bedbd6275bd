"""The site builds strictly, without the network, and loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

pytestmark = pytest.mark.skipif(
    not all(map(find_spec, ("mkdocs", "material", "mkdocstrings"))),
    reason="mkdocs-material and mkdocstrings are not installed",
)
_LOADED = re.compile(
    r"<(?:script|img|iframe|source|video)\b[^>]*?\ssrc=[\"']?(https?:)?//"
    r"|<link\b[^>]*?rel=[\"']?(?:stylesheet|preconnect|icon)[^>]*?href=[\"']?https?://"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, environment: Mapping[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**environment, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    written = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in _pages()}
    assert not [page for page in written if not (site / page).exists()]


def test_every_page_can_be_found_in_the_navigation(site: Path) -> None:
    home = (site / "index.html").read_text()
    lost = [page for page in _pages() if _address(page) not in home]
    assert not lost


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert not _LOADED.search(page.read_text()), page


def test_the_python_reference_has_signatures(site: Path) -> None:
    text = (site / "reference/python.html").read_text()
    for name in ("run", "plan", "load", "compare", "leaderboard", "RunSpec"):
        assert re.search(rf'id="[\w.]*\.{name}"', text), name


def test_scripts_and_caches_stay_out(site: Path) -> None:
    assert not [path for path in site.rglob("*") if path.suffix in {".py", ".pyc"}]


def _pages() -> list[Path]:
    return sorted((ROOT / "docs").rglob("*.md"))


def _address(page: Path) -> str:
    return f'href="{os.fspath(page.relative_to(ROOT / "docs").with_suffix(".html"))}"'
