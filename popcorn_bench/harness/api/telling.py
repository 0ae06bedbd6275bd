"""What functions have to say: lines to whoever wants them, and nothing printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from popcorn_bench.harness.spec import DEFAULT_OUTPUT, check_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Tell: TypeAlias = Callable[[str], None]
Folder: TypeAlias = str | Path
Folders: TypeAlias = str | Path | Iterable[str | Path]
Names: TypeAlias = str | Iterable[str]  # `"a,b"` as on the command line, or one by one


def silent(_: str) -> None:
    """For those who do not ask."""


def names_of(given: Names) -> tuple[str, ...]:
    """The names in a text with commas, or in any iterable."""
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(filter(None, (str(part).strip() for part in parts)))


def optional(given: Names | None) -> tuple[str, ...] | None:
    """The same, where None stands for all."""
    return None if given is None else names_of(given)


def folders_of(given: Iterable[Folder]) -> tuple[Path, ...]:
    """Results folders, `results` if none is named."""
    return tuple(map(Path, given)) or (DEFAULT_OUTPUT,)


def paths_of(given: Folders) -> list[Path]:
    """One path or several."""
    return [Path(given)] if isinstance(given, str | Path) else [Path(path) for path in given]


def included(given: Folders) -> list[Path]:
    """Folders with tasks and models of one's own.

    Raises:
        UsageError: for one that is not there.
    """
    found = paths_of(given)
    for folder in found:
        check_folder(folder, "--include-path")
    return found


def damage(connection: DuckDBPyConnection) -> tuple[str, ...]:
    """A line on each journal file with lines that cannot be read: nothing is lost in silence."""
    from popcorn_bench.results import index

    return tuple(_damaged(file, n) for file, n in index.damaged(connection))


def _damaged(file: str, n: int) -> str:
    lines = "line that cannot be read is" if n == 1 else "lines that cannot be read are"
    return f"{file}: {n:,} {lines} left out"
