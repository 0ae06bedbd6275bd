"""The evaluators that are known by name, with what `--evaluator-args` says about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.evaluators.protocol import Asking, Asks, EvaluatorClass
from popcorn_bench.plugins import check_parts
from popcorn_bench.registry import Registry
from popcorn_bench.selection import select
from popcorn_bench.types import EvaluatorCard

EVALUATORS: Final = Registry(
    "evaluators",
    "evaluator",
    {
        "popularity": "popcorn_bench.evaluators.popularity:Popularity",
        "popularity-disjoint": "popcorn_bench.evaluators.popularity:PopularityDisjoint",
        "quality": "popcorn_bench.evaluators.quality:Quality",
        "alignment": "popcorn_bench.evaluators.alignment:Alignment",
        "judge": "popcorn_bench.evaluators.judge:Judge",
        "judge-pairs": "popcorn_bench.evaluators.judge:JudgePairs",
        "mmra": "popcorn_bench.evaluators.mmra:Mmra",
    },
)
_PARTS: Final = ("setting_names", "card", "missing", "trained_on")
_FLAG: Final = "--evaluator-args"
Args = Sequence[tuple[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class EvaluatorEntry:
    """An evaluator and whether it can run here.

    `reason` says why not, empty where it can. `card` is None where its class cannot be loaded.
    """

    name: str
    card: EvaluatorCard | None
    reason: str

    @property
    def trained_on(self) -> frozenset[str]:
        """Hashed ids of the corpus rows that it learned from, if it can run here."""
        if self.card is None or self.reason:
            return frozenset()
        return evaluator_class(self.name).trained_on(self.card)


def evaluator_class(name: str) -> EvaluatorClass:
    """The class behind a name.

    Raises:
        UsageError: for an unknown name or a plugin that cannot be loaded.
    """
    given = EVALUATORS.load(name)
    check_parts(name, given, _PARTS)
    return cast("EvaluatorClass", given)


def asks(card: EvaluatorCard, topic: str = "") -> Asks | None:
    """What a sample takes of a model elsewhere; None where the evaluator asks none."""
    kind = evaluator_class(card.name)
    return kind.asks(card, topic) if isinstance(kind, Asking) else None


def entries(args: Args = ()) -> list[EvaluatorEntry]:
    """All evaluators, in the order of the registry; a broken plugin is listed with its reason."""
    return [_entry(name, args) for name in EVALUATORS.names()]


def resolve(wanted: Sequence[str], args: Args = ()) -> list[EvaluatorEntry]:
    """The evaluators asked for.

    Args:
        wanted: names, globs or `all`.
        args: pairs of a name and its settings; the empty name means all that know the setting.

    Raises:
        UsageError: for a name or setting that is not known, or a value that does not fit.
    """
    known: dict[str, tuple[str, ...]] = dict.fromkeys(EVALUATORS.names(), ())
    names = select(wanted, known, noun="evaluator", flag="--evaluators")
    found = [_entry(name, args) for name in names]
    _check(names, args)
    return found


def _entry(name: str, args: Args) -> EvaluatorEntry:
    try:
        kind = evaluator_class(name)
    except UsageError as error:  # a broken plugin
        return EvaluatorEntry(name, None, str(error))
    try:
        card = kind.card(_settings(name, kind, args))
    except UsageError as error:
        raise UsageError(f"{_FLAG}: {name}: {error}") from error
    return EvaluatorEntry(name, card, "; ".join(kind.missing(card)))


def _settings(name: str, kind: EvaluatorClass, args: Args) -> dict[str, str]:
    known = kind.setting_names()
    general = {k: v for whom, given in args if not whom for k, v in given.items() if k in known}
    own = {k: v for whom, given in args if whom == name for k, v in given.items()}
    for key in own:
        if key not in known:
            hint = did_you_mean(key, known) or f"; known: {', '.join(sorted(known)) or 'none'}"
            raise UsageError(f"unknown setting {key!r}{hint}")
    return general | own


def _check(names: Sequence[str], args: Args) -> None:
    """No setting may go unheard."""
    for whom, given in args:
        if whom and whom not in names:
            hint = did_you_mean(whom, names)
            raise UsageError(f"{_FLAG}: {whom!r} is not among the --evaluators asked for{hint}")
        for key in given if not whom else ():
            if not any(key in evaluator_class(name).setting_names() for name in names):
                raise UsageError(f"{_FLAG}: no evaluator asked for has a setting {key!r}")
