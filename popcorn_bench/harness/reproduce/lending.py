"""A results folder that takes the results of some stages from another one, to save making them."""

from __future__ import annotations

import shutil
from pathlib import Path

from popcorn_bench.errors import AdapterError, StoreError
from popcorn_bench.results.artifacts import name_of
from popcorn_bench.results.records import Result
from popcorn_bench.results.store import Status, Store
from popcorn_bench.types import Artefact, Stage, Unit


class BorrowingStore(Store):
    """What is borrowed is recorded as reused: it was paid for elsewhere.

    What the lender lacks of a lent stage counts as failed, so that nothing asks for it.

    Args:
        folder: the results folder.
        lender: where finished units of `stages` come from.
        stages: that are lent.
    """

    def __init__(self, folder: Path, lender: Store, stages: frozenset[Stage]) -> None:
        super().__init__(folder)
        self._lender, self._lent = lender, stages

    def status(self, unit: Unit) -> Status | None:
        """What happened to the unit here or, in a lent stage, whether there is none to be had."""
        own = super().status(unit)
        if own is None and unit.stage in self._lent and self._lender.result(unit) is None:
            return Status.FAILED
        return own

    def result(self, unit: Unit) -> Result | None:
        """The result of an equal unit, here or at the lender."""
        found = super().result(unit)
        return self._lender.result(unit) if found is None and unit.stage in self._lent else found

    async def finish(self, unit: Unit, result: Result, *, reused: bool = False) -> None:
        """Record a unit; the file of a borrowed one is copied first.

        Raises:
            StoreError: where the lender's file is gone or damaged.
        """
        if isinstance(result, Artefact) and not self.artifacts.holds(result):
            self._bring(result)
        await super().finish(unit, result, reused=reused)

    def _bring(self, artefact: Artefact) -> None:
        name = name_of(artefact.sha256, artefact.suffix)
        try:
            with self._lender.artifacts.reading() as fetch, self.artifacts.workspace() as scratch:
                self.artifacts.put(Path(shutil.copyfile(fetch(name), scratch / name)))
        except AdapterError as error:
            raise StoreError(f"{self._lender.folder}: {error}; nothing is made from it") from error
