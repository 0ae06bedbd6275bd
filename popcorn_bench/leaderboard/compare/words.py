"""What a comparison says about its numbers, the same in every form."""

from __future__ import annotations

from collections.abc import Sequence

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.compare.history import History
from popcorn_bench.leaderboard.compare.model import Comparison, Delta
from popcorn_bench.leaderboard.statistics.gate import Verdict
from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE
from popcorn_bench.types import Direction

HEADINGS = {
    "llm": "LLM",
    "video": "generator",
    "mode": "mode",
    "task": "task",
    "kind": "kind",
    "topic": "topic",
}
PASSED = frozenset({Verdict.IMPROVED, Verdict.EQUIVALENT, Verdict.NON_INFERIOR})


def title(found: Comparison) -> str:
    """What is held against what."""
    a, b = sides(found)
    return f"{b} against {a} · {text.clean(found.metric)}"


def sides(found: Comparison) -> tuple[str, str]:
    """A short name for each: what differs between them, else where they come from."""
    for name in ("llms", "videos"):
        a, b = getattr(found.a, name), getattr(found.b, name)
        if a != b and len(a) == len(b) == 1:
            return text.clean(a[0]), text.clean(b[0])
    if found.a.label != found.b.label:
        return text.clean(found.a.label), text.clean(found.b.label)
    return "A", "B"


def basis(found: Comparison) -> str:
    """How to read the change."""
    lower = found.card is not None and found.card.direction is Direction.LOWER
    how = "A - B, since lower is better" if lower else "B - A"
    return (
        f"Change: {how}, within each query; positive is better for B. "
        f"95 % intervals; {_averaged(found)} averaged first.{_left_out(found)}"
    )


def _left_out(found: Comparison) -> str:
    names = text.clean(", ".join(found.baselines))
    return f" Baselines that nobody named are left out: {names}." if names else ""


def _averaged(found: Comparison) -> str:
    a = found.a
    counts = ((len(a.llms), "LLMs"), (len(a.videos), "generators"), (len(a.modes), "modes"))
    parts = ["seeds", *(f"{n} {noun}" for n, noun in counts if n > 1)]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def parts_basis(found: Comparison) -> str:
    """How p in the parts is corrected."""
    n = sum(part.p is not None for part in found.slices)
    tested = f"p: paired t test, adjusted by Holm over all {n} parts. " if n else ""
    return f"{tested}Better: share of queries."


def verdict_line(found: Comparison) -> str:
    """The verdict in a sentence; '' without a margin."""
    if found.verdict is None or found.margin is None:
        return ""
    if found.verdict is Verdict.NOT_COMPARABLE or found.judgement is None:
        return "Verdict: not comparable: " + ("see what differs." if found.differences else _FEW)
    low, high = signed(found.judgement.lower), signed(found.judgement.upper)
    margin = f"{found.margin:g}"
    said = {
        Verdict.IMPROVED: f"improved: the change is above 0 (95 % sure of at least {low})",
        Verdict.EQUIVALENT: f"equivalent: the change is within ±{margin} ({low} to {high})",
        Verdict.NON_INFERIOR: f"non-inferior: no loss of {margin} or more (at worst {low})",
        Verdict.REGRESSED: f"regressed: the change is below 0 ({low} to {high})",
        Verdict.INCONCLUSIVE: (
            f"inconclusive: {low} to {high} leaves a loss of {margin} open; "
            f"{found.judgement.queries_needed:,} queries would settle it with 80 % power"
        ),
    }
    return f"Verdict: {said[found.verdict]}."


def worse_line(found: Comparison) -> str:
    """The parts that got worse although the whole did not; '' where it did, or none."""
    if not found.worse or found.verdict is Verdict.REGRESSED:
        return ""
    names = [f"{HEADINGS[part.dimension]} {text.clean(part.value)}" for part in found.worse]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"Worse by itself (one-sided, Holm over all parts): {', '.join(names[:_NAMED])}{more}."


_NAMED = 6
_FEW = "fewer than two queries are complete on both sides."


def queries(delta: Delta) -> str:
    """How many queries a change rests on."""
    dropped = f", {delta.n_dropped:,} incomplete dropped" if delta.n_dropped else ""
    return text.count(delta.n, "query", "queries") + dropped


def signed(value: float | None, margin: float | None = None) -> str:
    """A change with its sign."""
    if value is None:
        return text.NOTHING
    return f"{value:+,.{text.decimals(margin)}f}"


def changed(delta: Delta, margin: float | None) -> str:
    """A change with half of its interval, in the precision of the smallest `margin`."""
    own = half(delta)
    written = "" if own is None else f" ±{own:,.{text.decimals(margin)}f}"
    return f"{signed(delta.delta, margin)}{written}"


def half(delta: Delta) -> float | None:
    """Half of the interval."""
    return None if delta.delta is None or delta.ci_high is None else delta.ci_high - delta.delta


def precision(deltas: Sequence[Delta]) -> float | None:
    """The smallest half interval, by which a table is rounded."""
    halves = [own for own in map(half, deltas) if own is not None and own > _ROUNDING]
    return min(halves, default=None)


_ROUNDING = 1e-9


def sure(delta: Delta) -> bool:
    """Whether a part's change is told from none after correction."""
    return delta.p_holm is not None and delta.p_holm < 1 - CONFIDENCE


def history_basis(found: History) -> str:
    """What the versions' means and gains rest on."""
    lower = found.direction is Direction.LOWER
    better = "Lower" if lower else "Higher"
    parts = [
        f"{better} is better. {text.count(found.n, 'query', 'queries')} complete in every version"
        + (f", {found.n_dropped:,} dropped" if found.n_dropped else ""),
        f"{text.count(found.columns, 'column', 'columns')} averaged first"
        + (f", {found.columns_left_out:,} that not all have left out"
           if found.columns_left_out else ""),
    ]  # fmt: skip
    gain = "Gain: over the version before, paired by query, positive is better; p by Holm."
    return f"{'; '.join(parts)}. {gain}"
