from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from popcorn_bench.tasks.corpora.catalog import CorpusCatalog
from popcorn_bench.tasks.corpora.corpus import Corpus

Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("POPCORN_CACHE", str(folder))
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the test's folder and give its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dedent(text).lstrip("\n").encode())
        return path

    return write


@pytest.fixture(scope="session")
def microlens() -> Path:
    """The folder with the real rows."""
    shared = os.environ.get("POPCORN_SHARED")
    root = Path(shared) if shared else Path(__file__).resolve().parents[2] / ".." / "shared"
    folder = root / "data" / "microlens_100k"
    if not folder.is_dir():
        pytest.skip("the MicroLens rows are not here (set POPCORN_SHARED)")
    return folder


@pytest.fixture
def real(microlens: Path) -> Corpus:
    return CorpusCatalog().load("microlens", microlens)
