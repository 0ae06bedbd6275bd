"""`popcorn-bench train`: train a predictor."""

from __future__ import annotations

from pathlib import Path

import click

from popcorn_bench.harness.cli.options import EXISTING, FILE


@click.group(name="train")
def command() -> None:
    """Train a popularity predictor on human micro-videos."""


@command.command(name="popularity")
@click.option(
    "--data", type=EXISTING, required=True, metavar="DIR", help="In the layout of MicroLens-100k."
)
@click.option(
    "--out",
    type=FILE,
    default="popularity.npz",
    show_default=True,
    help="Weights; the card goes beside them.",
)
@click.option("--seed", type=int, default=0, show_default=True)
def popularity(data: Path, out: Path, seed: int) -> None:
    """Train `popularity` from titles and categories; print the card."""
    from popcorn_bench.harness.training import train

    click.echo(train(data, out, seed, lambda text: click.echo(text, err=True)))
