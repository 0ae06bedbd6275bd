"""Fifty results folders become one: how fast, and in how much memory.

    python -m benchmarks.merge [--records 1000000] [--shards 50]

The records are synthetic (made-up LLMs, one per shard, over 200 queries); they have the form and
the length of real ones. Each step runs in a process of its own, so that one does not raise the
other's peak. Beside the merge stands copying the same journal files without looking at them.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from popcorn_bench.fingerprint import digest
from popcorn_bench.results import index
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.definitions import (
    evaluator_record,
    generator_record,
    llm_record,
    plan_record,
    task_record,
)
from popcorn_bench.results.merging import merge
from popcorn_bench.results.records import failure_record, unit_record
from popcorn_bench.results.store import Store
from popcorn_bench.types import (
    LLM,
    Artefact,
    Brief,
    Direction,
    EvaluatorCard,
    Failure,
    Generator,
    Input,
    Kind,
    Metric,
    Place,
    Query,
    Score,
    Stage,
    Unit,
    Usage,
)

_QUERIES, _GENERATORS, _A_BRIEF = 200, 4, 10  # a brief, four clips, a score of each of the five
_FAILS = 97  # every so many clips one is a failure
_TITLE = EvaluatorCard(
    name="popularity", version="synthetic", inputs=(Input.TITLE,),
    metrics=(Metric(name="popularity", description="made up", direction=Direction.HIGHER),),
)  # fmt: skip
_SEEN = replace(
    _TITLE, name="quality", inputs=(Input.VIDEO,),
    metrics=(Metric(name="motion", description="made up", direction=Direction.HIGHER),),
)  # fmt: skip


def write_shard(folder: Path, shard: int, records: int) -> None:
    """One machine's results: one LLM, all queries, as many repeats as it takes."""
    repeats = max(1, records // _A_BRIEF // _QUERIES)
    run = f"20260101T000000-{shard:06x}"
    path = folder / "journal" / f"{run}.jsonl"
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        for record in _shard(shard, repeats, run):
            file.write(json.dumps(record, separators=(",", ":")) + "\n")
    with ArtefactStore(folder).workspace() as scratch:  # a few files stand for the clips
        for number in range(20):
            clip = scratch / f"{number}.mp4"
            clip.write_bytes(f"{shard} {number}".encode() * 1_000)
            ArtefactStore(folder).put(clip)


def _shard(shard: int, repeats: int, run: str) -> Iterator[dict[str, Any]]:
    queries = [
        Query(id=f"q{n}", text=f"made up {n}", kind=list(Kind)[n % 2], topic=f"topic{n % 8}")
        for n in range(_QUERIES)
    ]
    llm = llm_record(LLM(name=f"synthetic-{shard:02}", model=f"synthetic/{shard}"))
    makers = [
        generator_record(Generator(name=f"g{n}", adapter="x", revision="1")) for n in range(4)
    ]
    cards = [evaluator_record(_TITLE), evaluator_record(_SEEN)]
    ids = [record["data"]["evaluator_id"] for record in cards]
    videos = [record["data"]["video_id"] for record in makers]
    place = Place("t", "", llm["data"]["llm_id"], "basic", 0, 0)
    cells = [place._replace(evaluator_id=ids[0])]
    cells += [place._replace(video_id=video, evaluator_id=ids[1]) for video in videos]
    task = task_record(
        task_id="t", name="synthetic", version="1", metrics=["popularity"], metadata={},
        queries=queries,
    )  # fmt: skip
    yield {"t": "run", "run": run, "at": "2026-01-01T00:00:00.000000", "spec": {"synthetic": True}}
    yield from (task, llm, *makers, *cards)
    yield {**plan_record(cells, repeats, {"t": [q.id for q in queries]}), "run": run}
    for repeat in range(repeats):
        for query in queries:
            yield from _brief(place._replace(query_id=query.id, repeat=repeat), videos, ids, run)


def _brief(place: Place, videos: list[str], ids: list[str], run: str) -> Iterator[dict[str, Any]]:
    key = digest(place)
    text = f"Made up: {key[:24]}, " + "as long as an answer is " * 8
    usage = Usage(prompt_tokens=300, completion_tokens=120)
    brief = Brief(
        title=text[:50], cover_prompt=text, video_prompt=text, raw=text * 2, usage=usage,
        cost_usd=0.001,
    )  # fmt: skip
    yield _unit(Stage.BRIEF, place, key, brief, run)
    yield _scored(place._replace(evaluator_id=ids[0]), "popularity", run)
    for number, video in enumerate(videos):
        at = place._replace(video_id=video)
        clip = digest(at)
        if int(clip[:6], 16) % _FAILS == 0:
            unit = Unit(stage=Stage.VIDEO, place=at, key=clip)
            why = Failure(stage=Stage.VIDEO, kind="degenerate", message="made up", attempts=1,
                          retriable=False)  # fmt: skip
            yield failure_record(unit, why, run)
            continue
        made = Artefact(
            sha256=clip, suffix=".mp4", bytes=9_000 + number, width=480, height=704, frames=72,
            fps=24.0, seconds=3.0, codec="h264", made_seconds=6.0,
        )  # fmt: skip
        yield _unit(Stage.VIDEO, at, clip, made, run)
        yield _scored(at._replace(evaluator_id=ids[1]), "motion", run)


def _scored(place: Place, metric: str, run: str) -> dict[str, Any]:
    key = digest(place)
    return _unit(
        Stage.SCORE, place, key, (Score(metric=metric, value=int(key[:4], 16) / 65536),), run
    )


def _unit(stage: Stage, place: Place, key: str, result: Any, run: str) -> dict[str, Any]:  # noqa: ANN401
    return unit_record(Unit(stage=stage, place=place, key=key), result, run, reused=False)


def _write(top: Path, shards: int, records: int) -> dict[str, float]:
    for shard in range(shards):
        write_shard(top / f"shard{shard:02}", shard, records // shards)
    return {"bytes": float(sum(path.stat().st_size for path in top.glob("*/journal/*")))}


def _copy(top: Path) -> dict[str, float]:
    (top / "copied").mkdir()
    for path in top.glob("shard*/journal/*"):
        shutil.copyfile(path, top / "copied" / path.name)
    shutil.rmtree(top / "copied")
    return {}


def _merge(top: Path) -> dict[str, float]:
    done = merge(sorted(top.glob("shard*")), top / "all")
    return {"records": float(done.records), "added": float(done.added)}


def _board(top: Path) -> dict[str, float]:
    from popcorn_bench.leaderboard.board import board

    with closing(index.connect([top / "all"])) as connection:
        found = board(connection)
    return {
        "rows": float(len(found.rows)),
        "bytes": float((top / "all" / index.FILE).stat().st_size),
    }


def _resume(top: Path) -> dict[str, float]:
    with Store(top / "all") as store:
        store.status(Unit(stage=Stage.BRIEF, place=Place("t", "", "", "", 0, 0), key="0" * 64))
        return {}


def _step(name: str, top: Path, shards: int, records: int) -> dict[str, float]:
    steps: dict[str, Callable[[], dict[str, float]]] = {
        "write": lambda: _write(top, shards, records),
        "copy": lambda: _copy(top),
        "merge": lambda: _merge(top),
        "again": lambda: _merge(top),
        "board": lambda: _board(top),
        "resume": lambda: _resume(top),
    }
    began = time.perf_counter()
    found = steps[name]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**found, "seconds": time.perf_counter() - began, "peak_mb": peak}


def measure(shards: int, records: int) -> dict[str, dict[str, float]]:
    """All steps, each in a process of its own."""
    names = ("write", "copy", "merge", "again", "board", "resume")
    with tempfile.TemporaryDirectory() as scratch:
        return {name: _in_own_process(name, scratch, shards, records) for name in names}


def _in_own_process(name: str, top: str, shards: int, records: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.merge", "--step", name, "--top", top,
               "--shards", str(shards), "--records", str(records)]  # fmt: skip
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def table(found: dict[str, dict[str, float]], shards: int) -> str:
    """As Markdown."""
    records, copied = found["merge"]["records"], found["copy"]["seconds"]
    says = {
        "copy": f"copy the journal files of {shards} folders, nothing else",
        "merge": "`results merge`, with the index",
        "again": "`results merge` of the same folders again",
        "board": "the board of all",
        "resume": "open the folder for a run",
    }
    lines = [
        f"| {text} | {found[name]['seconds']:.1f} | {records / found[name]['seconds']:,.0f} "
        f"| {found[name]['seconds'] / copied:.1f} | {found[name]['peak_mb']:,.0f} |"
        for name, text in says.items()
    ]
    head = (
        f"{records:,.0f} records (synthetic) in {shards} folders, "
        f"{found['write']['bytes'] / 1e6:,.0f} MB of journal, "
        f"{found['board']['bytes'] / 1e6:,.0f} MB of index, "
        f"{found['board']['rows']:,.0f} rows of the board."
    )
    return "\n".join(
        [
            head,
            "",
            "| step | seconds | records/s | x copying | peak MB |",
            "|---|---:|---:|---:|---:|",
            *lines,
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--shards", type=int, default=50)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--top", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(_step(options.step, options.top, options.shards, options.records)))
    else:
        print(table(measure(options.shards, options.records), options.shards))


if __name__ == "__main__":
    main()
