"""`popcorn-bench train mmra`: train the predictor that sees the clips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from popcorn_bench.evaluators.mmra.config import GRAMS, Sources
from popcorn_bench.harness.cli.kinds import EXISTING, FOLDER, Finite
from popcorn_bench.harness.cli.options import say

_SOURCES = Sources()
_ENCODER = "NAME[@REVISION][#cls|#mean] of the hub, or a folder"
_POSITIVE = click.IntRange(min=1)


@click.command(name="mmra")
@click.option(
    "--data",
    "--corpus-dir",
    "data",
    type=EXISTING,
    required=True,
    metavar="DIR",
    help="MicroLens: its text files, videos/ID.mp4 and, with --cover, covers/ID.jpg.",
)
@click.option("--out", type=FOLDER, default="mmra", show_default=True, help="Model folder.")
@click.option("--features", type=FOLDER, help="Where features are kept [default: OUT/features].")
@click.option("--text-only", is_flag=True, help="Read titles alone: no clips are needed.")
@click.option("--no-retrieval", is_flag=True, help="Without the memory bank.")
@click.option("--cover", is_flag=True, help="Look at the cover, too.")
@click.option("--topic", is_flag=True, help="Put the category before the title.")
@click.option("--encoder-frame", default=_SOURCES.frame, show_default=True, help=_ENCODER)
@click.option(
    "--encoder-title", default=_SOURCES.title, show_default=True, help=f"{_ENCODER}, or {GRAMS}"
)
@click.option(
    "--encoder-caption",
    default=_SOURCES.caption,
    show_default=True,
    help=f"{_ENCODER}; empty: retrieve by the title alone",
)
@click.option(
    "--encoder-key", default=_SOURCES.key, show_default=True, help=f"{_ENCODER}, or {GRAMS}"
)
@click.option("--width", type=_POSITIVE, default=768, show_default=True)
@click.option("--neighbours", type=_POSITIVE, default=10, show_default=True)
@click.option("--epochs", type=_POSITIVE, default=100, show_default=True, help="At most.")
@click.option("--patience", type=_POSITIVE, default=20, show_default=True)
@click.option("--batch", type=_POSITIVE, default=64, show_default=True)
@click.option("--lr", type=Finite(min=0, min_open=True), default=1e-4, show_default=True)
@click.option("--dropout", type=Finite(0, 1, max_open=True), default=0.0, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:N or mps.")
@click.option("--resume", is_flag=True, help="Go on with the training that OUT holds.")
def mmra(data: Path, out: Path, **options: Any) -> None:  # noqa: ANN401 - what click gives
    """Train `mmra` from titles and clips; print the card."""
    from popcorn_bench.harness.api.making import train_mmra

    click.echo(train_mmra(data, out, **options, progress=say))
