"""What a second run says of the noise of scores, written down for the boards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future

from popcorn_bench.fingerprint import digest
from popcorn_bench.harness.probes import REPRODUCED, paired
from popcorn_bench.harness.reproduce.compare import Pair
from popcorn_bench.harness.reproduce.manifest import Manifest
from popcorn_bench.results.records import new_run_id, unit_record
from popcorn_bench.results.store import Store
from popcorn_bench.types import Audit, Place, Stage, Unit


def write_noise(store: Store, second: Manifest, pairs: Iterable[Pair]) -> None:
    """Record, per task, generator and evaluator, how far the scores of two runs are apart.

    It stands beside the audits of the second run: `reproduced` is a probe that alters nothing but
    the run.
    """
    grouped: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in pairs:
        of = pair.place.brief.task_id, pair.place.video_id, pair.place.evaluator
        grouped.setdefault(of, []).append(pair)
    if not grouped:
        return
    note = new_run_id()
    with store.writing(note):
        durable: list[Future[None]] = [
            store.write(unit_record(unit, audit, note, reused=False))
            for unit, audit in _audits(second, grouped.items())
        ]
        for written in durable:
            written.result()


def _audits(
    second: Manifest, grouped: Iterable[tuple[tuple[str, str, str], list[Pair]]]
) -> Iterator[tuple[Unit, Audit]]:
    for (task_id, video_id, evaluator), pairs in grouped:
        place = Place(
            task_id=task_id, query_id="", llm_id="", mode="", seed=second.spec.seed, repeat=0,
            video_id=video_id, evaluator_id=second.evaluators[evaluator],
        )  # fmt: skip
        key = digest(REPRODUCED, second.run_id, place)
        yield Unit(stage=Stage.AUDIT, place=place, key=key), _audit(pairs)


def _audit(pairs: Sequence[Pair]) -> Audit:
    by_metric: dict[str, list[tuple[float, float]]] = {}
    for pair in pairs:
        by_metric.setdefault(pair.place.metric, []).append((pair.first, pair.second))
    return Audit(
        probes=tuple(paired(metric, REPRODUCED, found, 0) for metric, found in by_metric.items())
    )
