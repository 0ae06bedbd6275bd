"""The live board in a browser, for as long as a block lasts."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.api.telling import Folder
from popcorn_bench.harness.spec import DEFAULT_OUTPUT, check_folder
from popcorn_bench.harness.viewing.live import Live
from popcorn_bench.harness.viewing.server import LOOPBACK, Viewer


@contextmanager
def view(
    folder: Folder = DEFAULT_OUTPUT, *, port: int = 0, host: str = LOOPBACK[0]
) -> Iterator[str]:
    """Serve the live board of a results folder; only this machine can reach it.

    Args:
        folder: of the results; a run may be writing there.
        port: 0 takes one that is free.
        host: 127.0.0.1 or ::1.

    Yields:
        The address of the page.

    Raises:
        UsageError: for a folder that is not there, another host, and a port that cannot be had.
    """
    check_folder(folder, "DIR")
    with (
        tempfile.TemporaryDirectory(prefix="popcorn-view-") as scratch,
        _server(Path(folder), Path(scratch), host, port) as viewer,
    ):
        thread = threading.Thread(target=viewer.serve_forever, name="view")
        thread.start()
        try:
            yield viewer.url
        finally:
            viewer.shutdown()
            thread.join()


def _server(folder: Path, scratch: Path, host: str, port: int) -> Viewer:
    if host not in LOOPBACK:
        raise UsageError(f"--host: {host!r} is not one of {', '.join(LOOPBACK)}")
    try:
        return Viewer(Live(folder, scratch), host, port)
    except (OSError, OverflowError) as error:
        raise UsageError(f"--port {port}: {getattr(error, 'strerror', error)}") from error
