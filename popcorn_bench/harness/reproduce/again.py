"""From a manifest to the plan that does the same again, or why that cannot be done here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from popcorn_bench.errors import PopcornError, UsageError
from popcorn_bench.evaluators.catalog import evaluator_class
from popcorn_bench.fingerprint import generator_id, llm_id, mode_id
from popcorn_bench.harness.limits.terms import on_terms
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.reproduce.manifest import Manifest
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.types import Input, Stage

STAGES = (Stage.BRIEF, Stage.COVER, Stage.VIDEO, Stage.SCORE)
Stages = frozenset[Stage]


class NotReproducibleError(PopcornError):
    """What the run was made of is not there, or is something else by now."""


def plan_again(manifest: Manifest, spec: RunSpec, stages: Stages) -> RunPlan:
    """The plan of the run, for those stages.

    A pattern such as `all` may match more by now: only what the run had is kept.

    Args:
        manifest: of the run.
        spec: that of the manifest, into another folder.
        stages: to make again; what they hang on is looked up, but needs no key and no GPU.

    Raises:
        NotReproducibleError: where something is missing or has changed, all of it in one message.
    """
    try:
        plan = on_terms(resolve(spec, generating=False), generating=stages != {Stage.SCORE})
    except UsageError as error:
        raise _impossible(manifest, [str(error)]) from error
    kept = replace(
        plan,
        llms=tuple(e for e in plan.llms if llm_id(e.llm) in manifest.llms),
        videos=tuple(e for e in plan.videos if generator_id(e.generator) in manifest.generators),
        evaluators=tuple(card for card in plan.evaluators if card.name in manifest.evaluators),
        skipped=(),
        blocked=(),
    )
    lacking = [*_gone(manifest, kept), *_unusable(kept, stages)]
    if lacking:
        raise _impossible(manifest, lacking)
    return _for_stages(kept, stages)


def _impossible(manifest: Manifest, reasons: list[str]) -> NotReproducibleError:
    return NotReproducibleError(
        f"run {manifest.run_id} cannot be reproduced here: {'; '.join(dict.fromkeys(reasons))}"
    )


def _gone(manifest: Manifest, plan: RunPlan) -> Iterator[str]:
    """What the run had and this plan has not, or not as it was."""
    makers = [e.generator for e in (*plan.videos, *filter(None, [plan.cover]))]
    yield from _changed("task", manifest.tasks, {t.task_id: t.name for t in plan.tasks})
    modes = {mode_id(prompting.mode): prompting.mode.name for prompting in plan.modes}
    yield from _changed("mode", manifest.modes, modes)
    yield from _changed("LLM", manifest.llms, {llm_id(e.llm): e.llm.name for e in plan.llms})
    yield from _changed("generator", manifest.generators, {generator_id(g): g.name for g in makers})
    here = {card.name for card in plan.evaluators}
    yield from (f"evaluator {n!r} is not there" for n in manifest.evaluators if n not in here)


def _changed(noun: str, were: Mapping[str, str], here: Mapping[str, str]) -> Iterator[str]:
    for identity, name in were.items():
        if identity not in here:
            yield f"{noun} {name!r} is not there as it was (gone, renamed, or made otherwise)"


def _unusable(plan: RunPlan, stages: Stages) -> Iterator[str]:
    """What cannot do its part on this machine."""
    covers = tuple(filter(None, [plan.cover]))
    for stage, makers in ((Stage.VIDEO, plan.videos), (Stage.COVER, covers)):
        for maker in makers if stage in stages else ():
            if not maker.usable:
                yield f"generator {maker.generator.name!r}: {maker.reason}"
    for entry in plan.llms if Stage.BRIEF in stages else ():
        if not entry.usable:
            yield f"LLM {entry.llm.name!r}: {entry.reason}"
    for card in plan.evaluators if Stage.SCORE in stages else ():
        if lacks := evaluator_class(card.name).missing(card):
            yield f"evaluator {card.name!r}: {'; '.join(lacks)}"


def _for_stages(plan: RunPlan, stages: Stages) -> RunPlan:
    """Leave out what neither is a stage to make nor is read by one."""
    cards = plan.evaluators if Stage.SCORE in stages else ()
    clips = Stage.VIDEO in stages or any(card.sees_video for card in cards)
    covers = Stage.COVER in stages or any(Input.COVER in card.inputs for card in cards)
    return replace(
        plan,
        evaluators=cards,
        videos=plan.videos if clips else (),
        cover=plan.cover if covers else None,
        leaks=tuple(leak for leak in plan.leaks if leak.evaluator in cards),
    )
