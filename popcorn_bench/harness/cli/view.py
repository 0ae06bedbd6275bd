"""`popcorn-bench view`: the board of a running or finished run in the browser."""

from __future__ import annotations

import signal
import tempfile
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.cli.kinds import EXISTING
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

if TYPE_CHECKING:
    from popcorn_bench.harness.viewing.server import Viewer

_PORTS = 65_535


@click.command(name="view")
@click.argument("folder", type=EXISTING, metavar="[DIR]", default=DEFAULT_OUTPUT)
@click.option("--port", type=click.IntRange(0, _PORTS), default=0, show_default=True,
    help="0 takes one that is free.",
)  # fmt: skip
@click.option("--host", type=click.Choice(["127.0.0.1", "::1"]), default="127.0.0.1",
    show_default=True, help="Only this machine can ever reach it.",
)  # fmt: skip
@click.option("--no-open", is_flag=True, help="Open no browser.")
def command(folder: Path, *, port: int, host: str, no_open: bool) -> None:
    """Serve the live board of the results in DIR (default: results) until Ctrl-C.

    The page shows what is finished, says how far a run is, and tells when there is more.
    Ctrl-C is how it ends, so that is exit code 0.
    """
    from popcorn_bench.harness.viewing.live import Live
    from popcorn_bench.harness.viewing.server import Viewer

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="popcorn-view-") as scratch:
            try:
                viewer = Viewer(Live(folder, Path(scratch)), host, port)
            except OSError as error:
                raise UsageError(f"--port {port}: {error.strerror}") from error
            with viewer:
                click.echo(f"view: {viewer.url} (Ctrl-C ends it)", err=True)
                if not no_open:
                    webbrowser.open(viewer.url)
                _end_on_signals(viewer)
                viewer.serve_forever()
    except KeyboardInterrupt:
        return


def _end_on_signals(viewer: Viewer) -> None:
    """From here on a signal ends the loop instead of breaking into whatever it is at."""

    def end(*_: object) -> None:
        threading.Thread(target=viewer.shutdown, daemon=True).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
