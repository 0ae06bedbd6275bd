"""A word on journal lines that cannot be read: nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from popcorn_bench.errors import visible

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def tell_damage(connection: DuckDBPyConnection) -> None:
    """Name the journal files with damaged lines on stderr."""
    from popcorn_bench.harness.api.telling import damage

    tell_all(damage(connection))


def tell_all(lines: Iterable[str]) -> None:
    """Warnings on stderr."""
    for line in lines:
        click.echo(visible(f"warning: {line}"), err=True)
