"""The templates of all pages, and what they may call."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from popcorn_bench.leaderboard import flags, text
from popcorn_bench.leaderboard.page.panels import each, seconds


def environment() -> Environment:
    """Autoescape is on everywhere: titles, prompts and names were written by strangers."""
    made = Environment(
        loader=PackageLoader("popcorn_bench.leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        clean=text.clean,
        cost=text.cost,
        each=each,
        seconds=seconds,
        percent=text.percent,
        rank_range=text.rank_range,
        score=text.score,
        p_value=text.p_value,
        effect=text.effect,
        pairs=text.pairs,
        copying=text.copying,
        flag=_flag,
        summed_up=flags.summed_up,
    )
    return made


def _flag(flag: str) -> str:
    name, _, share = flag.partition(" ")
    return text.clean(f"{share} {name}".strip().replace("_", " "))
