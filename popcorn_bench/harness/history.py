"""What earlier runs of a results folder were asked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from popcorn_bench import plugins
from popcorn_bench.errors import UsageError
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.results.journal import journal_files, read_lines


def last_spec(folder: Path, named: Iterable[Path] = ()) -> RunSpec:
    """The spec of the latest run in the folder.

    Args:
        folder: of the results.
        named: plugin files that may run, besides those in use.

    Raises:
        UsageError: where no run has been, or it used a plugin that is not named.
    """
    for path in reversed(journal_files(folder)):
        first = next(read_lines(path), None)
        spec = first.record.get("spec") if first and first.record else None
        if isinstance(spec, dict) and "llms" in spec:  # an import has another kind of spec
            found = RunSpec.from_record(spec, folder)
            plugins.check_named(found.plugin, named)
            return found
    raise UsageError(f"{folder}: no run there")
