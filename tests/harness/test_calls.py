"""A run under limits, against partners that answer at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.harness import calls, retry
from popcorn_bench.harness.calls import Calls
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.limits.terms import on_terms
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.progress import Outcome, Silent
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.run import Report, Runner
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import Survey, survey
from popcorn_bench.harness.worker import ScoreRequest
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.store import Store
from popcorn_bench.types import (
    LLM,
    Artefact,
    Brief,
    BriefRules,
    Generator,
    Message,
    Score,
    Stage,
)
from tests.instant import InstantClient, InstantExecutor

_SPEC = RunSpec(
    llms=("echo",),
    videos=("still",),
    covers=("none",),
    evaluators=("popularity",),
    tasks=("popcorn_concrete",),
    limit=10,
)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_WAIT_S", 0.0)


def _plan(folder: Path, **changes: object) -> RunPlan:
    return on_terms(resolve(replace(_SPEC, output_path=folder, **changes)))  # type: ignore[arg-type]  # any field


@dataclass(slots=True)
class Timed(InstantExecutor):
    """Clips that took `seconds` of a device, scores that cost `usd`."""

    seconds: float = 0.0
    usd: float | None = None
    at_once: int = 0
    most_at_once: int = 0

    async def make(self, generator: Generator, request: MediaRequest) -> Artefact:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        made = await super(Timed, self).make(generator, request)
        return replace(made, made_seconds=self.seconds)

    async def judge(self, evaluator: str, request: ScoreRequest) -> tuple[Score, ...]:
        first, *others = await super(Timed, self).judge(evaluator, request)
        return (replace(first, cost_usd=self.usd), *others)


def _run(plan: RunPlan, client: object = None, executor: Timed | None = None) -> Report:
    folder = plan.spec.output_path
    metrics = {card.name: tuple(m.name for m in card.metrics) for card in plan.evaluators}
    executor = executor or Timed(ArtefactStore(folder), metrics)
    executor.metrics = metrics

    async def go() -> Report:
        with Store(folder) as store:
            asked: InstantClient = client or InstantClient()  # type: ignore[assignment]  # the same shape
            runner = Runner(plan, store, asked, executor, display=Silent(), policy=Policy())
            return await runner.run()

    return asyncio.run(go())


@dataclass
class Sloppy:
    """Gives no brief until it was told `lessons` times what was wrong."""

    lessons: int
    heard: list[Sequence[Message]] = field(default_factory=list)

    async def brief(
        self, llm: LLM, messages: Sequence[Message], seed: int, rules: BriefRules
    ) -> Brief:
        self.heard.append(messages)
        if sum("could not be used" in m.content for m in messages) < min(self.lessons, 1) or (
            len(self.heard) <= self.lessons
        ):
            error = AdapterError("malformed_answer", "no JSON object", cost_usd=0.5)
            error.answer = f"wrong {len(self.heard)}"
            raise error
        text = f"{llm.name} {seed}"[: rules.title_max]
        return Brief(title=text, cover_prompt=text, video_prompt=text, cost_usd=1.0)

    async def close(self) -> None:
        pass


def test_a_model_is_shown_what_was_wrong_and_its_brief_says_so(tmp_path: Path) -> None:
    sloppy = Sloppy(lessons=2)
    plan = _plan(tmp_path, limit=1, videos=("none",))
    report = _run(plan, sloppy)

    first, second, third = sloppy.heard
    assert len(first) < len(second) == len(third)  # only the last answer is shown
    assert [m.role for m in third[-2:]] == ["assistant", "user"]
    assert third[-2].content == "wrong 2"
    assert "no JSON object" in third[-1].content
    (job,) = plan.briefs(plan.llms[0])
    with Store(tmp_path) as store:
        brief = store.result(job.unit)  # under the key of the first request
    assert isinstance(brief, Brief)
    assert brief.breaches == ("asked_again",)
    assert brief.cost_usd == 2.0
    bill = report.tally.bills[Stage.BRIEF, "echo"]
    assert (bill.units, bill.usd, bill.wasted_usd) == (1, 2.0, 1.0)


def test_a_model_that_never_learns_fails_after_three_answers(tmp_path: Path) -> None:
    sloppy = Sloppy(lessons=99)
    report = _run(_plan(tmp_path, limit=1), sloppy)

    assert len(sloppy.heard) == 3
    assert report.tally.kinds == {("echo", "malformed_answer"): 1}
    assert report.tally.bills[Stage.BRIEF, "echo"].wasted_usd == 1.5


def test_a_run_stops_at_the_failures_that_are_not_borne(tmp_path: Path) -> None:
    def refuse(stage: Stage, _: str) -> AdapterError | None:
        return AdapterError("refusal", "no") if stage is Stage.BRIEF else None

    client = InstantClient(refuse)
    spec = {"limit": 100, "fail_on_error": "5", "max_connections": 2}
    report = _run(_plan(tmp_path, **spec), client)

    assert "--fail-on-error 5" in report.halted
    assert not report.interrupted
    assert 5 <= client.calls.total() <= 5 + 2


def test_gpu_time_is_not_passed_and_one_clip_tells_how_long_they_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "devices", lambda _: ["cuda:0"])
    plan = _plan(tmp_path, max_gpu_hours=500 / 3600)
    local = tuple(replace(entry, on_gpu=True) for entry in plan.videos)
    executor = Timed(ArtefactStore(tmp_path), {}, seconds=100.0)

    report = _run(replace(plan, videos=local), executor=executor)

    assert "--max-gpu-hours" in report.halted
    # 1.5 times the longest is set aside: the fifth might take 150 s of the 100 s that are left.
    assert executor.made.total() == 4
    assert executor.most_at_once <= 2
    assert report.tally.of(Outcome.FAILED) == 0


def test_time_on_the_cpu_is_no_gpu_time(tmp_path: Path) -> None:
    executor = Timed(ArtefactStore(tmp_path), {}, seconds=100.0)
    report = _run(_plan(tmp_path, max_gpu_hours=0.0), executor=executor)

    assert not report.halted
    assert executor.made.total() == 10


def test_a_judge_spends_of_the_budget(tmp_path: Path) -> None:
    judge = {"model": "openai/eye", "api_base": "http://127.0.0.1:9/v1"}
    prices = {"price_input": "1", "price_output": "1"}
    args = (("judge", judge | prices),)
    plan = _plan(tmp_path, evaluators=("judge",), evaluator_args=args, budget=0.5)
    executor = Timed(ArtefactStore(tmp_path), {}, usd=0.1)

    report = _run(plan, InstantClientFree(), executor)

    assert report.halted
    assert report.tally.of(Outcome.DONE, Stage.VIDEO) == 10
    assert report.tally.of(Outcome.DONE, Stage.SCORE) == 4  # a fifth might cost twice as much
    assert report.tally.cost_usd == pytest.approx(0.4)


class InstantClientFree(InstantClient):
    """Costs nothing."""

    async def brief(
        self, llm: LLM, messages: Sequence[Message], seed: int, rules: BriefRules
    ) -> Brief:
        return replace(await super().brief(llm, messages, seed, rules), cost_usd=0.0)


def test_the_stated_price_of_a_clip_is_what_it_cost(tmp_path: Path) -> None:
    plan = _plan(tmp_path, price=(("still", (0.25,)),))
    executor = Timed(ArtefactStore(tmp_path), {})

    report = _run(plan, InstantClientFree(), executor)

    assert report.tally.bills[Stage.VIDEO, "still"].usd == pytest.approx(2.5)


def test_the_plan_counts_equal_work_once(tmp_path: Path) -> None:
    """Two names of one model ask the same: the plan says what the run then does."""
    (tmp_path / "own").mkdir()
    entry = "{model: openai/one, params: {api_base: 'http://127.0.0.1:9/v1'}}"
    (tmp_path / "own" / "llms.yaml").write_text(f"llms:\n  a: {entry}\n  b: {entry}\n")
    spec = {"llms": ("a", "b"), "include_path": (str(tmp_path / "own"),)}
    plan = _plan(tmp_path / "results", **spec)
    with Store(tmp_path / "results") as store:
        found = survey(plan, store, Policy())
    report = _run(plan)

    for stage in (Stage.BRIEF, Stage.VIDEO, Stage.SCORE):
        assert found.to_do[stage] == report.tally.of(Outcome.DONE, stage) == 10
        assert found.reuse[stage] == report.tally.of(Outcome.REUSED, stage) == 10
    assert found.calls == Counter({"a": 10})


@pytest.mark.parametrize("made", [False, True])
def test_a_plan_holds_the_calls_of_a_judge_and_what_they_cost(tmp_path: Path, made: bool) -> None:
    """Known from the model's price and the number of answers; a stated price of a score wins."""
    judge = {"model": "openai/eye", "api_base": "http://127.0.0.1:9/v1", "repeats": "3"}
    tokens = judge | {"price_input": "1", "price_output": "2"}
    if made:
        _run(_plan(tmp_path))
    with Store(tmp_path) as store:

        def plan(judge: dict[str, str], **more: object) -> Survey:
            spec = {"evaluators": ("judge",), "evaluator_args": (("judge", judge),)}
            return survey(_plan(tmp_path, **spec, **more), store, Policy())

        unknown, stated = plan(judge), plan(judge, price=(("judge", (0.5,)),))
        priced, dearer = plan(tokens), plan(tokens | {"price_input": "2", "price_output": "4"})

    assert unknown.unpriced == {"judge"}
    assert (stated.unpriced, stated.usd) == (set(), 5.0)
    assert unknown.calls["judge"] == priced.calls["judge"] == 30
    assert 0.01 < priced.usd < 1
    assert dearer.usd == pytest.approx(2 * priced.usd)


