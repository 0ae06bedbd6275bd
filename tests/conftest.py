"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Data and reference values that are not part of the project."""
    beside = Path(__file__).resolve().parents[1].parent / "shared"
    folder = Path(os.environ.get("POPCORN_SHARED", beside))
    if not folder.is_dir():
        pytest.skip("needs the data beside the project (POPCORN_SHARED)")
    return folder
