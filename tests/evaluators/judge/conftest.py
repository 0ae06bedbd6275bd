from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.evaluators.judge.eye import clip
from tests.loopback import Answer, ChatServer


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], ChatServer]]:
    """Start servers that end with the test."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(ChatServer(answer))


@pytest.fixture
def bright(tmp_path: Path) -> Path:
    return clip(tmp_path / "bright.mp4", *[230] * 12)


@pytest.fixture
def dark(tmp_path: Path) -> Path:
    return clip(tmp_path / "dark.mp4", *[40] * 12)


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and endpoints of the machine that runs the tests play no part."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL", "_AUTH_TOKEN", "_TOKEN")):
            monkeypatch.delenv(name)
