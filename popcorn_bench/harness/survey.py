"""What a plan would do, counted without doing it: units, calls, money, GPU time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast

from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.generators.retrieval.prompt import tokens
from popcorn_bench.harness.decide import Action, Policy, decide
from popcorn_bench.harness.plan import BriefJob, RunPlan, cover_unit, score_unit, video_unit
from popcorn_bench.results.records import Result
from popcorn_bench.results.store import Store
from popcorn_bench.types import Artefact, Brief, EvaluatorCard, Input, Stage, Unit, Usage

_ANSWER_TOKENS = 400  # three fields of a few sentences


@dataclass(slots=True)
class Survey:
    """Counts of a plan against a store.

    `to_do` holds units whose key is known and, for those that hang on something not made yet, the
    number that will come of it. Costs are estimates; `unpriced` names models without a known price.
    """

    to_do: Counter[Stage] = field(default_factory=Counter)
    reuse: Counter[Stage] = field(default_factory=Counter)
    present: Counter[Stage] = field(default_factory=Counter)
    failed: Counter[Stage] = field(default_factory=Counter)
    missing: Counter[Stage] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    usd: float = 0.0
    unpriced: set[str] = field(default_factory=set)
    gpu_seconds: float = 0.0
    untimed: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do or to record."""
        return not (self.to_do.total() or self.reuse.total())

    def to_record(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "units": {
                stage.value: {
                    "to_do": self.to_do[stage],
                    "reuse": self.reuse[stage],
                    "present": self.present[stage],
                    "failed": self.failed[stage],
                    "missing": self.missing[stage],
                }
                for stage in Stage
                if stage is not Stage.AUDIT
            },
            "calls": dict(self.calls),
            "estimated_usd": round(self.usd, 4),
            "unpriced": sorted(self.unpriced),
            "estimated_gpu_seconds": round(self.gpu_seconds, 1),
            "untimed": sorted(self.untimed),
        }


def survey(plan: RunPlan, store: Store, policy: Policy) -> Survey:
    """Walk the plan."""
    surveyor = _Surveyor(plan, store, policy, Survey())
    for entry in plan.llms:
        for job in plan.briefs(entry):
            surveyor.brief(job)
    return surveyor.found


@dataclass(slots=True)
class _Surveyor:
    plan: RunPlan
    store: Store
    policy: Policy
    found: Survey

    def brief(self, job: BriefJob) -> None:
        action, brief = self._look(job.unit)
        if action is Action.DO:
            self._price(job.entry, job)
            if self.plan.cover is not None:
                self.found.to_do[Stage.COVER] += 1
                self._spend(self.plan.cover)
            self._hanging(len(self.plan.brief_evaluators), len(self.plan.videos))
        if brief is not None:
            self._made(job, cast("Brief", brief))

    def _made(self, job: BriefJob, brief: Brief) -> None:
        cover = self._cover(job, brief)
        for card in self.plan.brief_evaluators:
            self._judge(job, brief, card, None, cover)
        for entry in self.plan.videos:
            unit = video_unit(job, brief, entry)
            action, video = self._look(unit)
            if action is Action.DO:
                self._spend(entry)
                self._hanging(len(self.plan.video_evaluators), 0)
            if video is not None:
                for card in self.plan.video_evaluators:
                    self._judge(job, brief, card, (unit, cast("Artefact", video)), cover)

    def _cover(self, job: BriefJob, brief: Brief) -> Artefact | None:
        if self.plan.cover is None:
            return None
        action, cover = self._look(cover_unit(job, brief, self.plan.cover))
        if action is Action.DO:
            self._spend(self.plan.cover)
        return cast("Artefact | None", cover)

    def _judge(
        self,
        job: BriefJob,
        brief: Brief,
        card: EvaluatorCard,
        video: tuple[Unit, Artefact] | None,
        cover: Artefact | None,
    ) -> None:
        """Look at a score; one that waits for a cover has no key yet and is to be done."""
        if Input.COVER in card.inputs and cover is None:
            self.found.to_do[Stage.SCORE] += 1
        else:
            self._look(score_unit(job, brief, card, video, cover))

    def _look(self, unit: Unit) -> tuple[Action, Result | None]:
        action, result = decide(self.store, unit, self.policy)
        counts = {
            Action.DO: self.found.to_do,
            Action.REUSE: self.found.reuse,
            Action.PRESENT: self.found.present,
            Action.FAILED: self.found.failed,
            Action.SKIP: self.found.missing,
        }
        counts[action][unit.stage] += 1
        return action, result

    def _hanging(self, scores: int, videos: int) -> None:
        """Count what will follow from a unit that is not made yet."""
        self.found.to_do[Stage.VIDEO] += videos
        self.found.to_do[Stage.SCORE] += scores + videos * len(self.plan.video_evaluators)
        if videos:
            for entry in self.plan.videos:
                self._spend(entry)

    def _price(self, entry: LLMEntry, job: BriefJob) -> None:
        self.found.calls[entry.llm.name] += 1
        prompt = sum(tokens(message.content) for message in job.prompt.messages)
        usage = Usage(prompt_tokens=prompt, completion_tokens=_ANSWER_TOKENS)
        usd = entry.price.cost(usage) if entry.price else None
        if usd is None:
            self.found.unpriced.add(entry.llm.name)
        else:
            self.found.usd += usd

    def _spend(self, entry: MediaEntry) -> None:
        """Money and GPU time of one clip or cover."""
        name = entry.generator.name
        if entry.paid and entry.usd_per_clip is None:
            self.found.unpriced.add(name)
        self.found.usd += entry.usd_per_clip or 0.0
        if entry.gpu_gb and entry.seconds_per_clip is None:
            self.found.untimed.add(name)
        if entry.gpu_gb:
            self.found.gpu_seconds += entry.seconds_per_clip or 0.0


def planned_units(plan: RunPlan) -> dict[Stage, int]:
    """How many units of each stage the plan has in all."""
    briefs = plan.n_briefs * len(plan.llms)
    videos = briefs * len(plan.videos)
    scores = briefs * len(plan.brief_evaluators) + videos * len(plan.video_evaluators)
    covers = briefs if plan.cover else 0
    made = {Stage.BRIEF: briefs, Stage.COVER: covers, Stage.VIDEO: videos, Stage.SCORE: scores}
    return {stage: n for stage, n in made.items() if n or stage is not Stage.COVER}
