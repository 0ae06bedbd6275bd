"""All that is wrong with a task file, before anybody runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from popcorn_bench.errors import FileError, UsageError, did_you_mean
from popcorn_bench.tasks.catalog import TaskCatalog
from popcorn_bench.tasks.loader import SHIPPED, Definition, build, document_of
from popcorn_bench.tasks.rows import local_dataset
from popcorn_bench.tasks.schema import Fragment, GroupFile, TaskFile, kind_of
from popcorn_bench.yamlfile import Document, check, mismatches


def validate_file(path: Path, include_paths: Sequence[Path] = ()) -> list[FileError]:
    """Every fault of a task, group or fragment, in the order of lines; empty where it is right.

    Rows of a local dataset are checked, those of a hub dataset only when it is loaded. The file
    may include what lies in its include path, or below the working folder, or beside it. A
    fragment is held to the schema; its templates are rendered with the tasks that include it.
    """
    root = _root(path, include_paths)
    try:
        document = document_of(path, root)
        model = kind_of(document.data)
        found = mismatches(document, model)
        if found or model is Fragment:
            return found
        catalog = TaskCatalog((*include_paths, path.parent))
        if model is GroupFile:
            return _group_faults(document, check(document, GroupFile), catalog)
        return _task_faults(Definition(document, check(document, TaskFile), root), catalog)
    except FileError as fault:
        return [fault]


def _root(path: Path, include_paths: Sequence[Path]) -> Path:
    real = path.resolve()
    folders = (SHIPPED, *include_paths, Path.cwd())
    return next((f for f in folders if real.is_relative_to(f.resolve())), path.parent)


def _task_faults(definition: Definition, catalog: TaskCatalog) -> list[FileError]:
    document, file = definition.document, definition.file
    found = _name_faults(document, "task", file.task, catalog)
    local = local_dataset(document, file, definition.root)
    if file.queries is not None or local is not None:
        found += build(definition)[1]
    return sorted(found, key=lambda fault: fault.line)


def _name_faults(
    document: Document, field: str, name: str, catalog: TaskCatalog
) -> list[FileError]:
    twice = catalog.defined_twice(name)
    return [document.fault((field,), twice)] if twice else []


def _group_faults(document: Document, file: GroupFile, catalog: TaskCatalog) -> list[FileError]:
    found = _name_faults(document, "group", file.group, catalog)
    known = catalog.known()
    for i, member in enumerate(file.task):
        if member not in known:
            why = f"unknown task {member!r}{did_you_mean(member, known)}"
            found.append(document.fault(("task", i), why))
    if not found:
        try:
            catalog.select([file.group])
        except UsageError as error:
            found.append(document.fault(("task",), str(error)))
    return found
