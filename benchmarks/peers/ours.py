"""popcorn-bench: a run of briefs from plan to journal, every brief durable before it counts."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

from popcorn_bench.generators.llm.client import LiteLLMClient
from popcorn_bench.generators.llm.sharded import ShardedClient
from popcorn_bench.generators.protocol import TextClient
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.progress import Outcome, Silent
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.run import Runner
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.store import Store
from tests.instant import InstantExecutor

_QUERIES = 200


def main(base_url: str, calls: int, at_once: int, client: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        plan = _plan(base_url, calls, at_once, Path(scratch))
        print(json.dumps({"wall_s": asyncio.run(_timed(plan, client))}))


async def _timed(plan: RunPlan, which: str) -> float:
    entry = plan.llms[0]
    client = ShardedClient(plan.llms) if which == "sharded" else LiteLLMClient(plan.llms)
    try:
        others = replace(plan, spec=replace(plan.spec, seed=1))
        for job in islice(others.briefs(entry), 4):
            await client.brief(entry.llm, job.prompt.messages, job.seed, job.task.rules)
        began = time.perf_counter()
        await _run(plan, client)
        return time.perf_counter() - began
    finally:
        await client.close()


async def _run(plan: RunPlan, client: TextClient) -> None:
    folder = plan.spec.output_path
    with Store(folder) as store:
        executor = InstantExecutor(ArtefactStore(folder), {})  # there is nothing to make
        runner = Runner(plan, store, client, executor, display=Silent(), policy=Policy())
        report = await runner.run()
    made = report.tally.of(Outcome.DONE)
    if made != plan.n_briefs:
        raise RuntimeError(f"{made} of {plan.n_briefs} briefs: {report.tally.kinds}")


def _plan(base_url: str, calls: int, at_once: int, folder: Path) -> RunPlan:
    spec = RunSpec(
        llms=("openai/mock",), llm_args=(("", {"api_base": base_url}),), videos=("none",),
        repeats=-(-calls // _QUERIES), max_connections=at_once, output_path=folder,
        limit=min(calls, _QUERIES),
    )  # fmt: skip
    return replace(resolve(spec), evaluators=(), cover=None)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
