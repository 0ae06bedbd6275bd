"""Results as data frames."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.api.telling import Folder, damage, folders_of
from popcorn_bench.leaderboard.board import board
from popcorn_bench.results import index

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Results:
    """The tables of one or several results folders, each read when it is first asked for.

    Names stand beside ids; the columns are those of `popcorn-bench results export`. `warnings`
    name what could not be read.
    """

    folders: tuple[Path, ...]
    warnings: tuple[str, ...] = field(default=())

    @cached_property
    def briefs(self) -> pl.DataFrame:
        """One row per brief."""
        return self._view("named_briefs")

    @cached_property
    def videos(self) -> pl.DataFrame:
        """One row per clip or cover, as `stage` says."""
        return self._view("named_videos")

    @cached_property
    def scores(self) -> pl.DataFrame:
        """One row per score."""
        return self._view("named_scores")

    @cached_property
    def failures(self) -> pl.DataFrame:
        """One row per unit that failed and was not mended."""
        return self._view("named_failures")

    @cached_property
    def probes(self) -> pl.DataFrame:
        """One row per probe of an evaluator."""
        return self._view("named_probes")

    @cached_property
    def shifts(self) -> pl.DataFrame:
        """One row per evaluator that was held against the human videos it knows."""
        return self._view("named_shifts")

    @cached_property
    def runs(self) -> pl.DataFrame:
        """One row per run."""
        return self._view("runs")

    @cached_property
    def cells(self) -> pl.DataFrame:
        """One row per row of the board: mean, interval, ranks, counts."""
        import polars as pl

        with closing(index.connect(self.folders)) as connection:
            rows = [asdict(row) for row in board(connection).rows]
        for row in rows:
            row.pop("ppi")  # ratings are no part of a results folder
        return pl.DataFrame(rows, infer_schema_length=None)

    def query(self, sql: str) -> pl.DataFrame:
        """Any SQL over the tables and views of the index.

        It reaches nothing but the index: no file, no network, no extension.

        Args:
            sql: one statement; `popcorn_bench.schema()` tells what there is.

        Raises:
            UsageError: for SQL that the database refuses.
        """
        import duckdb
        import polars as pl

        with closing(index.connect(self.folders)) as connection:
            connection.execute("SET enable_external_access = false")
            try:
                return pl.DataFrame(connection.sql(sql).to_arrow_table())
            except duckdb.Error as error:
                raise UsageError(f"query: {error}") from error

    def _view(self, name: str) -> pl.DataFrame:
        return self.query(f'SELECT * FROM "{name}"')  # noqa: S608 - names of ours


def load(*folders: Folder) -> Results:
    """The results of one or several folders (`results`, if none is named).

    Args:
        *folders: whose rows stand in one table each.

    Raises:
        UsageError: for a folder without results.
    """
    paths = folders_of(folders)
    with closing(index.connect(paths)) as connection:
        return Results(paths, damage(connection))
