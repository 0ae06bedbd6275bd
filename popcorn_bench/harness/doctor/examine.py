"""All that the doctor looks at, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from popcorn_bench.harness.doctor import models, system
from popcorn_bench.harness.doctor.finding import Finding


def examine(folder: Path, include: Sequence[Path], *, offline: bool) -> Iterator[Finding]:
    """What this machine can run, and what would mend what it cannot.

    Args:
        folder: results folder that is meant.
        include: folders with models and tasks of one's own.
        offline: do not look whether the hub can be reached.
    """
    paths = list(include)
    return chain(
        system.python(),
        system.extras(),
        system.disk(folder),
        system.gpu(),
        system.codecs(),
        system.browser(),
        () if offline else system.hub(),
        models.keys(paths),
        models.generators(paths),
        models.evaluators(),
        models.added(),
    )
