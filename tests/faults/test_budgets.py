"""A budget is never passed: random scenarios with calls of random cost, many at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.generators.retrieval.prompt import tokens
from popcorn_bench.harness import retry
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.limits.terms import on_terms
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.progress import Outcome, Silent
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.run import Report, Runner
from popcorn_bench.harness.spec import RunSpec
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
from tests.instant import InstantExecutor

_IN, _OUT, _MOST_TOKENS = 2.0, 10.0, 1_000  # USD per million tokens, twice
_CLIP_USD, _MOST_SCORE_USD = 0.05, 0.02
_MILLION = 1e6
_SPEC = RunSpec(
    llms=("openai/bounded", "openai/free-running"),
    llm_args=(
        ("", {"api_base": "http://127.0.0.1:9/v1"}),
        ("openai/bounded", {"max_tokens": str(_MOST_TOKENS)}),
    ),
    tasks=("popcorn_concrete",),
    evaluators=("popularity", "judge"),
    evaluator_args=(("judge", {"model": "openai/eye", "api_base": "http://127.0.0.1:9/v1"}),),
    covers=("none",),
    videos=("still",),
    limit=20,
    price=(("openai/*", (_IN, _OUT)), ("still", (_CLIP_USD,)), ("judge", (_MOST_SCORE_USD,))),
)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_WAIT_S", 0.0)


@dataclass
class Till:
    """What was really charged."""

    dice: random.Random
    usd: float = 0.0
    dearest: float = 0.0
    in_flight: int = 0
    most_at_once: int = 0

    async def charge(self, usd: float) -> None:
        self.in_flight += 1
        self.most_at_once = max(self.most_at_once, self.in_flight)
        await asyncio.sleep(self.dice.choice([0, 0, 0.001, 0.003]))
        self.in_flight -= 1
        self.usd += usd
        self.dearest = max(self.dearest, usd)


@dataclass
class CostlyClient:
    """Answers of random length; some calls fail, with or without a bill."""

    till: Till
    faults: float

    async def brief(
        self, llm: LLM, messages: Sequence[Message], seed: int, rules: BriefRules
    ) -> Brief:
        del rules
        dice = self.till.dice
        asked = sum(tokens(m.content) for m in messages) * dice.uniform(0.6, 1.9)
        bounded = "max_tokens" in llm.params
        told = dice.uniform(1, _MOST_TOKENS) if bounded else dice.uniform(1_500, 3_000)
        cost = (asked * _IN + told * _OUT) / _MILLION
        fails = dice.random() < self.faults
        if fails and dice.random() < 0.3:
            await self.till.charge(0.0)
            raise AdapterError("overload", "", retriable=True)
        await self.till.charge(cost)
        if fails and dice.random() < 0.5:  # billed, and nobody says so
            raise AdapterError("timeout", "", retriable=True)
        if fails:
            raise AdapterError("malformed_answer", "", cost_usd=cost)
        text = f"{llm.name} {seed}"
        return Brief(title=text, cover_prompt=text, video_prompt=text, cost_usd=cost)

    async def close(self) -> None:
        pass


@dataclass(slots=True)
class CostlyExecutor(InstantExecutor):
    till: Till = field(default_factory=lambda: Till(random.Random()))
    faults: float = 0.0

    async def make(self, generator: Generator, request: MediaRequest) -> Artefact:
        await self.till.charge(_CLIP_USD)
        if self.till.dice.random() < self.faults:
            raise AdapterError("degenerate", "", cost_usd=_CLIP_USD)
        return await super(CostlyExecutor, self).make(generator, request)

    async def judge(self, evaluator: str, request: ScoreRequest) -> tuple[Score, ...]:
        """A judge asks several times: some of its answers may be billed and fail all the same."""
        first, *others = await super(CostlyExecutor, self).judge(evaluator, request)
        if evaluator != "judge":
            return (first, *others)
        usd = self.till.dice.uniform(0.001, _MOST_SCORE_USD)
        await self.till.charge(usd)
        if self.till.dice.random() < self.faults:
            known = self.till.dice.choice([usd, None])
            kind = "malformed_answer" if known else "timeout"
            raise AdapterError(kind, "", retriable=True, cost_usd=known)
        return (replace(first, cost_usd=usd), *others)


def _run(plan: RunPlan, folder: Path, till: Till, faults: float) -> Report:
    metrics = {card.name: tuple(m.name for m in card.metrics) for card in plan.evaluators}
    executor = CostlyExecutor(ArtefactStore(folder), metrics, till=till, faults=faults)

    async def go() -> Report:
        with Store(folder) as store:
            client = CostlyClient(till, faults)
            runner = Runner(plan, store, client, executor, display=Silent(), policy=Policy())
            return await runner.run()

    return asyncio.run(go())


@pytest.fixture(scope="module")
def plan() -> RunPlan:
    return on_terms(resolve(_SPEC))


def test_no_budget_is_passed_in_200_random_scenarios(plan: RunPlan, tmp_path: Path) -> None:
    stopped = at_once = judged = 0
    for seed in range(200):
        dice = random.Random(seed)
        till = Till(dice)
        budget = round(dice.choice([0.05, 0.3, 1.0, 3.0]) * dice.uniform(0.5, 1.5), 4)
        faults = dice.choice([0.0, 0.1, 0.3])
        connections = dice.choice([1, 4, 32])
        some = (plan.llms[:1], plan.llms[1:], plan.llms)[dice.randrange(3)]
        videos = plan.videos if dice.random() < 0.5 else ()
        spec = replace(plan.spec, budget=budget, max_connections=connections)
        limited = replace(plan, llms=some, videos=videos, spec=spec)

        report = _run(limited, tmp_path / str(seed), till, faults)

        assert till.usd <= budget, f"scenario {seed}: ${till.usd} of ${budget}"
        assert report.tally.cost_usd <= till.usd + 1e-9
        judged += report.tally.of(Outcome.DONE, Stage.SCORE)
        stopped += bool(report.halted)
        at_once = max(at_once, till.most_at_once)
        if report.halted:
            assert "--budget" in report.halted
            assert not report.interrupted
    assert 50 < stopped < 190  # both ends are tried
    assert at_once > 8
    assert judged > 1_000


def test_a_budget_is_used_up_and_a_higher_one_goes_on(plan: RunPlan, tmp_path: Path) -> None:
    budget = 0.08
    till = Till(random.Random(1))
    bounded = replace(plan, llms=plan.llms[:1], videos=())
    first = _run(replace(bounded, spec=replace(plan.spec, budget=budget)), tmp_path, till, 0.0)

    largest_reservation = (2 * 1_500 + 200) * _IN / _MILLION + _MOST_TOKENS * _OUT / _MILLION
    assert first.halted
    assert budget - largest_reservation < till.usd <= budget
    done = first.tally.of(Outcome.DONE)

    more = _run(replace(bounded, spec=replace(plan.spec, budget=10.0)), tmp_path, till, 0.0)

    assert not more.halted
    assert more.tally.of(Outcome.PRESENT) == done
    assert more.tally.of(Outcome.FAILED) == 0
    assert more.tally.of(Outcome.DONE) + done == 40


def test_what_costs_nothing_goes_on_when_the_budget_is_reached(tmp_path: Path) -> None:
    spec = replace(
        _SPEC,
        evaluators=("popularity",),
        evaluator_args=(),
        llms=("echo", "openai/bounded"),
        price=_SPEC.price[:1],
        budget=0.0,
    )
    mixed = on_terms(resolve(spec))

    report = _run(mixed, tmp_path, Till(random.Random(1)), 0.0)

    assert report.halted
    assert report.tally.of(Outcome.FAILED) == 0
    bills = {who for _, who in report.tally.bills}
    assert "echo" in bills
    assert "openai/bounded" not in bills
