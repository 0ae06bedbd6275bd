"""The tasks there are: those shipped, those of plugins, and those in the user's folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from popcorn_bench import plugins
from popcorn_bench.errors import FileError, UsageError, did_you_mean
from popcorn_bench.selection import is_pattern, select
from popcorn_bench.tasks.loader import SHIPPED, document_of, load_task, names
from popcorn_bench.tasks.rows import local_dataset
from popcorn_bench.tasks.schema import Fragment, GroupFile, TaskFile, kind_of
from popcorn_bench.tasks.task import Task
from popcorn_bench.yamlfile import check


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """What the index knows of a file without reading its queries.

    `reason` says why it is not usable, or what it still needs: `hub` names the dataset that is
    loaded over the network at first use. `members` are the parts of a group, empty for a task.
    """

    name: str
    path: Path
    root: Path
    version: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    hub: str = ""
    usable: bool = True
    twice: bool = False
    reason: str = ""


class TaskCatalog:
    """An index over task files, made when it is first asked.

    Args:
        include_paths: folders (or single files) with more tasks.
    """

    def __init__(self, include_paths: Sequence[Path] = ()) -> None:
        self._include_paths = tuple(include_paths)

    def entries(self) -> list[TaskEntry]:
        """Every task, and every file that was meant to be one, in the order of the folders."""
        return [entry for entry in self._index.values() if not entry.members or not entry.usable]

    @cached_property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Every group with its direct members, from group files and from the tasks' own field."""
        found: dict[str, list[str]] = {
            name: list(entry.members) for name, entry in self._index.items() if entry.members
        }
        for entry in self.entries():
            for group in entry.groups:
                found.setdefault(group, []).append(entry.name)
        return {name: tuple(dict.fromkeys(members)) for name, members in found.items()}

    def known(self) -> frozenset[str]:
        """Every name of a task or group."""
        return frozenset((*self._index, *self.groups))

    def defined_twice(self, name: str) -> str:
        """Which files define `name`, '' where only one does."""
        entry = self._index.get(name)
        return entry.reason if entry is not None and entry.twice else ""

    def select(self, wanted: Sequence[str]) -> list[str]:
        """Names of tasks for names, groups, globs, `tag:x` and `all`, each once.

        Patterns match usable tasks. A name also takes a broken task, so that `load` can say why.

        Raises:
            UsageError: for what is not known, matches nothing, or is a broken group.
        """
        usable = {entry.name: entry.tags for entry in self.entries() if entry.usable}
        named: dict[str, tuple[str, ...]] = dict.fromkeys((*self._index, *self.groups), ())
        found: dict[str, None] = {}
        for item in wanted:
            known = usable if is_pattern(item) else named
            for name in select([item], known, noun="task", flag="--tasks"):
                found |= dict.fromkeys(self._members(name, ()))
        return list(found)

    def load(self, name: str) -> Task:
        """Read a task with its queries.

        Raises:
            UsageError: for a name that is not known or a file that is broken.
        """
        entry = self._index.get(name)
        if entry is None or entry.members:
            hint = did_you_mean(name, self._index)
            raise UsageError(f"unknown task {name!r}{hint}")
        if not entry.usable:
            raise UsageError(entry.reason)
        task = load_task(entry.path, entry.root)
        groups = [group for group, members in self.groups.items() if name in members]
        return replace(task, groups=tuple(groups))

    def _members(self, name: str, above: tuple[str, ...]) -> Iterator[str]:
        """The tasks of a group, through groups inside it; a task is itself."""
        if name in above:
            raise UsageError(f"group in a circle: {' -> '.join((*above, name))}")
        members = self.groups.get(name)
        if members is None:
            if name not in self._index:
                hint = did_you_mean(name, self._index)
                raise UsageError(f"group {above[-1]} names unknown task {name!r}{hint}")
            yield name
            return
        for member in members:
            yield from self._members(member, (*above, name))

    @cached_property
    def _index(self) -> Mapping[str, TaskEntry]:
        folders, faults = plugins.folders("tasks")
        index = {
            name: TaskEntry(name=name, path=Path(), root=Path(), usable=False, reason=fault)
            for name, fault in faults.items()
        }
        for path, root in _files(SHIPPED, *folders, *self._include_paths):
            entry = index_file(path, root)
            if entry is None:
                continue
            if (other := index.get(entry.name)) is not None:
                why = f"task {entry.name!r} is defined twice: {other.path} and {path}"
                entry = replace(other, usable=False, twice=True, reason=why)
            index[entry.name] = entry
        return index


def _files(*roots: Path) -> Iterator[tuple[Path, Path]]:
    """Each YAML file once, with the folder that it must stay in."""
    seen: set[Path] = set()
    for root in roots:
        if not root.exists():
            raise UsageError(f"--include-path: no such folder: {root}")
        folder = root if root.is_dir() else root.parent
        for path in yaml_files(root):
            if (real := path.resolve()) not in seen:
                seen.add(real)
                yield path, folder


def yaml_files(root: Path) -> list[Path]:
    """The YAML files below `root` (or `root` itself), in the order of their names."""
    if root.is_file():
        return [root]
    found = (path for pattern in ("*.yaml", "*.yml") for path in root.rglob(pattern))
    return sorted(path for path in found if path.is_file())


def index_file(path: Path, root: Path) -> TaskEntry | None:
    """What a file defines, None for a fragment; a broken file becomes an entry that says so."""
    name = path.stem
    try:
        document = document_of(path, root)
        kind = kind_of(document.data)
        if kind is Fragment:
            return None
        data = document.data if isinstance(document.data, dict) else {}
        said = data.get("group" if kind is GroupFile else "task")
        name = said if isinstance(said, str) and said.isprintable() else name
        if kind is GroupFile:
            return _group_entry(check(document, GroupFile), path, root)
        file = check(document, TaskFile)
        local = local_dataset(document, file, root)
        return _task_entry(file, path, root, remote=local is None)
    except FileError as fault:
        return TaskEntry(name=name, path=path, root=root, usable=False, reason=str(fault))


def _task_entry(file: TaskFile, path: Path, root: Path, *, remote: bool) -> TaskEntry:
    hub = (file.dataset_path or "") if remote else ""
    return TaskEntry(
        name=file.task,
        path=path,
        root=root,
        version=str(file.version),
        description=file.description.strip(),
        tags=names(file.tag),
        groups=names(file.group),
        hub=hub,
        reason=f"loads {hub} from the hub at first use" if hub else "",
    )


def _group_entry(file: GroupFile, path: Path, root: Path) -> TaskEntry:
    return TaskEntry(
        name=file.group,
        path=path,
        root=root,
        version="" if file.version is None else str(file.version),
        description=file.description.strip(),
        members=tuple(file.task),
    )
