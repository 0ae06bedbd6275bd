"""From a spec to a plan: look up every name, check every value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.evaluators.catalog import EVALUATORS
from popcorn_bench.evaluators.protocol import EvaluatorClass
from popcorn_bench.generators.llm.catalog import LLMCatalog, LLMEntry
from popcorn_bench.generators.video.catalog import VideoCatalog, VideoEntry
from popcorn_bench.harness.modes import plan_modes
from popcorn_bench.harness.plan import RunPlan, Unusable
from popcorn_bench.harness.spec import NO_VIDEOS, RunSpec
from popcorn_bench.selection import is_pattern, select
from popcorn_bench.tasks.catalog import TaskCatalog
from popcorn_bench.tasks.task import Task


@dataclass(slots=True)
class _Sieve:
    """Keeps what can run here and notes the rest."""

    all_pass: bool
    skip_named: bool
    skipped: list[Unusable] = field(default_factory=list)
    blocked: list[Unusable] = field(default_factory=list)

    def passes(self, noun: str, name: str, reason: str, wanted: Iterable[str]) -> bool:
        """Whether it can run; `reason` is empty where nothing is missing."""
        if not reason or self.all_pass:
            return True
        named = name in wanted and not self.skip_named
        (self.blocked if named else self.skipped).append(Unusable(noun, name, reason))
        return False


def resolve(spec: RunSpec, *, generating: bool = True) -> RunPlan:
    """Make the plan of a spec.

    What a pattern such as `all` matched and this machine cannot run is skipped; something asked
    for by name that cannot run blocks the plan, unless the spec says `skip_unusable`. A plan that
    generates nothing needs no key and no GPU.

    Raises:
        UsageError: for a name, a mode or a value that does not exist.
    """
    include = [Path(folder) for folder in spec.include_path]
    sieve = _Sieve(all_pass=not generating, skip_named=spec.skip_unusable)
    tasks = _tasks(spec, include, sieve)
    names = _evaluator_names(spec, sieve)
    modes, notes = plan_modes(spec, tasks, include, _trained_on())
    llms = _llms(spec, include, sieve)
    for flag, noun, found in (("--tasks", "task", tasks), ("--llms", "LLM", llms)):
        if not found and not sieve.blocked:
            needs = [f"{i.name}: {i.reason}" for i in sieve.skipped if i.noun == noun]
            raise UsageError(f"{flag}: none of those asked for is usable here ({'; '.join(needs)})")
    return RunPlan(
        spec=spec,
        tasks=tasks,
        modes=modes,
        llms=llms,
        videos=_videos(spec, include, sieve),
        evaluators=tuple(evaluator_class(name).card() for name in names),
        skipped=tuple(sieve.skipped),
        blocked=tuple(sieve.blocked),
        notes=(*notes, *_unknown_metrics(tasks)),
    )


def _trained_on() -> frozenset[str]:
    """What any evaluator here learned from, asked for or not: it may score the run later."""
    usable = [name for name in EVALUATORS.names() if not _lacks(name)]
    return frozenset[str]().union(*(evaluator_class(name).trained_on() for name in usable))


def _unknown_metrics(tasks: Iterable[Task]) -> Iterator[str]:
    """Metrics that a task wants shown first and that no evaluator gives; imports may give them."""
    cards = [evaluator_class(name).card() for name in EVALUATORS.names() if not _lacks(name)]
    known = {metric.name for card in cards for metric in card.metrics}
    for task in tasks:
        for name in task.metrics:
            if name not in known:
                hint = did_you_mean(name, known)
                yield f"no evaluator gives the metric {name!r} of task {task.name!r}{hint}"


def _tasks(spec: RunSpec, include: list[Path], sieve: _Sieve) -> tuple[Task, ...]:
    catalog = TaskCatalog(include)
    named = catalog.select([wanted for wanted in spec.tasks if not is_pattern(wanted)])
    tasks: list[Task] = []
    for name in catalog.select(spec.tasks):
        try:
            tasks.append(catalog.load(name).limited(spec.limit))
        except UsageError as error:  # a hub that is out of reach, for one
            if name in named:
                raise
            sieve.passes("task", name, str(error), spec.tasks)
    return tuple(tasks)


def _llms(spec: RunSpec, include: list[Path], sieve: _Sieve) -> tuple[LLMEntry, ...]:
    entries = LLMCatalog(include).resolve(spec.llms, spec.llm_args)
    return tuple(e for e in entries if sieve.passes("LLM", e.llm.name, _reason(e), spec.llms))


def _videos(spec: RunSpec, include: list[Path], sieve: _Sieve) -> tuple[VideoEntry, ...]:
    if spec.videos == NO_VIDEOS:
        return ()
    entries = VideoCatalog(include).resolve(spec.videos, spec.video_args)
    return tuple(
        e
        for e in entries
        if sieve.passes("video generator", e.generator.name, _reason(e), spec.videos)
    )


def _evaluator_names(spec: RunSpec, sieve: _Sieve) -> list[str]:
    known: dict[str, tuple[str, ...]] = dict.fromkeys(EVALUATORS.names(), ())
    names = select(spec.evaluators, known, noun="evaluator", flag="--evaluators")
    return [
        name for name in names if sieve.passes("evaluator", name, _lacks(name), spec.evaluators)
    ]


def _lacks(name: str) -> str:
    try:
        return "; ".join(evaluator_class(name).missing())
    except UsageError as error:  # a broken plugin
        return str(error)


def evaluator_class(name: str) -> EvaluatorClass:
    """The class behind an evaluator's name."""
    return cast("EvaluatorClass", EVALUATORS.load(name))


def _reason(entry: LLMEntry | VideoEntry) -> str:
    return "" if entry.usable else entry.reason or "not usable here"
