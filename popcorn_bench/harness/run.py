"""The run: walks the plan, does what is missing, and records every unit as it ends.

Briefs are asked for with many calls at once; a clip starts as soon as its brief is there, a score
as soon as what it reads is. Work in flight is bounded, so memory does not grow with the plan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar, cast

from popcorn_bench.errors import PopcornError, StoreError
from popcorn_bench.generators.protocol import MediaRequest, TextClient
from popcorn_bench.generators.retrieval.copying import copying
from popcorn_bench.generators.video.catalog import VideoEntry
from popcorn_bench.harness.audit import AuditJob, audits
from popcorn_bench.harness.decide import Action, Policy, decide
from popcorn_bench.harness.executor import Executor
from popcorn_bench.harness.header import header
from popcorn_bench.harness.plan import BriefJob, RunPlan, cover_unit, score_unit, video_unit
from popcorn_bench.harness.progress import Display, Outcome, Tally
from popcorn_bench.harness.retry import Attempted, attempt
from popcorn_bench.harness.survey import planned_units
from popcorn_bench.harness.worker import ScoreRequest
from popcorn_bench.results.records import Result, new_run_id, now
from popcorn_bench.results.store import Store
from popcorn_bench.types import Artefact, Audit, Brief, EvaluatorCard, Input, Score, Stage, Unit

_IN_FLIGHT = 512
_AUDITS_AT_ONCE = 8
R = TypeVar("R", Brief, Artefact, tuple[Score, ...])


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended."""

    run_id: str
    tally: Tally
    interrupted: bool


