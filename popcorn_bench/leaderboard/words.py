"""What the board says about its numbers, the same in every form."""

from __future__ import annotations

from collections.abc import Sequence

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.model import Board, HumanRow, Row, Table, Uplift
from popcorn_bench.leaderboard.modes import ModeCard
from popcorn_bench.leaderboard.query import COPIED
from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE
from popcorn_bench.types import Direction

_FEW = 20

HEADINGS = {
    "llm": "LLM",
    "video": "Generator",
    "mode": "Mode",
    "topic": "Topic",
    "kind": "Kind",
}


def caption(table: Table) -> str:
    """What the metric is, what it sees, and what the ranks rest on."""
    card = table.card
    better = f"{card.direction} is better"
    unit = f", {card.unit}" if card.unit else ""
    said = text.clean(f"{card.description.rstrip('.')}{unit}; {better}. It sees: {card.sees}.")
    return f"{said[:1].upper()}{said[1:]}"


def rank_basis(table: Table) -> str:
    """How the rank ranges came to be, or nothing where there are none."""
    if not table.ranked:
        return ""
    dropped = f", {table.rank_dropped} incomplete dropped" if table.rank_dropped else ""
    few = "; few queries, read them as a first impression" if table.rank_queries < _FEW else ""
    return (
        "Rank ranges: all at once with 95 % confidence, "
        f"on {table.rank_queries} shared queries{dropped}{few}."
    )


def human_line(human: HumanRow) -> str:
    """The spread of the human videos in words."""
    p10, p50, p90 = (text.score(value, 1e-2) for value in (human.p10, human.p50, human.p90))
    where = text.clean(human.topic or human.kind or "the same topics")
    return (
        f"Human row: {human.n:,} held-out human videos of {where}, "
        f"p10 {p10}, median {p50}, p90 {p90}; not ranked."
    )


def finding(table: Table) -> str:
    """What the ranks say, in one sentence that claims no more than they do."""
    leaders = [row for row in table.rows if row.rank_low == 1]
    if not leaders:
        return "Nothing is ranked here yet."
    ranked = sum(row.rank_low is not None for row in table.rows)
    if ranked == 1:
        return "Only one row can be ranked, so there is nothing to compare it with."
    if len(leaders) == 1:
        names = [getattr(leaders[0], name) for name in dimensions(table.rows)]
        return f"{text.clean(' with '.join(filter(None, names[:2])))} is ahead of all others."
    if len(leaders) == ranked:
        return f"The data cannot tell any of the {ranked} rows from the best."
    return f"{len(leaders)} of {ranked} rows may be the best: the data cannot tell them apart."


def flags_of(board: Board) -> list[tuple[str, str]]:
    """The flags of a board with their meanings, for a legend."""
    names = {flag.split()[0] for row in board.rows for flag in row.flags}
    return [(name, text.FLAG_MEANINGS[name]) for name in text.FLAG_MEANINGS if name in names]


def dimensions(rows: Sequence[Row]) -> list[str]:
    """The dimensions that tell the rows apart, in reading order."""
    order = ("topic", "kind", "llm", "video", "mode")
    return [name for name in order if any(getattr(row, name) is not None for row in rows)]


def uplift_title(uplifts: Sequence[Uplift]) -> str:
    """What a table of changes is about."""
    what = text.clean(uplifts[0].mode) if _one_mode(uplifts) else "each mode"
    return f"What {what} changes over {text.clean(uplifts[0].baseline)}"


def uplift_names(uplifts: Sequence[Uplift]) -> list[str]:
    """The columns that tell the changes apart."""
    return ["llm"] if _one_mode(uplifts) else ["mode", "llm"]


def uplift_finding(uplifts: Sequence[Uplift]) -> str:
    """How many changes the data can tell from none, in one sentence."""
    sure = [u for u in uplifts if u.p_holm is not None and u.p_holm < 1 - CONFIDENCE]
    up = sum((u.delta or 0) * (-1 if u.direction is Direction.LOWER else 1) > 0 for u in sure)
    noun = "LLMs" if _one_mode(uplifts) else "pairs of mode and LLM"
    return (
        f"Of {len(uplifts)} {noun}, {up} better, {len(sure) - up} worse, "
        f"{len(uplifts) - len(sure)} that the data cannot tell from no change."
    )


def uplift_note(uplifts: Sequence[Uplift]) -> str:
    """How the changes were found."""
    first = uplifts[0]
    over = "the LLMs" if _one_mode(uplifts) else "the LLMs of each mode"
    copied = (
        " Copying: mean over titles of the largest similarity to a reference (0 to 1), in brackets "
        f"the share of titles at {COPIED} or more."
        if any(uplift.copying is not None for uplift in uplifts)
        else ""
    )
    return (
        f"Change: difference to {text.clean(first.baseline)} within each query, "
        f"{first.direction} is better; {_averaged(uplifts)} averaged first. "
        f"p: paired t test, adjusted by Holm over {over}. Better: share of queries. "
        f"Pairs: queries complete in both modes, of those with any score.{copied}"
    )


def mode_lines(board: Board) -> list[str]:
    """What each mode with retrieval shows the LLM."""
    return [_mode_line(mode) for mode in board.modes if mode.retrieves]


def _mode_line(mode: ModeCard) -> str:
    references = mode.count("references")
    if not references:
        return text.clean(f"Mode {mode.label}: no references, reasoning alone.")
    title = mode.settings.get("corpus_title") or mode.settings.get("corpus") or "not named"
    rows = mode.count("corpus_rows")
    parts = [
        f"up to {references} references per query from corpus {title}",
        f" ({rows:,} rows)" if rows else "",
        f"; {_left_out(mode)}; engagement ",
        "shown." if mode.settings.get("show_engagement") else "hidden.",
    ]
    return text.clean(f"Mode {mode.label}: {''.join(parts)}")


def _left_out(mode: ModeCard) -> str:
    if mode.leaked:
        return f"{mode.leaked:,} rows that a predictor was trained on were NOT left out"
    gone = mode.count("left_out")
    known = "because a predictor was trained on them or their twins"
    return f"{gone:,} rows left out, {known}" if gone else "no rows left out"


def _one_mode(uplifts: Sequence[Uplift]) -> bool:
    return len({uplift.mode for uplift in uplifts}) == 1


def _averaged(uplifts: Sequence[Uplift]) -> str:
    sets = {uplift.videos for uplift in uplifts if uplift.n_pairs}
    if len(sets) > 1:
        return "seeds, and the generators that an LLM has in both modes,"
    videos = next(iter(sets), ())
    return f"seeds and generators ({text.clean(', '.join(videos))})" if videos else "seeds"


def side_by_side(
    tables: Sequence[Table], names: Sequence[str]
) -> dict[tuple[str, ...], list[float | None]]:
    """Means per row of several tables over the same rows."""
    found: dict[tuple[str, ...], list[float | None]] = {}
    for i, table in enumerate(tables):
        for row in table.rows:
            key = tuple(str(getattr(row, name) or "–") for name in names)  # noqa: RUF001
            found.setdefault(key, [None] * len(tables))[i] = row.mean
    return found
