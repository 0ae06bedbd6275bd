"""What others add: installed packages by entry points, single files by `--plugin`.

A plugin has a name in one of five groups. The entry points of an installed package are called
`popcorn_bench.<group>`; a file says the same in a constant:

    PLUGINS = {"evaluators": {"length": Length}, "tasks": {"mine": Path(__file__).parent / "tasks"}}

What stands behind a name is described where it is used: `generators/protocol.py`,
`evaluators/protocol.py`, `generators/llm/plugged.py`; tasks and corpora are folders of YAML files.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

from popcorn_bench.errors import FileError, UsageError, did_you_mean

GROUPS: Final = ("llms", "generators", "evaluators", "corpora", "tasks")
FLAG: Final = "--plugin"
# Worker processes have to find the same plugins, and an environment reaches all of them.
VARIABLE: Final = "POPCORN_BENCH_PLUGINS"
_CONSTANT: Final = "PLUGINS"
_LONGEST: Final = 200  # of what a message repeats
_lent: Final[Counter[Path]] = Counter()  # files that `using` brought, by how many use them now
_lending: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Plugin:
    """One name that somebody added; `origin` is a distribution with its version, or a file."""

    group: str
    name: str
    origin: str
    get: Callable[[], object]

    def load(self) -> object:
        """Import what stands behind the name.

        Raises:
            UsageError: whatever goes wrong in it, in one line.
        """
        try:
            return self.get()
        except Exception as error:
            what = f"{type(error).__name__}: {error}".replace("\n", " ")
            raise self.fault(what) from error

    def fault(self, what: str) -> UsageError:
        """The error that says what is wrong with it."""
        return UsageError(f"plugin {self.name!r} of {self.origin} is broken: {what}")


def found(group: str) -> Mapping[str, Plugin]:
    """The plugins of a group by name; a file wins over an installed package."""
    installed = {p.name: _installed(group, p) for p in _entry_points(f"popcorn_bench.{group}")}
    return installed | {p.name: p for path in files() for p in _of_file(path) if p.group == group}


def use(paths: Iterable[Path]) -> None:
    """Take plugins from files, in this process and in those that it starts.

    Raises:
        UsageError: for a file that is not there, cannot be imported, or says nothing that is
            understood. What is named must work.
    """
    for path in paths:
        real = path.resolve()
        _of_file(real)
        if real not in files():
            _set([*files(), real])


def check_named(recorded: Iterable[str], named: Iterable[Path] = ()) -> None:
    """Hold the plugin files that a results folder speaks of against those in use and `named`.

    A folder may come from anybody, and a plugin is code: it runs where its user names it.

    Raises:
        UsageError: for the first that is not among them.
    """
    known = {path.resolve() for path in (*files(), *named)}
    for path in recorded:
        if Path(path).resolve() not in known:
            raise UsageError(f"{FLAG}: that run used {path}: name it again to let its code run")


@contextmanager
def using(paths: Iterable[Path]) -> Iterator[None]:
    """Take plugins from files for a while; those that were in use before stay.

    What goes on at the same time in this process has them, too: an environment is for all of it.

    Raises:
        UsageError: as `use`.
    """
    wanted = dict.fromkeys(path.resolve() for path in paths)  # in their order: the last one wins
    with _lending:
        new = [path for path in wanted if path not in files() or path in _lent]
        use(new)
        _lent.update(new)
    try:
        yield
    finally:
        with _lending:
            _lent.subtract(new)
            over = {path for path in new if _lent[path] <= 0}
            for path in over:
                del _lent[path]
            _set([path for path in files() if path not in over])


def _set(paths: list[Path]) -> None:
    os.environ[VARIABLE] = os.pathsep.join(map(str, paths))


def files() -> list[Path]:
    """The plugin files in use."""
    return [Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]


def described() -> list[dict[str, str]]:
    """All plugins as plain data, for the record of what a run ran on; a file with its sha256."""
    return [
        {"group": group, "name": plugin.name, "origin": plugin.origin}
        for group in GROUPS
        for plugin in found(group).values()
    ]


def folder_of(plugin: Plugin) -> Path:
    """The folder (or the file) of YAML that stands behind a name.

    Raises:
        UsageError: if it is broken, no path, or not there.
    """
    given = plugin.load()
    if isinstance(given, ModuleType) and given.__file__:
        given = Path(given.__file__).parent
    if not isinstance(given, str | Path) or not _is_there(Path(given)):
        raise plugin.fault(f"{_shown(given)} is neither a folder nor a YAML file that is there")
    return Path(given)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # no name that any file could have
        return False


def _shown(given: object) -> str:
    text = repr(given)
    return text if len(text) < _LONGEST else f"{text[:_LONGEST]}..."


def check_parts(name: str, given: object, parts: Iterable[str]) -> None:
    """Refuse what has not every method that a catalog asks of it before it is used.

    Raises:
        UsageError: with the first that it lacks.
    """
    for part in parts:
        if not callable(getattr(given, part, None)):
            raise UsageError(f"plugin {name!r} is broken: {_shown(given)} has no {part}()")


def folders(group: str) -> tuple[list[Path], dict[str, str]]:
    """The folders of a group whose plugins are YAML files, and what is wrong with the others."""
    there: list[Path] = []
    faults: dict[str, str] = {}
    for name, plugin in found(group).items():
        try:
            there.append(folder_of(plugin))
        except UsageError as error:
            faults[name] = str(error)
    return there, faults


@cache
def _entry_points(group: str) -> tuple[EntryPoint, ...]:
    """Those of installed packages; looking through all of them takes its time."""
    return tuple(entry_points(group=group))


def _installed(group: str, point: EntryPoint) -> Plugin:
    origin = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
    return Plugin(group, point.name, origin, point.load)


def _of_file(path: Path) -> tuple[Plugin, ...]:
    """The plugins of a file, as it is now: it is run again once it was edited."""
    try:
        found = path.stat()
    except OSError:  # told in `_import`
        return _read(path, ())
    return _read(path, (found.st_mtime_ns, found.st_size))


@cache
def _read(path: Path, _: tuple[int, ...]) -> tuple[Plugin, ...]:
    module, digest = _import(path)
    said = getattr(module, _CONSTANT, None)
    if not isinstance(said, Mapping):
        raise UsageError(f"{FLAG}: {path}: no constant {_CONSTANT}, a mapping of groups")
    for group, names in said.items():
        if group not in GROUPS:
            hint = did_you_mean(str(group), GROUPS) or f"; there are {', '.join(GROUPS)}"
            raise UsageError(f"{FLAG}: {path}: {_CONSTANT}: unknown group {group!r}{hint}")
        if not isinstance(names, Mapping):
            raise UsageError(f"{FLAG}: {path}: {_CONSTANT}[{group!r}] must map names to objects")
    origin = f"{path.name} (sha256 {digest[:12]})"
    return tuple(
        Plugin(group, str(name), origin, partial(_given, given))
        for group, names in said.items()
        for name, given in names.items()
    )


def _given(thing: object) -> object:
    return thing


def _import(path: Path) -> tuple[ModuleType, str]:
    """Run a file as a module of its own name, and tell its digest."""
    if not path.is_file() or path.suffix != ".py":
        raise UsageError(f"{FLAG}: no such Python file: {path}")
    digest = sha256(path.read_bytes()).hexdigest()
    name = f"popcorn_bench_plugin_{path.stem}_{sha256(str(path).encode()).hexdigest()[:8]}"
    spec = spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # noqa: PT018 - it ends in .py
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look for it there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise FileError(path, _line(error, path), "", f"{type(error).__name__}: {error}") from error
    return module, digest


def _line(error: Exception, path: Path) -> int:
    """The last line of the file that the error went through."""
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    return next((line for line in reversed(lines) if line), 1)
