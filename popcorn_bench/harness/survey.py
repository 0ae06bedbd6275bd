"""What a plan would do, counted without doing it: units, calls, money, GPU time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast

from popcorn_bench.evaluators.catalog import asks
from popcorn_bench.evaluators.protocol import Asks
from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.generators.retrieval.prompt import tokens
from popcorn_bench.harness.audit import audits
from popcorn_bench.harness.decide import Action, Policy, decide
from popcorn_bench.harness.limits.terms import stated
from popcorn_bench.harness.plan import BriefJob, RunPlan, cover_unit, score_unit, video_unit
from popcorn_bench.harness.scale import ANSWER_TOKENS, Disk, disk, matrix_of
from popcorn_bench.results.keys import KeyIndex
from popcorn_bench.results.records import Result
from popcorn_bench.results.store import Store
from popcorn_bench.types import Artefact, Brief, EvaluatorCard, Input, Stage, Unit, Usage


@dataclass(slots=True)
class Survey:
    """Counts of a plan against a store.

    `to_do` holds units whose key is known and, for those that hang on something not made yet, the
    number that will come of it. An equal unit that comes twice is made once and then reused. Costs
    are estimates; `unpriced` names what is called at a price that nobody knows. `audits` counts
    those left to do where all units are there: a run may have been ended between the two.
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
    made: Counter[str] = field(default_factory=Counter)
    disk: Disk = field(default_factory=Disk)
    audits: int = 0

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do or to record."""
        return not (self.to_do.total() or self.reuse.total() or self.audits)

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
            "estimated_bytes": self.disk.to_record(),
        }


def survey(plan: RunPlan, store: Store, policy: Policy) -> Survey:
    """Walk the plan, unless the last run did the whole of it and nothing has happened since."""
    firsts = {job.unit.key for job in plan.first_briefs()}
    if store.is_sealed(plan.identity, firsts):
        return Survey(present=Counter(planned_units(plan)))
    surveyor = _Surveyor(plan, store, policy, Survey())
    for entry in plan.llms:
        for job in plan.briefs(entry):
            surveyor.brief(job)
    found = surveyor.found
    found.disk = disk(plan, found.to_do + found.reuse, found.made)
    if found.complete:
        actions = (decide(store, job.unit, policy)[0] for job in audits(plan, store))
        found.audits = sum(action in (Action.DO, Action.REUSE) for action in actions)
    return found


@dataclass(slots=True)
class _Surveyor:
    plan: RunPlan
    store: Store
    policy: Policy
    found: Survey
    _coming: KeyIndex = field(default_factory=KeyIndex)  # keys of what is to be done
    _asked: dict[tuple[str, str], Asks | None] = field(default_factory=dict)  # by card and topic

    def brief(self, job: BriefJob) -> None:
        action, brief = self._look(job.unit)
        if action is Action.DO:
            self._ask(job.entry, job)
            self._hang_on_brief(job)
        elif action is Action.REUSE and brief is None:
            self._hang_again(job)
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
            for card in self.plan.video_evaluators:
                if video is not None:
                    self._judge(job, brief, card, (unit, cast("Artefact", video)), cover)
                elif action in (Action.DO, Action.REUSE):
                    self._score(card, job, again=action is Action.REUSE)

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
            self._score(card, job)
        elif self._look(score_unit(job, brief, card, video, cover))[0] is Action.DO:
            self._pay_for(card, job.query.topic)

    def _look(self, unit: Unit) -> tuple[Action, Result | None]:
        action, result = decide(self.store, unit, self.policy)
        if action is Action.DO:
            if self._coming.get(unit.key) is not None:
                action = Action.REUSE
            self._coming[unit.key] = 1
        counts = {
            Action.DO: self.found.to_do,
            Action.REUSE: self.found.reuse,
            Action.PRESENT: self.found.present,
            Action.FAILED: self.found.failed,
            Action.SKIP: self.found.missing,
        }
        counts[action][unit.stage] += 1
        return action, result

    def _hang_on_brief(self, job: BriefJob) -> None:
        """Count what will follow from a brief that is not made yet."""
        if self.plan.cover is not None:
            self.found.to_do[Stage.COVER] += 1
            self._spend(self.plan.cover)
        for card in self.plan.brief_evaluators:
            self._score(card, job)
        for entry in self.plan.videos:
            self.found.to_do[Stage.VIDEO] += 1
            self._spend(entry)
            for card in self.plan.video_evaluators:
                self._score(card, job)

    def _hang_again(self, job: BriefJob) -> None:
        """The same for a brief that will be made for another place."""
        self.found.reuse[Stage.COVER] += self.plan.cover is not None
        self.found.reuse[Stage.VIDEO] += len(self.plan.videos)
        for _ in self.plan.videos:
            for card in self.plan.video_evaluators:
                self._score(card, job, again=True)
        for card in self.plan.brief_evaluators:
            self._score(card, job, again=True)

    def _score(self, card: EvaluatorCard, job: BriefJob, *, again: bool = False) -> None:
        """A score whose key is not known yet."""
        if again:
            self.found.reuse[Stage.SCORE] += 1
        else:
            self.found.to_do[Stage.SCORE] += 1
            self._pay_for(card, job.query.topic)

    def _pay_for(self, card: EvaluatorCard, topic: str) -> None:
        """What a score will take, where a model is asked for it; a stated price wins."""
        asked = self._asks(card, topic)
        if asked is None:
            return
        price = stated(self.plan.spec.price, card.name)
        usd = asked.usd if price is None else price
        self.found.calls[card.name] += asked.calls
        self.found.usd += usd or 0.0
        if usd is None:
            self.found.unpriced.add(card.name)

    def _asks(self, card: EvaluatorCard, topic: str) -> Asks | None:
        of = card.name, topic
        if of not in self._asked:
            self._asked[of] = asks(card, topic)
        return self._asked[of]

    def _ask(self, entry: LLMEntry, job: BriefJob) -> None:
        self.found.calls[entry.llm.name] += 1
        prompt = sum(tokens(message.content) for message in job.prompt.messages)
        usage = Usage(prompt_tokens=prompt, completion_tokens=ANSWER_TOKENS)
        usd = entry.price.cost(usage) if entry.price else None
        if usd is None:
            self.found.unpriced.add(entry.llm.name)
        else:
            self.found.usd += usd

    def _spend(self, entry: MediaEntry) -> None:
        """Money and GPU time of one clip or cover."""
        name = entry.generator.name
        self.found.made[name] += 1
        if entry.paid and entry.usd_per_clip is None:
            self.found.unpriced.add(name)
        self.found.usd += entry.usd_per_clip or 0.0
        if entry.gpu_gb and entry.seconds_per_clip is None:
            self.found.untimed.add(name)
        if entry.gpu_gb:
            self.found.gpu_seconds += entry.seconds_per_clip or 0.0


def planned_units(plan: RunPlan) -> dict[Stage, int]:
    """How many units of each stage the plan has in all."""
    made = matrix_of(plan).units
    return {stage: n for stage, n in made.items() if n or stage is not Stage.COVER}
