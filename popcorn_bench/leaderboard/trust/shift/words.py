"""The likeness of generated inputs to human ones in words and as a table."""

from __future__ import annotations

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.trust.block import Block, fixed, listed
from popcorn_bench.leaderboard.trust.model import ShownShift
from popcorn_bench.leaderboard.trust.shift.read import EXTRAPOLATES


def shift_block(shifts: tuple[ShownShift, ...]) -> Block:
    """AUC per LLM and mode."""
    apart = [shift for shift in shifts if shift.shift.extrapolates]
    found = sorted(shift.shift.auc for shift in shifts)
    span = fixed(found[0], 2)
    if len(found) > 1:
        span = f"{span} to {fixed(found[-1], 2)}"
    said = (
        "A classifier tells generated inputs from human ones with AUC "
        f"{span} (0.5: alike, 1: never alike)."
    )
    marked = (
        f"Above {EXTRAPOLATES} a score is extrapolation: {listed([_who(s) for s in apart])}."
        if apart
        else f"None is above {EXTRAPOLATES}, from where a score is extrapolation."
    )
    heads = ("Inputs of", "AUC", "Generated", "Human", "Reads as")
    return Block(
        "Likeness to human videos", (said, marked), heads, tuple(map(_cells, shifts)), words=(4,)
    )


def _cells(shown: ShownShift) -> tuple[str, ...]:
    shift = shown.shift
    reads = "extrapolation" if shift.extrapolates else "within reach"
    return _who(shown), fixed(shift.auc, 2), f"{shift.n:,}", f"{shift.n_human:,}", reads


def _who(shown: ShownShift) -> str:
    maker = ", ".join(filter(None, (shown.llm, shown.video)))
    mode = f"({shown.mode})" if shown.mode else ""
    return text.clean(" ".join(filter(None, (maker, mode)))) or "all"
