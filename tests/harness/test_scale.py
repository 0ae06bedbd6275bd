"""What a matrix comes to, by the model of docs/scale.md."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import pytest

from benchmarks import scale as worked
from popcorn_bench.generators.retrieval.prompt import tokens
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.scale import Matrix, calls_hours, matrix_of, wall_hours
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import planned_units
from popcorn_bench.types import Stage

_DOC = Path(__file__).resolve().parents[2] / "docs" / "scale.md"


def test_the_document_holds_what_the_model_gives() -> None:
    text = _DOC.read_text(encoding="utf-8")
    shown = text.split("<!-- example: begin -->\n")[1].split("\n<!-- example: end -->")[0]
    assert shown == worked.markdown()


def test_the_example_by_hand() -> None:
    matrix = Matrix(llms=30, generators=12, queries=200, modes=2, seeds=3)
    assert matrix.calls == 36_000
    assert matrix.clips == 432_000
    assert matrix.units == {
        Stage.BRIEF: 36_000,
        Stage.COVER: 36_000,
        Stage.VIDEO: 432_000,
        Stage.SCORE: 468_000,
    }
    found = worked.example()
    seconds = 5 + 10 + 25 + 60 + 60 + 60 + 90 + 120 + 180 + 240 + 300 + 600
    assert found.gpu_h == pytest.approx(36_000 * seconds / 3600)
    assert found.wall_h[0] == pytest.approx(found.gpu_h / 64 + 120 / 3600)
    assert found.wall_h[1] == pytest.approx(found.gpu_h / 64 + (12 * 120 + 600) / 3600)
    usd = 18_000 * (376 + 1_140) * 1e-6 + 36_000 * 400 * 4e-6
    assert found.usd == pytest.approx(usd)


def test_the_prompts_of_the_example_are_ours() -> None:
    for mode, expected in worked.PROMPT_TOKENS.items():
        plan = resolve(RunSpec(modes=(mode,), llms=("echo",)))
        jobs = plan.briefs(plan.llms[0])
        sizes = [sum(tokens(message.content) for message in job.prompt.messages) for job in jobs]
        assert fmean(sizes) == pytest.approx(expected, rel=0.01)


def test_the_matrix_of_a_plan_is_that_of_its_parts() -> None:
    spec = RunSpec(videos=("still",), modes=("basic", "pe"), repeats=3, limit=5)
    plan = resolve(spec)
    assert matrix_of(plan).calls == 2 * sum(len(task.queries) for task in plan.tasks) * 2 * 3
    assert planned_units(plan)[Stage.VIDEO] == matrix_of(plan).clips
    alone = resolve(RunSpec(covers=("none",), videos=("none",), limit=5))
    assert Stage.COVER not in planned_units(alone)
    assert planned_units(alone)[Stage.VIDEO] == 0


def test_hours_do_not_fall_below_the_work_and_hold_at_one_gpu() -> None:
    low, high = wall_hours([3_600.0, 7_200.0], 1, {"a": 60.0, "b": 120.0}, 30.0)
    assert low == pytest.approx(3 + 60 / 3600)
    assert high == pytest.approx(3 + 210 / 3600)
    assert calls_hours(3_600, 2.0, 4) == pytest.approx(0.5)
