"""The inside of an actor: it holds one loaded generator or evaluator and serves batches."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from popcorn_bench.harness.executors.disk import Disk, Files, Reach, ship, unloaded
from popcorn_bench.harness.serving import THREAD_VARIABLES
from popcorn_bench.harness.worker import EvaluatorHost, GeneratorHost, Host, overlaps, results_of
from popcorn_bench.plugins import VARIABLE


@dataclass(frozen=True, slots=True)
class _End:
    """The last of what a batch gives; `broken` says why it ended early."""

    broken: Exception | None = None


class Desk:
    """Lives on a node. Its methods may be called from several threads at once."""

    def __init__(self, host: Host, disk: Disk, plugins: str) -> None:
        os.environ[VARIABLE] = plugins
        for name in THREAD_VARIABLES:  # as in the processes of one machine: they decide bytes
            os.environ.setdefault(name, "1")
        away = isinstance(host, GeneratorHost | EvaluatorHost) and not disk.is_here
        self._reach = Reach(away, ships=away and not disk.has_url)
        self._host, self._disk = host, disk
        self._scratch: Path | None = None
        self._turn, self._settling = threading.Lock(), threading.Lock()

    def reach(self) -> Reach:
        """What it has of the results folder."""
        return self._reach

    def serve(self, jobs: Sequence[Any], files: Files) -> Iterator[object]:
        """Yield news, and exactly one result for each job, in order.

        Raises:
            Exception: whatever this node lacks to do the batch at all, such as room on its disk.
        """
        news: SimpleQueue[object] = SimpleQueue()
        threading.Thread(target=self._work, args=(jobs, files, news), daemon=True).start()
        while not isinstance(item := news.get(), _End):
            yield item
        if item.broken is not None:
            raise item.broken

    def leave(self) -> None:
        """Remove what is left on this node."""
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _work(self, jobs: Sequence[Any], files: Files, news: SimpleQueue[object]) -> None:
        try:
            self._do(jobs, files, news)
        except Exception as error:  # noqa: BLE001 - the driver is told, whatever it is
            news.put(_End(error))
        else:
            news.put(_End())

    def _do(self, jobs: Sequence[Any], files: Files, news: SimpleQueue[object]) -> None:
        with ExitStack() as stack:
            if not overlaps(self._host):
                stack.enter_context(self._turn)
            scratch = self._settled()
            folder = scratch if self._reach.ships else None
            if folder is not None:
                stack.enter_context(unloaded(files, folder))
            for result in results_of(self._host, jobs, news.put):
                news.put(result if folder is None else ship(result, folder))

    def _settled(self) -> Path | None:
        """The folder in place of one that is not here, made with the first batch."""
        with self._settling:
            if self._reach.away and self._scratch is None:
                self._scratch = self._disk.stand_in()
                if isinstance(self._host, GeneratorHost | EvaluatorHost):
                    self._host = replace(self._host, folder=self._scratch)
            return self._scratch
