"""What `predict` shows to people."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from popcorn_bench.evaluators.popularity.settings import LABEL
from popcorn_bench.harness.predicting import Explained, Neighbour
from popcorn_bench.leaderboard.text import clean

_FEATURE = 60  # characters of one, which may be a hashtag as long as the title


def show(found: Explained, compared_with: str) -> None:
    """Print a title with its score and reasons, line by line; nothing in it steers a terminal."""
    console = Console(highlight=False, soft_wrap=True)
    said = found.prediction
    console.print(Text(clean(found.title), style="bold"))
    _line(console, "score", f"{said.score:.2f} log2(comments), about {2**said.score:,.0f} comments")
    _line(console, "90 % interval", f"{said.low:.2f} to {said.high:.2f}, {LABEL}")
    place = f"{said.percentile:.0f} of 100 among human videos of {compared_with}"
    _line(console, "percentile", place)
    _line(console, "judged in", said.category)
    if found.moved:
        head = f"  what moved the score most, from the mean human video of {compared_with}"
        console.print(Text(head, style="dim"))
    for item in found.moved:
        style = "green" if item.effect > 0 else "red"
        feature = Text(clean(item.feature)[:_FEATURE])
        console.print(Text(f"    {item.effect:+.3f}", style=style), feature)
    if found.neighbours:
        console.print(Text("  nearest human titles: similarity, comments, category", style="dim"))
    for near in found.neighbours or ():
        console.print(Text(_neighbour(near)))
    console.print()


def _line(console: Console, label: str, value: str) -> None:
    console.print(Text(f"  {label:<14}", style="dim"), Text(value))


def _neighbour(near: Neighbour) -> str:
    comments = "-" if near.comments is None else f"{near.comments:,}"
    return clean(f"    {near.similarity:.2f} {comments:>7}  {near.category}: {near.title}")
