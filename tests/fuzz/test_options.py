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
from tests.fuzz.hostile import texts
from tests.fuzz.pen import Pen

_WAITING = {"view"}  # serves until it is stopped; its options are in `_NEVER` or below
_NEVER = {"--help", "-h", "--version"}
_ARGUMENTS = {"leaderboard", "compare", "publish", "retry", "score"}  # take a results folder
_GOOD = ("1", "0", "2,3", "echo", "all", "popcorn", "basic", "human", "results", "x=1", "echo:x=1",
         "storyboard", "none", "10%", "20usd", "nan", "inf", "1e400", "-0", "microlens",
         "own.yaml", "titles.csv", "results/journal", "out", "hashed", "paper", "cpu", "CC-BY-4.0",
         "echo,template", "storyboard,still", "0.5", "openai/x", "openai/x:temperature=9",
         "openai/x:extra_body.a=[[[", "extra_body.a=" + "[" * 5_000, "a=" + "{" * 3_000,
         "openai/x:extra_body.a=!!python/name:os.system", "openai/x=1e999,nan")  # fmt: skip
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
    return {words: found[words] for words in sorted(found) if words[0] not in _WAITING}


@st.composite
def _lines(draw: DrawFn) -> list[str]:
    """A command with some of its options, their values good and bad mixed, and arguments."""
    words = draw(st.sampled_from(sorted(_commands())))
    line = list(words)
    options = [p for p in _commands()[words] if isinstance(p, click.Option)]
    named = [option for option in options if not _NEVER & set(option.opts)]
    for option in draw(st.lists(st.sampled_from(named), max_size=4)) if named else ():
        name = option.opts[0]
        if option.is_flag:
            line.append(name)
        else:
            value = _value(draw, option)
            line += draw(st.sampled_from(([name, value], [f"{name}={value}"])))
    line += [_text(draw) for _ in range(draw(st.integers(0, 2)))]
    if words == ("run",) or words[0] in {"retry", "score"}:
        line.append("--dry-run")
    if draw(st.integers(0, 9)) == 0:
        line = line[: draw(st.integers(0, len(line)))] or ["--dry-run"]
        line += ["--dry-run"] if line[0] == "run" or line[0].startswith("-") else []
    return [word.replace("\x00", "") for word in line]  # no argument of a process holds one


def _value(draw: DrawFn, option: click.Option) -> str:
    kind = option.type
    if isinstance(kind, click.Choice) and draw(st.booleans()):
        return str(draw(st.sampled_from(list(kind.choices))))
    return _text(draw)


def _text(draw: DrawFn) -> str:
    text = draw(st.one_of(st.sampled_from(_GOOD), st.sampled_from(_GOOD), texts()))
    writable = "".join(c for c in text if not "\ud800" <= c <= "\udfff")
    writable = writable[:100_000]  # a single argument of Linux holds 128 KiB
    return writable + _LONE_SURROGATE if draw(st.integers(0, 30)) == 0 else writable


def _at_rest(line: list[str]) -> bool:
    """Whether a line asks for nothing that takes long: no real run, no training, no server."""
    words = [word for word in line if not word.startswith("-")]
    runs = not words or words[0] not in {w[0] for w in _commands()} or words[0] == "run"
    return "--dry-run" in line if runs or words[0] in {"retry", "score"} else words[0] != "train"


@campaign(40, 1800)
@given(line=_lines().filter(_at_rest))
def test_command_lines(pen: Pen, tally: Tally, results: Path, line: list[str]) -> None:
    with pen.place() as folder:
        (folder / "results").symlink_to(results)
        (folder / "own.yaml").write_text("corpus: own\npath: titles.csv\n")
        (folder / "titles.csv").write_text("id,title,category\n1,a cat,Pets\n")
        ended = pen.run(*line, cwd=folder)
        tally.command(ended, codes={0, 1, 2, 3, 4, 5})
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
