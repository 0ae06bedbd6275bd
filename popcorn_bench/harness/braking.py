"""Work in a thread that can be interrupted from another one, like a command by Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from popcorn_bench.harness.session import Interrupt

T = TypeVar("T")


class Brake:
    """Passes interrupts on to a run; those that come before it has begun count, too."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal may come while it is held
        self._asked = 0
        self._interrupt: Interrupt | None = None

    def attach(self, interrupt: Interrupt) -> None:
        """Say what interrupts; see `session.execute`."""
        with self._lock:
            self._interrupt = interrupt
            for _ in range(self._asked):
                interrupt()

    def pull(self) -> None:
        """Interrupt: the first drains, the second stops at once."""
        with self._lock, suppress(RuntimeError):  # its loop is closed: it has just ended
            self._asked += 1
            if self._interrupt is not None:
                self._interrupt()


def here_or_in_thread(work: Callable[[Brake], T]) -> T:
    """Do it here, or in a thread where this one's event loop is running, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work(Brake())
    return in_thread(work)


def in_thread(work: Callable[[Brake], T]) -> T:
    """Do it in a thread of its own and wait.

    Ctrl-C drains, once more stops at once; whoever else wanted to hear of it does so afterwards.
    """
    brake = Brake()
    with ThreadPoolExecutor(1, thread_name_prefix="popcorn") as pool, _pulled_by_signals(brake):
        return pool.submit(work, brake).result()


@contextmanager
def _pulled_by_signals(brake: Brake) -> Iterator[None]:
    """A blocked loop would hear of a signal only when it is too late, so it comes here."""
    in_main = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM) if in_main else ()
    before = {number: signal.signal(number, lambda *_: brake.pull()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def beside(work: Callable[[Brake], T]) -> T:
    """The same for an event loop that goes on meanwhile; being cancelled drains.

    Raises:
        asyncio.CancelledError: when what was in flight is saved.
    """
    brake = Brake()
    future: Future[T] = Future()
    threading.Thread(target=_fulfil, args=(future, work, brake), name="popcorn").start()
    waiting = asyncio.wrap_future(future)
    cancelled = False
    while not waiting.done():
        try:
            await asyncio.wait([waiting])
        except asyncio.CancelledError:
            cancelled = True
            brake.pull()
    if cancelled:
        waiting.exception()  # seen: nobody else will look
        raise asyncio.CancelledError
    return waiting.result()


def _fulfil(future: Future[T], work: Callable[[Brake], T], brake: Brake) -> None:
    try:
        found = work(brake)
    except BaseException as error:  # noqa: BLE001 - whoever waits gets it
        future.set_exception(error)
    else:
        future.set_result(found)
