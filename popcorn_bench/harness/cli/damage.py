"""A word on journal lines that cannot be read: nothing is lost in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def tell_damage(connection: DuckDBPyConnection) -> None:
    """Name the journal files with damaged lines on stderr."""
    from popcorn_bench.results import index

    for file, n in index.damaged(connection):
        lines = "line that cannot be read is" if n == 1 else "lines that cannot be read are"
        click.echo(f"warning: {file}: {n:,} {lines} left out", err=True)
