"""The run against partners that answer at once: what is done, recorded, repeated and counted."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from popcorn_bench.errors import AdapterError, StoreError
from popcorn_bench.harness import retry
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.progress import Outcome, Silent
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.run import Report, Runner
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import planned_units, survey
from popcorn_bench.results import index, journal
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.store import Store
from popcorn_bench.types import Input, Stage
from tests.instant import Fault, InstantClient, InstantExecutor, no_fault

SPEC = RunSpec(limit=10, tasks=("popcorn_concrete",))
QUERIES, LLMS, VIDEOS = 10, 2, 2
ATTEMPTS = SPEC.retry_on_error + 1


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_WAIT_S", 0.0)


class Bench:
    """A results folder with partners that count."""

    def __init__(self, folder: Path, spec: RunSpec = SPEC, fault: Fault = no_fault) -> None:
        self.plan = resolve(replace(spec, output_path=folder))
        self.folder = folder
        self.client = InstantClient(fault)
        metrics = {c.name: tuple(m.name for m in c.metrics) for c in self.plan.evaluators}
        self.executor = InstantExecutor(ArtefactStore(folder), metrics, fault)

    def run(self, policy: Policy = Policy()) -> Report:  # noqa: B008 - frozen
        async def go() -> Report:
            with Store(self.folder) as store:
                runner = Runner(
                    self.plan, store, self.client, self.executor, display=Silent(), policy=policy
                )
                return await runner.run()

        return asyncio.run(go())

    @property
    def work(self) -> int:
        partners = (self.client.calls, self.executor.made, self.executor.judged)
        return sum(counter.total() for counter in partners)

    def left(self, policy: Policy = Policy()) -> int:  # noqa: B008 - frozen
        with Store(self.folder) as store:
            return survey(self.plan, store, policy).to_do.total()


def _count(folder: Path, table: str) -> int:
    """Rows of a table; of `videos` the clips, without the covers."""
    with closing(index.connect([folder])) as connection:
        rows = connection.table(table)
        rows = rows.filter("stage = 'video'") if table == "videos" else rows
        return int(rows.count("*").fetchall()[0][0])


def test_everything_planned_is_done_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    report = bench.run()

    assert bench.client.calls == {"echo": QUERIES, "template": QUERIES}
    assert bench.executor.made.total() == QUERIES * LLMS * VIDEOS
    planned = planned_units(bench.plan)
    assert {s: report.tally.of(Outcome.DONE, s) for s in planned} == planned
    assert _count(tmp_path, "briefs") == QUERIES * LLMS
    assert _count(tmp_path, "videos") == QUERIES * LLMS * VIDEOS
    assert bench.left() == 0


def test_the_same_again_does_nothing(tmp_path: Path) -> None:
    Bench(tmp_path).run()
    again = Bench(tmp_path)
    again.run()

    assert again.work == 0


def test_a_wider_run_does_only_what_is_new(tmp_path: Path) -> None:
    Bench(tmp_path).run()
    wider = Bench(tmp_path, replace(SPEC, limit=15))
    wider.run()

    assert wider.client.calls == {"echo": 5, "template": 5}


def test_another_seed_is_other_work_that_stays_paired(tmp_path: Path) -> None:
    Bench(tmp_path).run()
    other = Bench(tmp_path, replace(SPEC, seed=1))
    other.run()

    assert other.client.calls.total() == QUERIES * LLMS
    with closing(index.connect([tmp_path])) as connection:
        per_llm = connection.sql(
            "SELECT llm_id, list(DISTINCT (query_id, seed) ORDER BY (query_id, seed)) "
            "FROM briefs GROUP BY llm_id"
        ).fetchall()
    assert per_llm[0][1] == per_llm[1][1]


def test_a_failed_unit_is_a_row_and_its_followers_are_not_tried(tmp_path: Path) -> None:
    def refuse(stage: Stage, text: str) -> AdapterError | None:
        return AdapterError("refusal", "no") if stage is Stage.VIDEO and "echo" in text else None

    bench = Bench(tmp_path, fault=refuse)
    report = bench.run()

    failed = QUERIES * VIDEOS
    assert report.tally.of(Outcome.FAILED, Stage.VIDEO) == failed
    assert report.tally.kinds == {("storyboard", "refusal"): 10, ("still", "refusal"): 10}
    assert _count(tmp_path, "open_failures") == failed
    assert bench.executor.judged["quality"] == QUERIES * (LLMS - 1) * VIDEOS


def test_lasting_failures_wait_for_retry_and_passing_ones_do_not(tmp_path: Path) -> None:
    def fault(kind: str, *, retriable: bool) -> Fault:
        def refuse(stage: Stage, _text: str) -> AdapterError | None:
            return AdapterError(kind, "", retriable=retriable) if stage is Stage.BRIEF else None

        return refuse

    lasting, passing = tmp_path / "lasting", tmp_path / "passing"
    Bench(lasting, fault=fault("refusal", retriable=False)).run()
    Bench(passing, fault=fault("timeout", retriable=True)).run()

    assert Bench(lasting).left() == 0
    assert Bench(passing).left() > 0
    again = Bench(lasting)
    again.run(Policy(retry_all=True))
    assert again.client.calls.total() == QUERIES * LLMS
    assert _count(lasting, "open_failures") == 0


def test_attempts_are_finite_and_their_cost_is_kept(tmp_path: Path) -> None:
    def unread(stage: Stage, _text: str) -> AdapterError | None:
        error = AdapterError("bad_response", "", retriable=True, cost_usd=0.5)
        return error if stage is Stage.BRIEF else None

    bench = Bench(tmp_path, replace(SPEC, limit=1, llms=("echo",)), fault=unread)
    report = bench.run()

    assert bench.client.calls["echo"] == ATTEMPTS
    assert report.tally.cost_usd == pytest.approx(0.5 * ATTEMPTS)
    with closing(index.connect([tmp_path])) as connection:
        row = connection.sql("SELECT attempts, cost_usd FROM failures").fetchall()
    assert row == [(ATTEMPTS, 0.5 * ATTEMPTS)]


def test_equal_units_in_flight_are_made_once_and_stand_at_each_place(tmp_path: Path) -> None:
    spec = replace(SPEC, llms=("echo", "openai/mock-a"), skip_unusable=False)
    bench = Bench(
        tmp_path, replace(spec, llm_args=(("openai/mock-a", {"api_base": "http://127.0.0.1:1"}),))
    )
    # The same answers from both LLMs: every clip is asked for twice and made once.
    for entry in bench.plan.llms:
        assert entry.usable
    original = bench.client.brief

    async def alike(*args: object) -> object:
        brief = await original(*args)  # type: ignore[arg-type]  # passed through
        return replace(brief, title="same", video_prompt="same", cover_prompt="same")

    bench.client = _Alike(alike)  # type: ignore[assignment]  # the same shape
    bench.run()

    assert _count(tmp_path, "videos") == QUERIES * LLMS * VIDEOS
    assert bench.executor.made.total() == QUERIES * VIDEOS


class _Alike:
    def __init__(self, brief: object) -> None:
        self.brief = brief
        self.calls: Counter[str] = Counter()

    async def close(self) -> None:
        pass


def test_a_clip_that_was_lost_is_made_again_and_counts_once(tmp_path: Path) -> None:
    Bench(tmp_path).run()
    for clip in (tmp_path / "artifacts").rglob("*.mp4"):
        clip.unlink()
    scoring = Bench(tmp_path)
    report = scoring.run(Policy(generate=False))
    assert report.tally.of(Outcome.MISSING, Stage.VIDEO) == QUERIES * LLMS * VIDEOS

    again = Bench(tmp_path)
    again.run()

    assert again.executor.made.total() == QUERIES * LLMS * VIDEOS
    assert again.client.calls.total() == 0
    assert _count(tmp_path, "videos") == QUERIES * LLMS * VIDEOS


def test_modes_and_repeats_of_one_name_are_planned_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, replace(SPEC, modes=("basic", "basic")))

    assert planned_units(bench.plan)[Stage.BRIEF] == QUERIES * LLMS


def test_score_only_gives_the_missing_scores_and_generates_nothing(tmp_path: Path) -> None:
    Bench(tmp_path, replace(SPEC, evaluators=("popularity",))).run()
    again = Bench(tmp_path)
    again.run(Policy(generate=False))

    assert again.client.calls.total() == again.executor.made.total() == 0
    assert again.executor.judged == {"quality": QUERIES * LLMS * VIDEOS}


def test_stopping_drains_and_the_rest_can_be_done_later(tmp_path: Path) -> None:
    asked = asyncio.Event()

    def begin(_stage: Stage, _text: str) -> None:
        asked.set()

    bench = Bench(tmp_path, replace(SPEC, max_connections=2), fault=begin)

    async def go() -> Report:
        with Store(tmp_path) as store:
            runner = Runner(
                bench.plan,
                store,
                bench.client,
                bench.executor,
                display=Silent(),
                policy=Policy(),
            )
            running = asyncio.create_task(runner.run())
            await asked.wait()
            runner.stop()
            return await running

    report = asyncio.run(go())
    assert report.interrupted
    done = bench.client.calls.total()
    rest = Bench(tmp_path)
    rest.run()
    assert done + rest.client.calls.total() == QUERIES * LLMS
    assert _count(tmp_path, "briefs") == QUERIES * LLMS


def test_a_folder_that_can_no_longer_be_written_stops_the_run_with_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path)

    def full(_handle: int) -> None:
        if bench.client.calls.total() > 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("popcorn_bench.results.journal.os.fsync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        bench.run()
    monkeypatch.undo()

    assert Bench(tmp_path).left() > 0  # and what was written can be read


def test_the_journal_explains_itself(tmp_path: Path) -> None:
    Bench(tmp_path).run()
    (path,) = journal.journal_files(tmp_path)
    kinds = Counter(json.loads(line)["t"] for line in path.read_text().splitlines())

    definitions = {"task", "mode", "llm", "generator", "evaluator"}
    assert set(kinds) == {"run", "plan", "unit", "end"} | definitions
    with closing(index.connect([tmp_path])) as connection:
        (n,) = connection.sql("SELECT sum(repeats) FROM planned").fetchall()[0]
    quality, popularity = QUERIES * LLMS * VIDEOS, QUERIES * LLMS
    assert n == quality + popularity


def test_evaluators_are_audited_once_on_what_the_run_made(tmp_path: Path) -> None:
    first = Bench(tmp_path)
    first.run()
    again = Bench(tmp_path)
    again.run()
    wider = Bench(tmp_path, replace(SPEC, limit=15))
    wider.run()

    assert first.executor.audited == {"popularity": QUERIES * LLMS, "quality": 8 * VIDEOS}
    assert again.executor.audited == {}
    assert wider.executor.audited["popularity"] == 15 * LLMS


def test_an_audit_that_fails_takes_nothing_from_the_board(tmp_path: Path) -> None:
    def fault(stage: Stage, _: str) -> AdapterError | None:
        return AdapterError("bug", "no") if stage is Stage.AUDIT else None

    report = Bench(tmp_path, fault=fault).run()

    assert report.tally.of(Outcome.FAILED) == 0
    with closing(index.connect([tmp_path])) as connection:
        stages = connection.sql("SELECT DISTINCT stage FROM open_failures").fetchall()
    assert stages == [("audit",)]


def test_an_evaluator_that_reads_covers_waits_for_them(tmp_path: Path) -> None:
    def refuse(stage: Stage, _: str) -> AdapterError | None:
        return AdapterError("refusal", "no") if stage is Stage.COVER else None

    bench, blind = _looking(tmp_path / "a"), _looking(tmp_path / "b", refuse)
    report, refused = bench.run(), blind.run()

    assert report.tally.of(Outcome.DONE, Stage.COVER) == QUERIES * LLMS
    assert bench.executor.judged["popularity"] == QUERIES * LLMS
    assert refused.tally.of(Outcome.FAILED, Stage.COVER) == QUERIES * LLMS
    assert blind.executor.judged["popularity"] == 0
    assert blind.executor.judged["quality"] == QUERIES * LLMS * VIDEOS


def _looking(folder: Path, fault: Fault = no_fault) -> Bench:
    """A bench whose popularity reads covers."""
    bench = Bench(folder, fault=fault)
    popularity, quality = bench.plan.evaluators
    looking = replace(popularity, inputs=(Input.TITLE, Input.COVER))
    bench.plan = replace(bench.plan, evaluators=(looking, quality))
    return bench


def test_without_covers_none_are_made(tmp_path: Path) -> None:
    report = Bench(tmp_path, replace(SPEC, covers=("none",))).run()

    assert report.tally.of(Outcome.DONE, Stage.COVER) == 0
    assert Stage.COVER not in planned_units(resolve(replace(SPEC, covers=("none",))))
