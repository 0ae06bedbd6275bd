"""A comparison as Markdown, for a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.compare import words
from popcorn_bench.leaderboard.compare.history import History
from popcorn_bench.leaderboard.compare.model import Comparison, Delta, Mover, Sample
from popcorn_bench.leaderboard.statistics.gate import Verdict
from popcorn_bench.leaderboard.text import markdown

_HEADS = ("Change", "p", "Hedges g\\_z", "Better", "Queries")


def to_markdown(found: Comparison) -> str:
    """The verdict first, then the change with its parts, what moved, and what differs."""
    mark = _mark(found)
    blocks = [f"### {mark}{markdown(words.title(found))}"]
    blocks += [f"**{markdown(line)}**" for line in [words.verdict_line(found)] if line]
    blocks += [markdown(line) for line in [words.worse_line(found)] if line]
    if found.overall is None:
        blocks.append("The two share no query: nothing to compare.")
    else:
        blocks += [_table(found), markdown(words.basis(found))]
    if found.slices:
        blocks.append(markdown(words.parts_basis(found)))
    if found.differences:
        blocks.append("\n".join(["What differs besides:\n", *_differences(found)]))
    if found.movers:
        blocks.append(_movers(found.movers))
    return "\n\n".join(blocks) + "\n"


def history_to_markdown(found: History) -> str:
    """A row per version, the oldest first."""
    heads = ["Released", "Version", "Score", "95 % CI", "Gain", "p"]
    rows = [
        [
            markdown(step.released) or text.NOTHING,
            markdown(step.label),
            text.score(step.mean),
            f"{text.score(step.ci_low)} to {text.score(step.ci_high)}",
            words.signed(step.gain),
            markdown(text.p_value(step.p_holm)),
        ]
        for step in found.steps
    ]
    title = f"### {markdown(found.family or found.dimension)} over time · {markdown(found.metric)}"
    return "\n\n".join([title, _lines(heads, rows), markdown(words.history_basis(found))]) + "\n"


def _mark(found: Comparison) -> str:
    if found.verdict is None:
        return ""
    if found.verdict in words.PASSED:
        return "✅ "
    return "⚠️ " if found.verdict is Verdict.INCONCLUSIVE else "❌ "


def _table(found: Comparison) -> str:
    overall = found.overall
    deltas = [*([overall] if overall else []), *found.slices]
    margin = words.precision(deltas)
    rows = [[_name(delta), *_cells(delta, margin)] for delta in deltas]
    return _lines(["", *_HEADS], rows)


def _name(delta: Delta) -> str:
    if not delta.dimension:
        return "**overall**"
    return f"{words.HEADINGS[delta.dimension]} {markdown(delta.value)}"


def _cells(delta: Delta, margin: float | None) -> list[str]:
    return [
        words.changed(delta, margin),
        markdown(text.p_value(delta.p_holm if delta.dimension else delta.p)),
        text.effect(delta.hedges_gz),
        text.percent(delta.share_improved),
        markdown(words.queries(delta)),
    ]


def _differences(found: Comparison) -> Iterable[str]:
    return (f"- {markdown(difference.text)}" for difference in found.differences)


def _movers(movers: Sequence[Mover]) -> str:
    rows = [
        [words.signed(mover.delta), markdown(mover.text), _sample(mover.a), _sample(mover.b)]
        for mover in movers
    ]
    return "Queries that moved most:\n\n" + _lines(["Change", "Query", "A", "B"], rows)


def _sample(sample: Sample) -> str:
    parts = [text.score(sample.score)]
    parts += [markdown(sample.title)] if sample.title is not None else []
    parts += [markdown(str(sample.video))] if sample.video is not None else []
    return "<br>".join(parts)


def _lines(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
