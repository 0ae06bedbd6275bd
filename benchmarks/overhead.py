"""How much of a run is the harness: instant LLMs, instant generators, instant evaluators.

    python -m benchmarks.overhead [--units 1000,10000]

Prints units per second, CPU per unit and peak memory for each size, and the ratios between the
sizes: memory that does not grow and a rate that does not fall are what to look for. A unit is a
brief, a clip or a score; every one is durable in the journal before it counts. Beside it stands
the same number of journal records written and synced without a harness.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.progress import Silent
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.run import Runner
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import planned_units, survey
from popcorn_bench.results import index
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.journal import JournalWriter
from popcorn_bench.results.store import Store
from tests.instant import InstantClient, InstantExecutor

_SIZES = (1_000, 10_000)
_COLUMNS = (
    "units", "units/s", "CPU ms/unit", "x bare journal", "planned in s", "index s",
    "seen complete in s", "memory MB", "with index",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """One size of run; seconds are wall time."""

    units: int
    run_s: float
    cpu_s: float
    plan_s: float
    index_s: float
    again_s: float
    journal_s: float
    base_mb: float
    peak_mb: float
    whole_mb: float


def measure(units: int) -> Measured:
    """Run a plan of about `units` units in an empty folder, then look at it again."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        plan = _plan(units, folder)
        began = time.perf_counter()
        with Store(folder) as store:
            n = survey(plan, store, Policy()).to_do.total()
        plan_s = time.perf_counter() - began
        base, began, cpu = _memory_mb(), time.perf_counter(), time.process_time()
        asyncio.run(_run(plan, folder))
        run_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
        peak = _memory_mb()
        began = time.perf_counter()
        index.sync(folder)
        index_s = time.perf_counter() - began
        began = time.perf_counter()
        with Store(folder) as store:
            left = survey(plan, store, Policy()).to_do.total()
        again_s = time.perf_counter() - began
        if left:
            raise RuntimeError(f"{left} units are missing")
        whole = _memory_mb()
        return Measured(
            n, run_s, cpu_s, plan_s, index_s, again_s, _bare(n, folder), base, peak, whole
        )  # fmt: skip


async def _run(plan: RunPlan, folder: Path) -> None:
    metrics = {card.name: tuple(m.name for m in card.metrics) for card in plan.evaluators}
    executor = InstantExecutor(ArtefactStore(folder), metrics)
    with Store(folder) as store:
        runner = Runner(plan, store, InstantClient(), executor, display=Silent(), policy=Policy())
        await runner.run()


def _plan(units: int, folder: Path) -> RunPlan:
    """Two LLMs and one generator over 200 queries make 1,600 units a repeat."""
    spec = RunSpec(videos=("storyboard",), output_path=folder)
    one = sum(planned_units(resolve(spec)).values())
    return resolve(RunSpec(videos=("storyboard",), output_path=folder, repeats=-(-units // one)))


def _bare(records: int, folder: Path) -> float:
    """Seconds to write as many lines of a usual length, durable, without a harness."""
    writer = JournalWriter(folder / "bare.jsonl")
    began = time.perf_counter()
    for number in range(records):
        _, durable = writer.append({"n": number, "text": "x" * 600})
    durable.result()
    seconds = time.perf_counter() - began
    writer.close()
    return seconds


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_own_process(units: int) -> Measured:
    """Each size in a fresh process, so that one does not raise the other's peak."""
    command = [sys.executable, "-m", "benchmarks.overhead", "--one", str(units)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Measured(**json.loads(done.stdout))


def _table(rows: list[Measured]) -> str:
    first, last = rows[0], rows[-1]
    slower = (last.run_s / last.units) / (first.run_s / first.units)
    growth = (
        f"{last.units / first.units:.1f} times the units: {slower:.2f} times the wall time "
        f"a unit, {last.peak_mb / first.peak_mb:.2f} times the peak memory."
    )
    return "\n".join(
        [
            f"| {' | '.join(_COLUMNS)} |",
            f"|{'---:|' * len(_COLUMNS)}",
            *map(_line, rows),
            "",
            growth,
        ]
    )


def _line(m: Measured) -> str:
    return (
        f"| {m.units:,} | {m.units / m.run_s:,.0f} | {1000 * m.cpu_s / m.units:.2f} "
        f"| {m.run_s / m.journal_s:.1f} | {m.plan_s:.2f} | {m.index_s:.1f} | {m.again_s:.2f} "
        f"| {m.peak_mb:.0f} ({m.peak_mb - m.base_mb:+.0f}) | {m.whole_mb:.0f} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--units", default=",".join(map(str, _SIZES)))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(asdict(measure(options.one))))
    else:
        print(_table([_in_own_process(int(n)) for n in options.units.split(",")]))


if __name__ == "__main__":
    main()
