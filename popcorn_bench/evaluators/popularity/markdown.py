"""The model card as a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from popcorn_bench.evaluators.measures.accuracy import Accuracy
from popcorn_bench.evaluators.popularity.card import Card, Interval, Width

_FIGURES = ("n", "SRC", "nMSE", "MAE", "slope", "intercept")
_SHOWN = (5, 25, 50, 75, 95)  # percentiles
_LEGEND = (
    "SRC is Spearman's rank correlation over the whole set, nMSE the mean squared error over the "
    "variance of the labels; slope and intercept are of `label = intercept + slope * score`."
)
_TRIED = (
    "Figures on the valid split of MicroLens-100k; SRC (folds) is by cross-validation within its "
    "train split, over five folds in round 1 and over three of five others in round 2: compare it "
    "within a round."
)


def render(card: Card) -> str:
    """The card in Markdown."""
    sections = {
        f"# Model card: {card.name} {card.version}": _identity(card),
        "## Use": card.use,
        "## Limits": "\n".join(f"- {limit}" for limit in card.limits),
        "## Figures on the held-out rows": f"{_LEGEND}\n\n{_figures(card)}",
        "## Intervals": _intervals(card.interval),
        "## Scores of the held-out human videos": _anchors(card),
        "## What was tried": f"{_TRIED}\n\n{_attempts(card)}",
    }
    return "\n\n".join(f"{head}\n\n{body}" for head, body in sections.items()) + "\n"


def _identity(card: Card) -> str:
    libraries = ", ".join(f"{name} {number}" for name, number in card.libraries.items())
    shares = ", ".join(f"{name} {share:.0%}" for name, share in card.shares.items())
    return (
        f"- Weights: sha256 `{card.sha256}`, seed {card.seed}\n"
        f"- Data: {_text(card.data)}; trained on {card.rows_train:,} rows, "
        f"measured on {card.rows_valid:,} others\n"
        f"- Predictions of those, sha256: `{card.predictions_sha256}`\n"
        f"- Label: {card.label}\n"
        f"- Ensemble: {', '.join(card.members)}; {shares}\n"
        f"- Compared with for shift: {card.reference_rows:,} held-out human titles, as numbers\n"
        f"- Libraries: {libraries}"
    )


def _intervals(interval: Interval) -> str:
    rows = [
        [name, str(width.n), f"{width.half_width:.2f}", *_held(width)]
        for name, width in interval.by_category.items()
    ]
    return (
        f"A score +- its category's half-width holds the label of {interval.level:.0%} of videos: "
        f"{interval.label}. Split-conformal; on held-out rows {interval.coverage:.1%} lie inside "
        "when each tenth of them is judged by widths from the others, and "
        f"{interval.coverage_shipped:.1%} with the shipped widths, which were set on the same rows."
        f" Other categories: +- {interval.pooled:.2f}.\n\n"
        + _table(("category", "n", "half-width", "inside", "width"), rows)
    )


def _held(width: Width) -> tuple[str, str]:
    if width.coverage is None:
        return "-", "pooled; coverage not established"
    return f"{width.coverage:.1%}", "own" if width.own else "pooled"


def _figures(card: Card) -> str:
    rows = [("all", card.valid), *card.valid_by_category.items()]
    return _table(("category", *_FIGURES), [[name, *_cells(figures)] for name, figures in rows])


def _cells(figures: Accuracy) -> list[str]:
    values = (figures.src, figures.nmse, figures.mae, figures.slope, figures.intercept)
    return [str(figures.n), *(_number(value) for value in values)]


def _anchors(card: Card) -> str:
    rows = [
        [
            name,
            str(t.n),
            f"{t.mean:.3f}",
            f"{t.sd:.3f}",
            *(f"{t.quantiles[q]:.2f}" for q in _SHOWN),
        ]
        for name, t in card.anchors.items()
    ]
    return _table(("category", "n", "mean", "sd", *(f"P{q}" for q in _SHOWN)), rows)


def _attempts(card: Card) -> str:
    rows = [
        [str(a.round), a.what, *(_number(value) for value in (a.src, a.nmse, a.mae, a.src_folds))]
        for a in card.attempts
    ]
    return _table(("round", "design", "SRC", "nMSE", "MAE", "SRC (folds)"), rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_text(cell) for cell in line)} |" for line in lines)


def _text(cell: str) -> str:
    """Text of a data file kept from breaking the page."""
    return " ".join(cell.replace("|", "\\|").replace("<", "&lt;").split())
