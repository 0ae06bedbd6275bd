"""The run: walks the plan, does what is missing, and records every unit as it ends.

Briefs are asked for with many calls at once; a clip starts as soon as its brief is there, a score
as soon as what it reads is. Work in flight is bounded, so memory does not grow with the plan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, TypeVar, cast

from popcorn_bench.errors import DISK, AdapterError, PopcornError, StoreError
from popcorn_bench.generators.protocol import MediaRequest, TextClient
from popcorn_bench.generators.video.catalog import VideoEntry
from popcorn_bench.harness.audit import audits
from popcorn_bench.harness.auditing import Auditor
from popcorn_bench.harness.calls import Calls
from popcorn_bench.harness.decide import Action, Policy, decide
from popcorn_bench.harness.executors.protocol import Executor
from popcorn_bench.harness.header import header
from popcorn_bench.harness.limits.leaving import LeftOutError
from popcorn_bench.harness.limits.tolerance import Tolerance
from popcorn_bench.harness.plan import BriefJob, RunPlan, cover_unit, score_unit, video_unit
from popcorn_bench.harness.progress import Display, Outcome, Tally
from popcorn_bench.harness.recorder import Recorder
from popcorn_bench.harness.retry import Attempted, Patience, attempt
from popcorn_bench.harness.survey import planned_units
from popcorn_bench.harness.worker import ScoreRequest
from popcorn_bench.results.artifacts import UNREACHABLE
from popcorn_bench.results.records import Result, new_run_id, now
from popcorn_bench.results.store import Store
from popcorn_bench.types import Artefact, Audit, Brief, EvaluatorCard, Input, Score, Unit

_IN_FLIGHT = 512
R = TypeVar("R", Brief, Artefact, tuple[Score, ...], Audit)
Make: TypeAlias = Callable[[AdapterError | None], Awaitable[R]]  # given the error before it


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended; `halted` says why it stopped by itself before its end, if it did."""

    run_id: str
    tally: Tally
    interrupted: bool
    halted: str = ""


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
        self._plan, self._store, self._executor = plan, store, executor
        self._display, self._policy = display, policy
        self._stop = asyncio.Event()
        self._calls = Calls(plan, client, executor, self._stop, display.note)
        self._patience = Patience(attempts=plan.spec.retry_on_error + 1)
        self._planned = planned_units(plan)
        self._tally = Tally()
        tolerance = Tolerance.read(plan.spec.fail_on_error)
        self._recorder = Recorder(
            store, self._tally, tolerance, self._planned, self._calls.asking, self._halt
        )
        self._flying: dict[str, asyncio.Future[Attempted[Result] | None]] = {}
        self._room = asyncio.Semaphore(_IN_FLIGHT)
        self._left_out = False
        self._asked_to_stop = False
        self._halted = ""
        self._broken: StoreError | None = None

    def stop(self) -> None:
        """Begin nothing new; what has begun ends and is saved."""
        self._asked_to_stop = True
        self._drain()

    def _drain(self) -> None:
        self._stop.set()
        self._calls.close()
        self._executor.drop_waiting()

    def _halt(self, why: str) -> None:
        """Stop for a reason of the run's own."""
        self._halted = why
        self._display.note(f"{why}; what is in flight will be saved")
        self._drain()

    async def run(self) -> Report:
        """Do the plan.

        Raises:
            StoreError: when the results folder can no longer be written; earlier work is intact.
        """
        run_id = new_run_id(self._store.latest)
        auditor = Auditor(self._store, self._executor, self._display, self._policy, self._attempt)
        with self._store.writing(run_id):
            for record in header(self._plan, run_id):
                self._store.write(record)
            for name, n in self._store.repaired.items():
                self._display.note(f"{name}: a torn last line ({n:,} bytes) was cut off")
            self._display.start(self._planned, self._tally)
            status = "broken off"
            try:
                await self._ask_all()
                await auditor.do(audits(self._plan, self._store))
                if self._broken is not None:
                    raise self._broken
                self._halted = self._halted or self._calls.reached()
                status = self._status()
            except* PopcornError as group:
                raise _first(group) from None
            finally:
                self._display.stop()
                with suppress(StoreError):  # it may be what broke the run off
                    self._store.write(self._end(run_id, status))
        return Report(run_id, self._tally, status == "interrupted", self._halted)

    def _end(self, run_id: str, status: str) -> dict[str, object]:
        """The last line; where all units are there, it says so for those who come next."""
        end: dict[str, object] = {"t": "end", "run": run_id, "at": now(), "status": status}
        there = sum(map(self._tally.of, (Outcome.DONE, Outcome.REUSED, Outcome.PRESENT)))
        if status != "finished" or self._left_out or there != sum(self._planned.values()):
            return end
        return {**end, "whole": self._store.seal(self._plan.identity)}

    def _status(self) -> str:
        if self._asked_to_stop and self._left_out:
            return "interrupted"
        return "stopped early" if self._halted else "finished"

    async def _ask_all(self) -> None:
        connections = self._plan.spec.max_connections
        # some wait before they try again: others call meanwhile (the window bounds the calls)
        connections = min(connections + connections // 4, self._plan.n_briefs)
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

    async def _brief(self, job: BriefJob) -> Brief | None:
        return await self._do(job.unit, job.entry.llm.name, partial(self._calls.brief, job))

    async def _cover(self, job: BriefJob, brief: Brief) -> Artefact | None:
        entry = self._plan.cover
        if entry is None:
            return None
        unit = cover_unit(job, brief, entry)
        request = MediaRequest(brief.cover_prompt, job.seed)
        make = _plain(self._calls.make, entry, request)
        return await self._do(unit, entry.generator.name, make)

    async def _video(
        self, job: BriefJob, brief: Brief, entry: VideoEntry, cover: asyncio.Task[Artefact | None]
    ) -> None:
        unit = video_unit(job, brief, entry)
        request = MediaRequest(brief.video_prompt, job.seed)
        make = _plain(self._calls.make, entry, request)
        video = await self._do(unit, entry.generator.name, make)
        if video is not None:
            for card in self._plan.video_evaluators:
                await self._score(job, brief, card, cover, (unit, video))

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
        await self._do(unit, card.name, _plain(self._calls.judge, card, request))

    async def _do(self, unit: Unit, who: str, make: Make[R]) -> R | None:
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
                await self._recorder.record(unit, who, Attempted(found), reused=True)
            case Action.DO if self._stop.is_set():
                self._left_out = True
            case Action.DO:
                found = await self._made(unit, who, make)
        return cast("R | None", found)

    async def _made(self, unit: Unit, who: str, make: Make[R]) -> Result | None:
        """Make a unit; equal units in flight are made once and recorded at each place."""
        flight = self._flying.get(unit.key)
        if flight is not None:
            outcome = await asyncio.shield(flight)  # others wait for it, too
            if outcome is not None:
                await self._recorder.record(unit, who, outcome, reused=True)
            return outcome.result if outcome is not None else None
        flight = self._flying[unit.key] = asyncio.get_running_loop().create_future()
        what = f"{unit.stage} by {who}"
        try:
            outcome = cast("Attempted[Result]", await self._attempt(what, make))
            await self._recorder.record(unit, who, outcome, reused=False)
            flight.set_result(outcome)
        except LeftOutError:
            flight.set_result(None)
            return None
        else:
            return outcome.result
        finally:
            del self._flying[unit.key]
            flight.cancel()  # only where no outcome was set

    async def _attempt(self, what: str, make: Make[R]) -> Attempted[R]:
        """Try until there is an outcome. Where there is none, something was left out."""
        try:
            outcome = await self._begun(what, make)
        except (LeftOutError, asyncio.CancelledError):
            self._left_out = True
            raise
        self._left_out |= outcome.cut
        return outcome

    async def _begun(self, what: str, make: Make[R]) -> Attempted[R]:
        if self._stop.is_set():
            raise LeftOutError("the run stops")
        outcome = await attempt(what, make, self._stop, self._patience)
        if outcome.error is not None and outcome.error.kind in {DISK, UNREACHABLE}:
            # files can be kept no more: that is no unit's failure, the run ends as it is
            self._broken = StoreError(f"{self._store.folder}: {outcome.error.message}")
            self._drain()
            raise LeftOutError(outcome.error.message)
        return outcome


def _plain(call: Callable[..., Awaitable[R]], *args: object) -> Make[R]:
    """A call that is the same however the one before it failed."""

    async def make(_: AdapterError | None) -> R:
        return await call(*args)

    return make


def _first(group: BaseExceptionGroup[PopcornError]) -> PopcornError:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
