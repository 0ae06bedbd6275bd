"""From a spec to a plan: look up every name, check every value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast, get_args

from popcorn_bench import fingerprint, plugins
from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.evaluators import catalog as evaluators
from popcorn_bench.evaluators.catalog import EvaluatorEntry, evaluator_class
from popcorn_bench.generators.image.catalog import ImageCatalog, ImageEntry
from popcorn_bench.generators.llm.catalog import LLMCatalog, LLMEntry
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.generators.pipelines.profiles import Profile
from popcorn_bench.generators.video.catalog import VideoCatalog, VideoEntry
from popcorn_bench.harness.executors.choose import check_place, is_elsewhere, planned_device
from popcorn_bench.harness.modes import Prompting, plan_modes
from popcorn_bench.harness.plan import Leak, RunPlan, Unusable
from popcorn_bench.harness.spec import NOTHING, Args, RunSpec
from popcorn_bench.selection import is_pattern
from popcorn_bench.tasks.catalog import TaskCatalog
from popcorn_bench.tasks.task import Task
from popcorn_bench.types import EvaluatorCard, Input


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
    plugins.use(map(Path, spec.plugin))
    check_place(spec)
    include = [Path(folder) for folder in spec.include_path]
    sieve = _Sieve(all_pass=not generating, skip_named=spec.skip_unusable)
    tasks = _tasks(spec, include, sieve)
    every = evaluators.entries(_own_args(spec))
    modes, notes = plan_modes(spec, tasks, include, _guarded(every))
    videos, cover = _videos(spec, include, sieve), _cover(spec, include, sieve)
    judges, leaks, more = _judges(spec, sieve, modes)
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
        videos=videos,
        cover=cover,
        evaluators=tuple(_looking_at(cover, card) for card in judges),
        leaks=leaks,
        skipped=tuple(sieve.skipped),
        blocked=tuple(sieve.blocked),
        notes=(*notes, *more, *_remarks([*videos, cover]), *_unknown_metrics(tasks, every)),
    )


def _guarded(every: Iterable[EvaluatorEntry]) -> frozenset[str]:
    """What is never shown to an LLM: rows that an evaluator learned from, asked for or not.

    It may score the run later. Those that leave the ranking to a leak-free one are not guarded.
    """
    found = (e.trained_on for e in every if e.card and not evaluator_class(e.name).leak_free)
    return frozenset[str]().union(*found)


def _judges(
    spec: RunSpec, sieve: _Sieve, modes: Sequence[Prompting]
) -> tuple[tuple[EvaluatorCard, ...], tuple[Leak, ...], list[str]]:
    """The evaluators, the rows that they know from training and an LLM may see, and notes.

    Where one has such rows, its leak-free sibling joins and ranks in its place.
    """
    chosen = _usable(evaluators.resolve(spec.evaluators, spec.evaluator_args), spec, sieve)
    leaks = [leak for entry in chosen for leak in _leaks(entry, modes)]
    names = [entry.name for entry in chosen]
    leaking = {evaluator_class(leak.evaluator.name).leak_free for leak in leaks}
    wanted = sorted(name for name in leaking.difference(names) if name)
    joining = _usable(evaluators.resolve(wanted) if wanted else [], spec, sieve)
    leaks += [leak for entry in joining for leak in _leaks(entry, modes)]
    notes = [f"{e.name} joins: it learned from none of the rows that are shown" for e in joining]
    cards = [entry.card for entry in (*joining, *chosen) if entry.card]
    return tuple(cards), tuple(leaks), notes


def _usable(found: Iterable[EvaluatorEntry], spec: RunSpec, sieve: _Sieve) -> list[EvaluatorEntry]:
    return [e for e in found if sieve.passes("evaluator", e.name, e.reason, spec.evaluators)]


def _leaks(entry: EvaluatorEntry, modes: Iterable[Prompting]) -> Iterator[Leak]:
    for prompting in modes:
        rows = len(prompting.shown & entry.trained_on) if prompting.shown else 0
        if rows and entry.card:
            yield Leak(prompting.mode, entry.card, rows)


def _own_args(spec: RunSpec) -> Args:
    """The settings that name an evaluator; those for all belong to those asked for."""
    names = evaluators.EVALUATORS.names()
    return tuple((whom, given) for whom, given in spec.evaluator_args if whom in names)


def _remarks(makers: Iterable[MediaEntry | None]) -> Iterator[str]:
    """What to know of the generators before they run."""
    for entry in filter(None, makers):
        for said in (*entry.remarks, *(f"its licence forbids {what}" for what in entry.forbids)):
            yield f"{entry.generator.name}: {said}"


def _unknown_metrics(tasks: Iterable[Task], every: Iterable[EvaluatorEntry]) -> Iterator[str]:
    """Metrics that a task wants shown first and that no evaluator gives; imports may give them."""
    known = {metric.name for entry in every if entry.card for metric in entry.card.metrics}
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


def _cover(spec: RunSpec, include: list[Path], sieve: _Sieve) -> ImageEntry | None:
    """What makes the covers: one generator, because covers are not crossed with anything."""
    if spec.covers == NOTHING:
        if spec.cover_args:
            raise UsageError("--cover-args: --covers none makes no covers to set anything of")
        return None
    entries = ImageCatalog(include, elsewhere=is_elsewhere(spec)).resolve(
        spec.covers, spec.cover_args, profile=_profile(spec), device=planned_device(spec)
    )
    if len(entries) > 1:
        raise UsageError(f"--covers takes one generator, not {len(entries)}")
    (entry,) = entries
    name = entry.generator.name
    return entry if sieve.passes("cover generator", name, _reason(entry), spec.covers) else None


def _looking_at(cover: ImageEntry | None, card: EvaluatorCard) -> EvaluatorCard:
    """The evaluator as it is with these covers: other covers make another one of it."""
    if Input.COVER not in card.inputs:
        return card
    if cover is None:
        return replace(card, inputs=tuple(i for i in card.inputs if i is not Input.COVER))
    return replace(
        card, settings={**card.settings, "covers": fingerprint.generator_id(cover.generator)}
    )


def _profile(spec: RunSpec) -> Profile:
    if spec.profile not in get_args(Profile):
        hint = did_you_mean(spec.profile, get_args(Profile))
        raise UsageError(f"--profile: {spec.profile!r} is not known{hint}")
    return cast("Profile", spec.profile)


def _videos(spec: RunSpec, include: list[Path], sieve: _Sieve) -> tuple[VideoEntry, ...]:
    if spec.videos == NOTHING:
        return ()
    entries = VideoCatalog(include, elsewhere=is_elsewhere(spec)).resolve(
        spec.videos, spec.video_args, profile=_profile(spec), device=planned_device(spec)
    )
    return tuple(
        e
        for e in entries
        if sieve.passes("video generator", e.generator.name, _reason(e), spec.videos)
    )


def _reason(entry: LLMEntry | VideoEntry) -> str:
    return "" if entry.usable else entry.reason or "not usable here"
