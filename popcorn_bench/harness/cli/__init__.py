"""The command line: one command per file, imported when it is asked for."""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from io import StringIO
from traceback import format_exc
from typing import Any, cast

import click

from popcorn_bench import __version__
from popcorn_bench.errors import PopcornError, StoreError, UsageError, did_you_mean, redact, visible
from popcorn_bench.harness.cli.plugin import with_plugins

_PACKAGE = "popcorn_bench.harness.cli"
_COMMANDS = (
    "run", "leaderboard", "compare", "publish", "view", "ls", "validate", "prompt", "retry",
    "score", "costs", "reproduce", "results", "corpus", "train", "predict", "evaluators", "videos",
    "pull", "new", "doctor",
)  # fmt: skip
INCOMPLETE, WRONG_USAGE, BROKEN, INTERRUPTED = 3, 2, 1, 130


class Commands(click.Group):
    """Loads a command when it is needed; options without a command mean `run`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands in the order of the work."""
        return list(_COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import one command."""
        name = cmd_name.replace("_", "-")
        if name not in _COMMANDS:
            return None
        return with_plugins(cast("click.Command", import_module(f"{_PACKAGE}.{name}").command))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` where no command stands."""
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help", "--version")):
            args = ["run", *args]
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            hint = did_you_mean(args[0], _COMMANDS)
            raise click.UsageError(f"no such command {args[0]!r}{hint}", ctx)
        return super().parse_args(ctx, args)


@click.group(
    cls=Commands,
    context_settings={
        "token_normalize_func": lambda token: token.replace("_", "-"),
        "auto_envvar_prefix": "POPCORN_BENCH",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
)
@click.version_option(__version__, prog_name="popcorn-bench")
def cli() -> None:
    """Which LLM, with which video generator, makes micro-videos that people would watch?

    Without a command, options go to `run`: popcorn-bench --llms all --videos ltx,hunyuan
    """


def main() -> None:
    """Run the command line; the exit codes are part of the contract (see the documentation)."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, wherever it comes
    try:
        code = _guarded()
    except KeyboardInterrupt:  # another one while the first was handled
        code = INTERRUPTED
    if code == INTERRUPTED:
        for number in (signal.SIGINT, signal.SIGTERM):  # what is left is to leave
            signal.signal(number, signal.SIG_IGN)
    sys.exit(code)


def _guarded() -> Any:  # noqa: ANN401 - whatever a command hands to sys.exit
    try:
        return cli.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        shown = StringIO()
        error.show(file=shown)
        _say(shown.getvalue().rstrip())
        return error.exit_code
    except (PopcornError, OSError) as error:
        return _told(error)
    except Exception as error:  # noqa: BLE001 - whatever is left
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    """A damaged index is told like any error; a bug by its traceback, without any secret."""
    if _is_damage(error):
        return _told(StoreError(f"the index is damaged; `results rebuild` makes it anew: {error}"))
    click.echo(redact(format_exc()), err=True)
    return BROKEN


def _is_damage(error: Exception) -> bool:
    """Whether a database cannot read its own file; a query that is wrong is a bug of ours."""
    duckdb = sys.modules.get("duckdb")
    if duckdb is None or not isinstance(error, duckdb.Error):
        return False
    return not isinstance(error, duckdb.ProgrammingError)


def _told(error: PopcornError | OSError) -> int:
    """Say an error in one line."""
    if isinstance(error, BrokenPipeError):  # whoever read our output has gone
        sys.stderr.close()
        return BROKEN
    text = str(error)
    if isinstance(error, OSError):
        text = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
    _say(f"popcorn-bench: {text}")
    return WRONG_USAGE if isinstance(error, UsageError) else BROKEN


def _say(text: str) -> None:
    """Show an error, which may repeat what a stranger wrote."""
    click.echo(visible(redact(text)), err=True)
