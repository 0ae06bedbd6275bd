"""The card of an evaluator: what it sees, what its numbers mean, and how far to trust them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from statistics import fmean
from typing import Any

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.catalog import Args, evaluator_class, resolve
from popcorn_bench.evaluators.popularity.settings import MODEL_SUFFIX
from popcorn_bench.types import EvaluatorCard, Metric

_PACKAGE = "popcorn_bench.evaluators"
_MMRA, _TEXT_ONLY = "mmra", "text_only.json"  # measured, but its weights are not shipped
_LEFT_OUT = ("anchors", "transport")  # 101 percentiles a topic; what decides no score


def card_page(name: str, args: Args = ()) -> str:
    """The card in Markdown: the model card that came with the weights, or one made here.

    Args:
        name: of the evaluator.
        args: its settings, as `--evaluator-args` gives them.

    Raises:
        UsageError: for an evaluator or a setting that is not known or does not fit.
    """
    card, lacking = _card_of(name, args)
    if (trained := _beside(card, ".md")) is not None:
        return trained
    return "\n\n".join([*_sections(card, lacking), *_measured(name)]) + "\n"


def card_record(name: str, args: Args = ()) -> dict[str, Any]:
    """The same as plain data, with the fields of a model card beside those of every evaluator.

    Raises:
        UsageError: as `card_page`.
    """
    card, lacking = _card_of(name, args)
    record = {key: value for key, value in asdict(card).items() if key not in _LEFT_OUT}
    record |= {"sees_video": card.sees_video, "usable": not lacking, "reason": lacking}
    if (trained := _beside(card, ".json")) is not None:
        record |= json.loads(trained)
    if name == _MMRA and (measured := _text(_MMRA, _TEXT_ONLY)) is not None:
        record["text_only"] = json.loads(measured)
    return record


def _card_of(name: str, args: Args) -> tuple[EvaluatorCard, str]:
    """The card, and what this machine lacks to run the evaluator."""
    evaluator_class(name)  # an unknown name is told as such, and a pattern is none
    (entry,) = resolve([name], args)
    if entry.card is None:
        raise UsageError(entry.reason)
    return entry.card, entry.reason


def _beside(card: EvaluatorCard, suffix: str) -> str | None:
    """The model card that came with the weights, None where there is none."""
    model = Path(str(card.transport.get("model", "")))
    if model.suffix != MODEL_SUFFIX:
        return _text("weights", f"{card.name}{suffix}")
    page = model.with_suffix(suffix)
    return page.read_text("utf-8") if page.is_file() else None


def _text(*parts: str) -> str | None:
    """A text of the package, None where it does not ship one."""
    path = files(_PACKAGE).joinpath(*parts)
    return path.read_text("utf-8") if path.is_file() else None


def _measured(name: str) -> Iterator[str]:
    """What the text-only configuration of `mmra` reached on real rows, over its seeds."""
    if name != _MMRA or _text(_MMRA, _TEXT_ONLY) is None:
        return
    from popcorn_bench.evaluators.mmra.card import text_only

    found = text_only()
    yield "## Measured: text only"
    yield (
        f"{found.data}: {found.rows_train:,} rows to learn from, {found.rows_valid:,} held out. "
        f"Text encoder: {found.encoder}. Mean over seeds, with the least and the greatest."
    )
    rows = [
        (
            a.what,
            "yes" if a.retrieval else "no",
            str(len(a.seeds)),
            *map(_spread, (a.src, a.nmse, a.mae)),
        )
        for a in found.attempts
    ]
    yield _table(("configuration", "retrieval", "seeds", "SRC", "nMSE", "MAE"), rows)


def _spread(values: Sequence[float]) -> str:
    return f"{fmean(values):.4f} ({min(values):.4f} to {max(values):.4f})"


def _sections(card: EvaluatorCard, lacking: str) -> Iterator[str]:
    yield f"# Card: {card.name} {card.version}"
    yield "\n".join(_identity(card, lacking))
    yield "## Metrics"
    yield _table(("metric", "range", "unit", "better", "what it says"), map(_cells, card.metrics))
    if card.settings:
        yield f"## Settings\n\n{_list(card.settings)}"
    if card.validity:
        yield f"## Validity\n\n{_list(card.validity)}"


def _identity(card: EvaluatorCard, lacking: str) -> Iterator[str]:
    blind = "" if card.sees_video else "; not the video, so it never ranks video generators"
    yield f"- Sees: {', '.join(card.inputs)}{blind}"
    yield f"- Weights: `{card.weights}`" if card.weights else "- Weights: none of its own"
    yield f"- Here: {f'needs {lacking}' if lacking else 'ready to run'}"


def _cells(metric: Metric) -> tuple[str, ...]:
    low, high = ("" if end is None else f"{end:g}" for end in (metric.low, metric.high))
    reach = f"{low or 'any'} to {high or 'any'}" if low or high else "any"
    return (metric.name, reach, metric.unit or "-", str(metric.direction), metric.description)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _list(values: Mapping[str, Any], depth: int = 0) -> str:
    """Nested plain data as nested points."""
    indent = "  " * depth
    return "\n".join(
        f"{indent}- {key}:\n{_list(value, depth + 1)}"
        if isinstance(value, Mapping) and value
        else f"{indent}- {key}: {_plain(value)}"
        for key, value in values.items()
    )


def _plain(value: object) -> str:
    return value or "-" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
