"""The main loop of a worker process: batches in, results out, one by one and in order."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from typing import Any

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.worker import Host, overlaps, results_of

# As many processes as cores: one thread each.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")


def main(connection: Connection, host: Host, environ: Mapping[str, str]) -> None:
    """Serve batches from the connection until it closes: as many answers as jobs, in order."""
    os.environ.update(environ)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    with suppress(OSError):
        os.setsid()  # nor is it meant where the parent's group is told to stop
    threading.Thread(target=_die_with_parent, daemon=True).start()
    lock = threading.Lock()  # news may come from another thread than results
    before: threading.Thread | None = None
    while True:
        try:
            jobs = connection.recv()
        except EOFError:
            return
        serve = partial(_serve, connection, lock, host, jobs, before)
        if overlaps(host):
            before = threading.Thread(target=serve, daemon=True)
            before.start()
        else:
            serve()


def _serve(
    connection: Connection,
    lock: threading.Lock,
    host: Host,
    jobs: Sequence[Any],
    before: threading.Thread | None,
) -> None:
    """Do a batch; its first result waits until the batch `before` it has sent its last."""
    for result in results_of(host, jobs, lambda step: _send(connection, lock, step)):
        if before is not None:
            before.join()
        _send(connection, lock, result)


def _send(connection: Connection, lock: threading.Lock, result: object) -> None:
    try:
        data = pickle.dumps(result)
    except Exception as error:  # noqa: BLE001 - whatever a plugin's object raises
        data = pickle.dumps(AdapterError("bug", f"a result cannot be sent: {error}"))
    with lock:
        connection.send_bytes(data)


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
