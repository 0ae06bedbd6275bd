"""An index in memory, filled by the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leaderboard.index import Index

_CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def index() -> Iterator[Index]:
    made = Index()
    yield made
    made.connection.close()


@pytest.fixture(scope="session")
def stats_folder() -> Path:
    shared = Path(os.environ.get("POPCORN_SHARED", _CHECKOUT.parent / "shared"))
    folder = shared / "reference" / "stats"
    if not folder.is_dir():
        pytest.skip(f"no reference statistics under {shared}")
    return folder
