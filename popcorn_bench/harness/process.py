"""One worker process on this machine and the pipe to it."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from types import ModuleType
from typing import Any, Final

from popcorn_bench.harness import serving
from popcorn_bench.harness.worker import Host

_starting: Final = threading.Lock()


class LocalWorker:
    """A process that serves batches.

    Two threads wait on its pipe, so that a long batch can be sent while results come back: neither
    side ever waits for the other to read first.
    """

    def __init__(self, host: Host) -> None:
        context = _context()
        self._connection, theirs = context.Pipe()
        given = (theirs, host, dict(os.environ))  # the server that forks it has an older one
        self._process = context.Process(target=serving.main, args=given, daemon=True)
        with _without_main():
            self._process.start()
        theirs.close()
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="send")
        self._receiver = ThreadPoolExecutor(1, thread_name_prefix="receive")

    async def ready(self) -> bool:
        """At once: what is sent waits in the pipe."""
        return True

    async def send(self, jobs: Sequence[Any]) -> None:
        """Hand a batch over, without waiting until it is taken."""
        self._sender.submit(self._send, jobs)

    def _send(self, jobs: Sequence[Any]) -> None:
        try:
            self._connection.send(jobs)
        except Exception:
            self._process.kill()  # whoever waits for a result hears of it
            raise

    async def receive(self) -> object:
        """The next result or step; EOFError when the process is gone."""
        return await asyncio.get_running_loop().run_in_executor(self._receiver, self._receive)

    def _receive(self) -> object:
        return pickle.loads(self._connection.recv_bytes())  # noqa: S301 - from our own process

    def kill(self) -> None:
        """End it at once; whoever waits in `receive` gets an EOFError."""
        self._process.kill()
        self._process.join()
        self._connection.close()
        for threads in (self._sender, self._receiver):
            threads.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep a process that starts from running the caller's script a second time.

    multiprocessing would, to unpickle what the script defines; nothing here is defined there.
    """
    with _starting:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _context() -> ForkServerContext:
    """Processes forked from a clean server that has loaded what most of them need.

    The server holds no thread and no GPU, so forking it is safe, and a worker starts in a moment.
    """
    for name in serving.THREAD_VARIABLES:  # read when the libraries below are loaded
        os.environ.setdefault(name, "1")
    context = get_context("forkserver")
    context.set_forkserver_preload(["popcorn_bench.harness.serving", "numpy", "av", "cv2"])
    return context
