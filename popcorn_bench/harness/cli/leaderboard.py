"""`popcorn-bench leaderboard`: the board of one or several results folders."""

from __future__ import annotations

from contextlib import closing
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.cli.damage import tell_damage
from popcorn_bench.harness.cli.kinds import EXISTING, FILE, FOLDER, LIST
from popcorn_bench.harness.cli.options import say, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

if TYPE_CHECKING:
    from popcorn_bench.leaderboard.model import Board
    from popcorn_bench.leaderboard.standing.compute import Standings


class Price(click.ParamType[object, float]):
    """US dollars, at least nothing."""

    name = "usd"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Refuse what is no number, below zero or without end."""
        try:
            price = float(str(value))
        except ValueError:
            price = -1.0
        if not 0 <= price < inf:
            self.fail(f"{value!r} is no price", param, ctx)
        return price


@click.command(name="leaderboard")
@click.argument("folders", nargs=-1, type=EXISTING, metavar="[DIR]...")
@click.option("--tasks", type=LIST, metavar="A,B", help="Only these tasks.")
@click.option(
    "--by",
    type=click.Choice(["llm", "video", "mode", "topic", "kind"]),
    help="Average over everything else.",
)
@click.option("--mode", help="Only this mode.")
@click.option("--metric", help="Only this metric.")
@click.option("--ratings", type=FILE, metavar="FILE.csv",
    help="Human ratings of part of the videos (query,llm,video,mode,rating): corrected means.",
)  # fmt: skip
@click.option("--gpu-hour-usd", type=Price(), metavar="X",
    help="Price of an hour on a GPU: adds what the clips of each generator cost.",
)  # fmt: skip
@click.option("--html", type=FOLDER, metavar="DIR", help="Write DIR/index.html.")
@click.option("--inline-videos", type=click.IntRange(0), default=0, metavar="N",
    help="Put the first N clips into the page itself, for a file that is sent around.",
)  # fmt: skip
@click.option("--markdown", is_flag=True, help="Print Markdown tables.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@with_json
def command(  # noqa: PLR0913 - one per option
    folders: tuple[Path, ...],
    *,
    tasks: tuple[str, ...] | None,
    by: str | None,
    mode: str | None,
    metric: str | None,
    ratings: Path | None,
    gpu_hour_usd: float | None,
    html: Path | None,
    inline_videos: int,
    markdown: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Show the board of the results in DIR (default: results).

    A run may be writing there; the board shows what is finished. With --ratings every row also
    has the mean that people would give it, with an interval (docs/trust.md).
    """
    from popcorn_bench.harness import pages
    from popcorn_bench.harness.cli.board import tell
    from popcorn_bench.harness.licences import forbidden
    from popcorn_bench.leaderboard.board import board
    from popcorn_bench.leaderboard.standing.compute import standings
    from popcorn_bench.leaderboard.trust.ratings.file import read_ratings
    from popcorn_bench.results import index

    if as_json + as_csv + markdown > 1:
        raise UsageError("--json, --csv, --markdown: only one at a time")
    folders = folders or (DEFAULT_OUTPUT,)
    rated = read_ratings(ratings) if ratings else None
    with closing(index.connect(folders)) as connection:
        found = board(
            connection,
            tasks=tasks,
            by=by,
            mode=mode,
            metric=metric,
            ratings=rated,
            gpu_hour_usd=gpu_hour_usd,
        )
        if html:
            page = pages.write_page(
                found,
                connection,
                folders,
                html,
                inline_videos=inline_videos,
                forbids=forbidden(connection),
                warn=tell,
                note=say,
            )
            say(f"page: {page}")
        tell_damage(connection)
        wanted = as_json or (by in {"llm", "video"} and not (as_csv or markdown))
        orders = standings(found, connection) if wanted else None
    _print(found, orders, as_json=as_json, as_csv=as_csv, markdown=markdown)


def _print(
    found: Board, orders: Standings | None, *, as_json: bool, as_csv: bool, markdown: bool
) -> None:
    from rich.console import Console

    from popcorn_bench.leaderboard import export
    from popcorn_bench.leaderboard.standing.words import lines
    from popcorn_bench.leaderboard.terminal import render
    from popcorn_bench.leaderboard.widgets import print_notes

    if as_json:
        click.echo(export.to_json(found, orders))
    elif as_csv:
        click.echo(export.to_csv(found), nl=False)
    elif markdown:
        click.echo(export.to_markdown(found), nl=False)
    else:
        console = Console()
        render(found, console)
        print_notes(lines(orders, found.by) if orders else (), console)