class Runner:
    """Executes one plan against one store. Call `stop()` to drain."""

    def __init__(  # noqa: PLR0913 - the parts of a run, each given from outside
        self,
        plan: RunPlan,
        store: Store,
        client: TextClient,
        executor: Executor,
        *,
        display: Display,
        policy: Policy,
    ) -> None:
        self._plan, self._store, self._client = plan, store, client
        self._executor, self._display, self._policy = executor, display, policy
        self._tally = Tally()
        self._flying: dict[str, asyncio.Future[Attempted[Result]]] = {}
        self._room = asyncio.Semaphore(_IN_FLIGHT)
        self._stop = asyncio.Event()
        self._left_out = False

    def stop(self) -> None:
        """Begin nothing new; what has begun ends and is saved."""
        self._stop.set()
        self._executor.drop_waiting()

    async def run(self) -> Report:
        """Do the plan.

        Raises:
            StoreError: when the results folder can no longer be written; earlier work is intact.
        """
        run_id = new_run_id()
        with self._store.writing(run_id):
            for record in header(self._plan, run_id):
                self._store.write(record)
            self._display.start(planned_units(self._plan), self._tally)
            status = "broken off"
            try:
                await self._ask_all()
                await self._audit_all()
                status = "interrupted" if self._left_out else "finished"
            except* PopcornError as group:
                raise _first(group) from None
            finally:
                self._display.stop()
                with suppress(StoreError):  # it may be what broke the run off
                    self._store.write({"t": "end", "run": run_id, "at": now(), "status": status})
        return Report(run_id, self._tally, self._left_out)

    async def _ask_all(self) -> None:
        connections = min(self._plan.spec.max_connections, self._plan.n_briefs)
        async with asyncio.TaskGroup() as group:
            for entry in self._plan.llms:
                jobs = self._plan.briefs(entry)
                for _ in range(connections):
                    group.create_task(self._ask(jobs, group))

    async def _ask(self, jobs: Iterator[BriefJob], group: asyncio.TaskGroup) -> None:
        """One connection to an LLM: takes the next job when it is free."""
        for job in jobs:
            await self._room.acquire()
            if self._stop.is_set():
                self._left_out = True
                self._room.release()
                return
            brief = await self._brief(job)
            if brief is None:
                self._room.release()
            else:
                group.create_task(self._follow(job, brief))

    async def _follow(self, job: BriefJob, brief: Brief) -> None:
        """Everything that hangs on a brief."""
        try:
            async with asyncio.TaskGroup() as group:
                cover = group.create_task(self._cover(job, brief))
                for card in self._plan.brief_evaluators:
                    group.create_task(self._score(job, brief, card, cover))
                for entry in self._plan.videos:
                    group.create_task(self._video(job, brief, entry, cover))
        finally:
            self._room.release()

    async def _audit_all(self) -> None:
        """Find out what the scores hang on, where all that was begun has ended."""
        jobs = audits(self._plan, self._store)
        async with asyncio.TaskGroup() as group:
            for _ in range(_AUDITS_AT_ONCE):
                group.create_task(self._audit_next(jobs))

    async def _audit_next(self, jobs: Iterator[AuditJob]) -> None:
        for job in jobs:
            if self._stop.is_set():
                return
            await self._audit(job)

    async def _audit(self, job: AuditJob) -> None:
        """An audit is bookkeeping: it is recorded like a unit and counted nowhere."""
        action, found = decide(self._store, job.unit, self._policy)
        if action is Action.DO:
            done = await attempt(
                f"audit of {job.card.name}",
                lambda: self._executor.audit(job.card.name, job.request),
                self._stop,
            )
            if done.error is not None:
                failure = done.error.failure(Stage.AUDIT, done.attempts)
                self._display.note(f"not audited: {failure.message}")
                await self._store.fail(job.unit, failure)
            else:
                await self._store.finish(job.unit, cast("Audit", done.result))
        elif action is Action.REUSE:
            await self._store.finish(job.unit, cast("Audit", found), reused=True)

    async def _brief(self, job: BriefJob) -> Brief | None:
        return await self._do(job.unit, job.entry.llm.name, lambda: self._asked(job))

    async def _asked(self, job: BriefJob) -> Brief:
        messages, found = job.prompt.messages, job.prompt.found
        brief = await self._client.brief(job.entry.llm, messages, job.seed, job.task.rules)
        if found is None:
            return brief
        return replace(
            brief,
            references=tuple(reference.id for reference in found.references),
            copying=copying(brief.title, found.references),
        )

    async def _cover(self, job: BriefJob, brief: Brief) -> Artefact | None:
        entry = self._plan.cover
        if entry is None:
            return None
        unit = cover_unit(job, brief, entry)
        request = MediaRequest(brief.cover_prompt, job.seed)
        return await self._do(unit, entry.generator.name, partial(self._make, entry, request))

    async def _video(
        self, job: BriefJob, brief: Brief, entry: VideoEntry, cover: asyncio.Task[Artefact | None]
    ) -> None:
        unit = video_unit(job, brief, entry)
        request = MediaRequest(brief.video_prompt, job.seed)
        video = await self._do(unit, entry.generator.name, partial(self._make, entry, request))
        if video is not None:
            for card in self._plan.video_evaluators:
                await self._score(job, brief, card, cover, (unit, video))

    async def _make(self, entry: VideoEntry, request: MediaRequest) -> Artefact:
        return await self._executor.make(entry.generator, request)

    async def _score(
        self,
        job: BriefJob,
        brief: Brief,
        card: EvaluatorCard,
        cover: asyncio.Task[Artefact | None],
        video: tuple[Unit, Artefact] | None = None,
    ) -> None:
        shown = await cover if Input.COVER in card.inputs else None
        if Input.COVER in card.inputs and shown is None:
            return  # what it would look at could not be made
        unit = score_unit(job, brief, card, video, shown)
        request = ScoreRequest(job.query, brief.title, video[1] if video else None, shown)
        await self._do(unit, card.name, lambda: self._executor.judge(card.name, request))

    async def _do(self, unit: Unit, who: str, make: Callable[[], Awaitable[R]]) -> R | None:
        """Give a unit's result, made or found, or None where there is none."""
        action, found = decide(self._store, unit, self._policy)
        match action:
            case Action.PRESENT:
                self._tally.count(unit.stage, Outcome.PRESENT)
            case Action.FAILED:
                self._tally.count(unit.stage, Outcome.FAILED)
            case Action.SKIP:
                self._tally.count(unit.stage, Outcome.MISSING)
            case Action.REUSE:
                await self._record(unit, who, Attempted(found), reused=True)
            case Action.DO if self._stop.is_set():
                self._left_out = True
            case Action.DO:
                found = await self._made(unit, who, make)
        return cast("R | None", found)

    async def _made(self, unit: Unit, who: str, make: Callable[[], Awaitable[R]]) -> Result | None:
        """Make a unit; equal units in flight are made once and recorded at each place."""
        flight = self._flying.get(unit.key)
        if flight is not None:
            outcome = await flight
            await self._record(unit, who, outcome, reused=True)
            return outcome.result
        flight = self._flying[unit.key] = asyncio.get_running_loop().create_future()
        what = f"{unit.stage} by {who}"
        try:
            outcome = cast("Attempted[Result]", await attempt(what, make, self._stop))
            await self._record(unit, who, outcome, reused=False)
            flight.set_result(outcome)
        except asyncio.CancelledError:
            self._left_out = True
            raise
        else:
            return outcome.result
        finally:
            del self._flying[unit.key]
            flight.cancel()  # only where no outcome was set

    async def _record(
        self, unit: Unit, who: str, outcome: Attempted[Result], *, reused: bool
    ) -> None:
        """Make an outcome durable, then count it."""
        if outcome.error is not None:
            failure = outcome.error.failure(unit.stage, outcome.attempts)
            spent = None if reused else outcome.wasted_usd + (failure.cost_usd or 0.0) or None
            await self._store.fail(unit, replace(failure, cost_usd=spent))
            self._tally.fail(who, failure)
            self._tally.pay(spent or 0.0)
            return
        result = _with_waste(outcome)
        await self._store.finish(unit, result, reused=reused)
        self._tally.count(unit.stage, Outcome.REUSED if reused else Outcome.DONE)
        if not reused:
            self._tally.pay(_cost(result))


def _with_waste(outcome: Attempted[Result]) -> Result:
    """The result; its cost includes that of the attempts that failed before it."""
    result = cast("Result", outcome.result)
    if not outcome.wasted_usd:
        return result
    match result:
        case Brief(cost_usd=float(cost)) | Artefact(cost_usd=float(cost)):
            return replace(result, cost_usd=cost + outcome.wasted_usd)
        case (Score(cost_usd=float(cost)) as first, *others):
            return replace(first, cost_usd=cost + outcome.wasted_usd), *others
    return result


def _cost(result: Result) -> float | None:
    """USD that a result took; None where a call was paid for and nobody knows its price."""
    match result:
        case Brief() | Artefact():
            return result.cost_usd
        case Audit():
            return 0.0
        case scores:
            return sum(score.cost_usd or 0.0 for score in scores)


def _first(group: BaseExceptionGroup[PopcornError]) -> PopcornError:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
