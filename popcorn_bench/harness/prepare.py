"""From a spec to a plan beside the results that are there, before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from popcorn_bench import plugins
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.limits.terms import on_terms
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.progress import Display
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.run import Report
from popcorn_bench.harness.session import Interrupt, execute
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import Survey, survey
from popcorn_bench.results.artifacts.place import ArtefactPlace, remember, settle
from popcorn_bench.results.store import Store


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, the open store that it will be done in, and what it will take."""

    plan: RunPlan
    survey: Survey
    policy: Policy
    _store: Store
    _place: ArtefactPlace

    def execute(
        self, display: Display, interruptible: Callable[[Interrupt], object] = lambda _: None
    ) -> Report:
        """Do it; see `session.execute`.

        Raises:
            StoreError: when the results folder cannot be written.
        """
        self._store.artifacts.check()
        remember(self._store.folder, self._place)
        return execute(self.plan, self._store, display, self.policy, interruptible)


@contextmanager
def prepared(spec: RunSpec, policy: Policy) -> Iterator[Prepared]:
    """Resolve a spec, open its results folder, and count what is there and what is missing.

    The spec's plugins are in use for as long.

    Raises:
        UsageError: for whatever in the spec does not exist or does not fit.
    """
    with plugins.using(map(Path, spec.plugin)):
        plan = on_terms(resolve(spec, generating=policy.generate), generating=policy.generate)
        place = settle(spec.output_path, spec.artifacts, spec.artifact_cache)
        with Store(spec.output_path, place.open(spec.output_path)) as store:
            yield Prepared(plan, survey(plan, store, policy), policy, store, place)
