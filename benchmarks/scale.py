"""The worked example of docs/scale.md: what a large matrix comes to.

    python -m benchmarks.scale

Counts, bytes and dollars follow from the model in `popcorn_bench/harness/scale.py`. What one clip
takes on a GPU, one call in seconds and one token in dollars is assumed here, and said to be: put
your own figures in. A test holds the document to what this prints.
"""

from __future__ import annotations

from dataclasses import dataclass

from popcorn_bench.evaluators.catalog import evaluator_class
from popcorn_bench.generators.video.catalog import VideoCatalog
from popcorn_bench.harness.scale import (
    ANSWER_TOKENS,
    Matrix,
    artefact_bytes,
    brief_bytes,
    call_usd,
    calls_hours,
    cover_bytes,
    media_bytes,
    score_bytes,
    wall_hours,
)
from popcorn_bench.types import Stage

MATRIX = Matrix(llms=30, generators=12, queries=200, modes=2, seeds=3)
GPUS = 64
# Assumed seconds of one GPU for a clip, batched where the model is: put in what you measure.
CLIP_SECONDS = {
    "animatediff": 5,
    "ltx-0.9.8-distilled": 10,
    "ltx": 25,
    "cogvideox-2b": 60,
    "ltx-2": 60,
    "sana-video": 60,
    "wan-2.1-1.3b": 90,
    "cogvideox": 120,
    "wan-2.2-5b": 180,
    "mochi": 240,
    "hunyuan-1.5": 300,
    "hunyuan": 600,
}
LOAD_S, LLM_S, CONNECTIONS_A_LLM = 120.0, 6.0, 16
PROMPT_TOKENS = {"basic": 376, "pe": 1_140}  # means over our 200 queries, as a dry run counts
PRICE = (1.0, 4.0)  # USD per million tokens of prompt and answer: assumed, the mean of 30 LLMs
COVER = (288, 512)
_HOUR, _GB = 3600.0, 1e9


@dataclass(frozen=True, slots=True)
class Example:
    """The figures of the example."""

    usd: float
    calls_h: float
    gpu_h: float
    wall_h: tuple[float, float]
    clips_gb: float
    covers_gb: float
    journal_gb: float


def example() -> Example:
    """Compute it."""
    each = MATRIX.clips // len(CLIP_SECONDS)
    entries = {entry.generator.name: entry for entry in VideoCatalog().entries()}
    seconds = [each * s for s in CLIP_SECONDS.values()]
    sizes = [artefact_bytes(entries[name]) or 0.0 for name in CLIP_SECONDS]
    calls_a_mode = MATRIX.calls / MATRIX.modes
    cards = [evaluator_class(name).card({}) for name in ("popularity", "quality")]
    lines = (
        MATRIX.calls * (brief_bytes(ANSWER_TOKENS) + score_bytes(cards[0]))
        + MATRIX.clips * (media_bytes() + score_bytes(cards[1]))
        + MATRIX.units[Stage.COVER] * media_bytes()
    )
    return Example(
        usd=sum(calls_a_mode * call_usd(n, ANSWER_TOKENS, PRICE) for n in PROMPT_TOKENS.values()),
        calls_h=calls_hours(MATRIX.calls // MATRIX.llms, LLM_S, CONNECTIONS_A_LLM),
        gpu_h=sum(seconds) / _HOUR,
        wall_h=wall_hours(
            seconds, GPUS, dict.fromkeys(CLIP_SECONDS, LOAD_S), max(CLIP_SECONDS.values())
        ),
        clips_gb=each * sum(sizes) / _GB,
        covers_gb=MATRIX.units[Stage.COVER] * cover_bytes(*COVER) / _GB,
        journal_gb=lines / _GB,
    )


def markdown() -> str:
    """The example as it stands in the document."""
    found, units = example(), MATRIX.units
    low, high = found.wall_h
    dollars = (
        f"{PROMPT_TOKENS['basic']:,} and {PROMPT_TOKENS['pe']:,} tokens of prompt, "
        f"{ANSWER_TOKENS} of answer, at ${PRICE[0]:g} and ${PRICE[1]:g} a million"
    )
    calls = f"{LLM_S:g} s each, {CONNECTIONS_A_LLM} at once to each LLM, all LLMs beside each other"
    rows = [
        ("calls to LLMs", f"{MATRIX.calls:,}", "30 x 200 x 2 x 3; one a brief, for all generators"),
        ("covers", f"{units[Stage.COVER]:,}", "one a brief"),
        ("clips", f"{MATRIX.clips:,}", "12 a brief"),
        ("scores", f"{units[Stage.SCORE]:,}", "one evaluator of briefs, one of clips"),
        ("journal records", f"{sum(units.values()):,}", "one a unit"),
        ("dollars for LLMs", f"${found.usd:,.0f}", dollars),
        ("minutes of calls", f"{60 * found.calls_h:.1f}", calls),
        ("GPU hours", f"{found.gpu_h:,.0f}",
         f"36,000 clips of each generator; mean {found.gpu_h * _HOUR / MATRIX.clips:.0f} s a clip"),
        (f"hours on {GPUS} GPUs", f"{low:,.1f} to {high:,.1f}",
         f"{low / 24:.1f} days; the margin is loading ({LOAD_S:g} s a model) and the last clip"),
        ("clips on disk", f"{found.clips_gb:,.0f} GB", "0.02 bytes a pixel and frame"),
        ("covers on disk", f"{found.covers_gb:,.1f} GB", "0.42 bytes a pixel"),
        ("journal", f"{found.journal_gb:.1f} GB", ""),
    ]  # fmt: skip
    figures = "\n".join(f"| {what} | {value} | {how} |" for what, value, how in rows)
    seconds = ", ".join(f"{name} {s}" for name, s in CLIP_SECONDS.items())
    return (
        f"| | | |\n|---|---:|---|\n{figures}\n\n"
        f"Seconds a clip, **assumed, not measured**: {seconds}."
    )


def main() -> None:
    """Print it."""
    print(markdown())


if __name__ == "__main__":
    main()
