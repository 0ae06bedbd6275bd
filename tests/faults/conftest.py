"""What the campaigns share. `POPCORN_SOAK=1` runs them at full length."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.zygote import Zygote


@pytest.fixture(scope="session")
def soak() -> bool:
    return bool(os.environ.get("POPCORN_SOAK"))


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    with Zygote() as running:
        yield running
