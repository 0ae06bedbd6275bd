"""From two results folders to what making the run again has shown."""

from __future__ import annotations

from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.reproduce.compare import compare
from popcorn_bench.harness.reproduce.manifest import Manifest, latest_manifest
from popcorn_bench.harness.reproduce.noise import write_noise
from popcorn_bench.harness.reproduce.outcome import Outcome, rules, strict, write
from popcorn_bench.harness.reproduce.reading import read_held
from popcorn_bench.harness.reproduce.surroundings import surroundings, trained_parts
from popcorn_bench.results import index
from popcorn_bench.results.store import Store
from popcorn_bench.types import Stage


def conclude(  # noqa: PLR0913 - two runs, and how to look at them
    first: Manifest,
    plan: RunPlan,
    store: Store,
    stages: frozenset[Stage],
    *,
    tolerance: float = 0.0,
    all_exact: bool = False,
    broken_off: bool = False,
) -> Outcome:
    """Compare the run with its repetition in `store`, and write down there what was found.

    Args:
        first: of the run.
        plan: that was done again.
        store: of the second run, closed for writing.
        stages: that were made again; the others are not compared.
        tolerance: difference up to which two scores count as equal.
        all_exact: whether everything should have come out the same.
        broken_off: whether the second run ended early.
    """
    second = latest_manifest(store.folder)
    given = rules(plan, first, stages, tolerance)
    found = compare(
        read_held(first), read_held(second), strict(given, first) if all_exact else given
    )
    write_noise(store, second, found.pairs)
    index.sync(store.folder)
    outcome = Outcome(
        first=first,
        second=second,
        comparison=found,
        trained=trained_parts(first, second),
        around=surroundings(first, second),
        broken_off=broken_off,
    )
    write(store.folder, outcome.to_record())
    return outcome
