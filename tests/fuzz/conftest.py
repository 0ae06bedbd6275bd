"""The pen that cases run in, and a word at the end about what was run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.campaign import Tally, tell
from tests.fuzz.pen import Pen


@pytest.fixture(scope="session")
def pen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pen]:
    folder = tmp_path_factory.mktemp("pen")
    with Pen(folder, {"POPCORN_CACHE": str(folder / "cache")}) as running:
        yield running


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Counts the cases of a test; a subclass would be needed to count across processes."""
    counted = Tally()
    yield counted
    request.node.user_properties.append(("fuzz", counted.words()))


@pytest.fixture(scope="session")
def results(pen: Pen) -> Iterator[Path]:
    """A results folder of the embedded default, small, made once."""
    with pen.place() as folder:
        args = ("--limit=2", "--llms=echo,template", "--videos=still", "--display=none", "--json")
        done = pen.run("run", *args, cwd=folder)
        assert done.code == 0, done.err
        yield folder / "results"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    tell(terminalreporter)
