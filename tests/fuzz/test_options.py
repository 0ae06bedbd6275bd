"""Command lines: every option of every command with what nobody should write there."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import click
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from popcorn_bench.harness.cli import cli
from tests.fuzz.campaign import Tally, campaign
from tests.fuzz.hostile import spoiled, texts
from tests.fuzz.pen import STOP_AFTER, Pen

_NEVER = {"--help", "-h", "--version"}
_MORE = {  # what keeps a command from work that is long, leaves the machine, or never ends
    "run": ("--dry-run",), "retry": ("--dry-run",), "score": ("--dry-run",),
    "reproduce": ("--dry-run",), "doctor": ("--offline",), "view": ("--no-open",),
}  # fmt: skip
_SECONDS = "2"  # that `view` serves: it is ended by Ctrl-C
_RUN = "RUN-ID"  # stands for the id of the run in `results`
_GOOD = ("1", "0", "2,3", "echo", "all", "popcorn", "basic", "human", "results", "x=1", "echo:x=1",
         "storyboard", "none", "10%", "20usd", "nan", "inf", "1e400", "-0", "microlens",
         "own.yaml", "titles.csv", "results/journal", "out", "hashed", "paper", "cpu", "CC-BY-4.0",
         "echo,template", "storyboard,still", "0.5", "openai/x", "openai/x:temperature=9",
         "openai/x:extra_body.a=[[[", "extra_body.a=" + "[" * 5_000, "a=" + "{" * 3_000,
         "openai/x:extra_body.a=!!python/name:os.system", "openai/x=1e999,nan", "results",
         _RUN, _RUN[:5], "brief,score", "task", "evaluator", "mine", "own-name", "task.yaml",
         "generator", "ray", "0.0.0.0", "memory://clips", "file:clips", "nosuch://clips", "clips",
         "http://127.0.0.1:9/clips", "s3://", "1GB", "127.0.0.1:9", "auto",
         "plugin.py", "syntax.py", "group.py", "number.py", "names.py", "nothing.py")  # fmt: skip
_RIGHT = {"integer": "2", "integer range": "2", "float range": "0.5", "directory": "results",
          "path": "results", "file": "titles.csv"}  # fmt: skip
_PLUGINS = {
    "plugin.py": "class Length: ...\nPLUGINS = {'evaluators': {'length': Length}}\n",
    "syntax.py": "def (:\n",
    "group.py": "PLUGINS = {'\\x1b[2J': {}}\n",
    "number.py": "PLUGINS = {'llms': 3}\n",
    "names.py": "PLUGINS = {'tasks': {'\\x1b[2J': 3, '': '/'}, 'llms': {'echo': None}}\n",
    "nothing.py": "",
}
_OFFLINE = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
_LONE_SURROGATE = "\udc80"  # how a byte that is no UTF-8 comes in


@cache
def _commands() -> dict[tuple[str, ...], list[click.Parameter]]:
    """Each command by its words, with its parameters."""
    found: dict[tuple[str, ...], list[click.Parameter]] = {}

    def note(words: tuple[str, ...], command: click.Command) -> None:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                note((*words, name), inner)
        else:
            found[words] = command.params

    note((), cli)
    return {words: found[words] for words in sorted(found)}


@st.composite
def _lines(draw: DrawFn) -> list[str]:
    """A command with some of its options, their values good and bad mixed, and arguments."""
    words = draw(st.sampled_from(sorted(_commands())))
    named = [
        p for p in _commands()[words] if isinstance(p, click.Option) and not _NEVER & set(p.opts)
    ]
    needed = [option for option in named if option.required and draw(st.integers(0, 5))]
    more = draw(st.lists(st.sampled_from(named), max_size=4)) if named else []
    line = [*words, *(word for option in (*needed, *more) for word in _option(draw, option))]
    for parameter in _commands()[words]:
        if isinstance(parameter, click.Argument):
            line += _argument(draw, parameter)
    line += [_text(draw)] * (draw(st.integers(0, 9)) == 0)
    if draw(st.integers(0, 9)) == 0:
        line = line[: draw(st.integers(1, len(line)))]
    more_words = _MORE.get(line[0], ())
    first = [line[0]] if line[0] != "run" or draw(st.booleans()) else []  # options alone: a run
    return [word.replace("\x00", "") for word in (*first, *more_words, *line[1:])]


def _option(draw: DrawFn, option: click.Option) -> list[str]:
    if option.is_flag:
        return [option.opts[0]]
    value = _value(draw, option)
    return draw(st.sampled_from(([option.opts[0], value], [f"{option.opts[0]}={value}"])))


def _argument(draw: DrawFn, argument: click.Argument) -> list[str]:
    """Often what the command is about; sometimes nothing, or too much."""
    there = {"run": _RUN, "kind": "task", "name": "mine", "file": "titles.csv"}
    good = st.just(there.get(argument.name or "", "results"))
    one = st.one_of(good, good, st.builds(lambda: _value(draw, argument)))
    return draw(st.lists(one, min_size=draw(st.sampled_from((0, 1, 1, 1))), max_size=2))


def _value(draw: DrawFn, parameter: click.Parameter) -> str:
    kind = parameter.type
    if draw(st.booleans()):
        return _text(draw)
    if isinstance(kind, click.Choice):
        return str(draw(st.sampled_from(list(kind.choices))))
    return _RIGHT.get(kind.name) or _text(draw)


def _text(draw: DrawFn) -> str:
    text = draw(st.one_of(st.sampled_from(_GOOD), st.sampled_from(_GOOD), texts()))
    writable = "".join(c for c in text if not "\ud800" <= c <= "\udfff")
    writable = writable[:100_000]  # a single argument of Linux holds 128 KiB
    return writable + _LONE_SURROGATE if draw(st.integers(0, 30)) == 0 else writable


def _laid(folder: Path, results: Path) -> None:
    """What the lines speak of."""
    (folder / "results").symlink_to(results)
    (folder / "own.yaml").write_text("corpus: own\npath: titles.csv\n")
    (folder / "titles.csv").write_text("id,title,category\n1,a cat,Pets\n")
    for name, text in _PLUGINS.items():
        (folder / name).write_text(text)


@campaign(25, 600)
@given(line=_lines())
def test_command_lines(pen: Pen, tally: Tally, results: Path, line: list[str]) -> None:
    (journal,) = (results / "journal").glob("*.jsonl")
    line = [word.replace(_RUN, journal.stem) for word in line]
    with pen.place() as folder:
        _laid(folder, results)
        view = line[0] == "view"
        ended = pen.run(*line, cwd=folder, env={STOP_AFTER: _SECONDS} if view else _OFFLINE)
        typed = [part for word in line for part in (word, word.partition("=")[2]) if part]
        codes = {0, 1, 2, 3, 4, 5, *([130] if view else [])}
        tally.command(ended, codes=codes, typed=typed)
        if ended.code == 1:  # a place that cannot be read or written: told in one line
            assert ended.err.splitlines()[-1].startswith("popcorn-bench: "), ended
        if ended.code == 0 and "--json" in line and len(ended.out.splitlines()) == 1:
            _document(ended.out)


def _document(text: str) -> Any:
    return json.loads(text)


@campaign(10, 300)
@given(
    name=st.sampled_from(
        ("LLMS", "VIDEOS", "LIMIT", "SEED", "TIMEOUT", "BUDGET", "MODES", "PRICE")
    ),
    value=texts(),
)
def test_options_from_the_environment(pen: Pen, tally: Tally, name: str, value: str) -> None:
    text = "".join(c for c in value if c != "\x00" and not "\ud800" <= c <= "\udfff")
    env = {f"POPCORN_BENCH_RUN_{name}": text}
    with pen.place() as folder:
        tally.command(pen.run("run", "--dry-run", cwd=folder, env=env), codes={0, 2})


_DECLARED: dict[str, Any] = {
    "llms": {"mine": "object"},
    "generators": {"mine": 3},
    "evaluators": {"mine": None, "other": "x:y"},
    "corpora": {"mine": "corpora"},
    "tasks": {"mine": "tasks", "own": "own.yaml"},
}
_READING = (
    *(("ls", what, "--json") for what in ("tasks", "llms", "videos", "evaluators", "corpora")),
    ("run", "--dry-run", "--limit=1", "--llms=all", "--videos=all"),
)


@campaign(6, 200)
@given(declared=spoiled(_DECLARED), args=st.sampled_from(_READING))
def test_what_a_plugin_declares(
    pen: Pen, tally: Tally, declared: Any, args: tuple[str, ...]
) -> None:
    """Its code is the user's, but what it names may be anything."""
    text = f"nan, inf = float('nan'), float('inf')\nPLUGINS = {declared!r}\n"
    with pen.place() as folder:
        (folder / "tasks").mkdir()
        (folder / "tasks" / "mine.yaml").write_text("task: [\n")
        (folder / "own.yaml").write_text("corpus: own\npath: nothing.csv\n")
        (folder / "plugin.py").write_bytes(text.encode("utf-8", "surrogatepass"))
        tally.command(pen.run(*args, "--plugin=plugin.py", cwd=folder), codes={0, 2})