def test_scores_at_a_price_that_nobody_knows_are_told_as_unknown(tmp_path: Path) -> None:
    judge = {"model": "openai/eye", "api_base": "http://127.0.0.1:9/v1"}
    plan = _plan(tmp_path, evaluators=("judge",), evaluator_args=(("judge", judge),))
    report = _run(plan, InstantClientFree(), Timed(ArtefactStore(tmp_path), {}, usd=None))

    bill = report.tally.bills[Stage.SCORE, "judge"]
    assert (bill.units, bill.unknown, bill.usd) == (10, 10, 0.0)
    assert "popularity" not in {who for _, who in report.tally.bills}


def test_time_in_the_queue_is_no_gpu_time_of_a_clip_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "devices", lambda _: ["cuda:0"])
    plan = _plan(tmp_path, max_gpu_hours=1.0)
    local = tuple(replace(entry, on_gpu=True, seconds_per_clip=0.001) for entry in plan.videos)

    def fault(stage: Stage, _: str) -> AdapterError | None:
        return AdapterError("degenerate", "flat") if stage is Stage.VIDEO else None

    slow = Timed(ArtefactStore(tmp_path), {}, fault=fault)
    limited = Calls(
        replace(plan, videos=local), InstantClient(), slow, asyncio.Event(), lambda _: None
    )

    async def go() -> None:
        for seed in range(10):
            with pytest.raises(AdapterError):
                await limited.make(local[0], MediaRequest("x", seed))

    asyncio.run(go())
    assert 0 < limited.gpu.taken < 11 * 0.001
