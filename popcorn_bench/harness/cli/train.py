"""`popcorn-bench train`: train a predictor."""

from __future__ import annotations

from pathlib import Path

import click

from popcorn_bench.harness.cli.kinds import EXISTING
from popcorn_bench.harness.cli.options import say


class _Predictors(click.Group):
    """Loads `mmra` when it is asked for: its options come from modules of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All predictors that can be trained."""
        return [*super().list_commands(ctx), "mmra"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name != "mmra":
            return super().get_command(ctx, cmd_name)
        from popcorn_bench.harness.cli.train_mmra import mmra

        return mmra


@click.group(name="train", cls=_Predictors)
def command() -> None:
    """Train a popularity predictor on human micro-videos."""


@command.command(name="popularity")
@click.option(
    "--data", type=EXISTING, required=True, metavar="DIR", help="In the layout of MicroLens-100k."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE.npz|DIR",
    help="Weights; beside them their card and the hashed ids of their rows.  "
    "[default: popularity.npz, or popularity-disjoint.npz]",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--disjoint", is_flag=True, help="Leave out the rows that retrieval shows to LLMs.")
def popularity(data: Path, out: Path | None, seed: int, *, disjoint: bool) -> None:
    """Train `popularity` from titles and categories; print the card.

    Use the result with `predict --model FILE.npz` or in a run with
    `--evaluator-args popularity:model=FILE.npz`.
    """
    from popcorn_bench.harness.api.making import train_popularity

    click.echo(train_popularity(data, out, seed=seed, disjoint=disjoint, progress=say))
