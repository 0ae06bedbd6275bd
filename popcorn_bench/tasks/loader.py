"""From a YAML file to a task: includes, schema, rows, queries, templates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from popcorn_bench import fingerprint
from popcorn_bench.errors import FileError
from popcorn_bench.tasks.includes import over, read_with_includes
from popcorn_bench.tasks.queries import to_queries
from popcorn_bench.tasks.rows import read_rows
from popcorn_bench.tasks.schema import TaskFile, kind_of
from popcorn_bench.tasks.task import Task, fill
from popcorn_bench.tasks.templates import BadTemplateError
from popcorn_bench.types import BriefRules, Kind, Message, Query
from popcorn_bench.yamlfile import Document, check, read

SHIPPED = Path(__file__).parent / "data"
_DEFAULT_PROMPT = SHIPPED / "_popcorn.yaml"
_PROBE = Query(id="probe", text="a probe", kind=Kind.CONCRETE, topic="probe")


@dataclass(frozen=True, slots=True)
class Definition:
    """A task file after its includes; files that it names lie inside `root`."""

    document: Document
    file: TaskFile
    root: Path


def load_task(path: Path, root: Path) -> Task:
    """Read a task with all of its queries.

    Raises:
        FileError: the first fault.
    """
    task, faults = build(define(path, root))
    if faults:
        raise faults[0]
    return task


def document_of(path: Path, root: Path) -> Document:
    """A task file with its includes and, where it has no templates, the shipped prompt.

    Raises:
        FileError: a file that cannot be read, or an include that cannot be followed.
    """
    document = read_with_includes(path, root)
    data = document.data
    prompted = isinstance(data, dict) and "query_to_messages" in data
    if kind_of(data) is TaskFile and not prompted:
        return over(document, read(_DEFAULT_PROMPT))
    return document


def define(path: Path, root: Path) -> Definition:
    """Read a task file without its rows; FileError at the first fault."""
    document = document_of(path, root)
    return Definition(document, check(document, TaskFile), root)


def build(definition: Definition) -> tuple[Task, list[FileError]]:
    """The task of a definition, and all that is wrong with its rows and templates.

    Raises:
        FileError: a dataset that cannot be read.
    """
    document, file = definition.document, definition.file
    rows = read_rows(document, file, definition.root)
    queries = to_queries(rows, file)
    task = _task(definition, tuple(queries.found))
    faults = [*_prompt_faults(document, task), *_block_faults(document, file, len(rows))]
    if not rows:
        faults.append(document.fault(("task",), "has no queries"))
    return task, [*queries.faults, *faults]


def names(value: str | list[str]) -> tuple[str, ...]:
    """A field that holds one name or several."""
    return (value,) if isinstance(value, str) else tuple(value)


def _task(definition: Definition, queries: tuple[Query, ...]) -> Task:
    file, version = definition.file, str(definition.file.version)
    example = file.example.model_dump() if file.example else {}
    titles = (file.example.title,) if file.example else ()
    rules = BriefRules(title_max=file.rules.title_max, example_titles=titles)
    templates = {
        mode: tuple(Message(m.role, m.content) for m in messages)
        for mode, messages in file.query_to_messages.items()
    }
    content = {"queries": queries, "templates": templates, "rules": rules, "example": example}
    return Task(
        name=file.task,
        version=version,
        task_id=fingerprint.task_id(file.task, version, content),
        description=file.description.strip(),
        queries=queries,
        templates=templates,
        topics=tuple(file.topics or dict.fromkeys(query.topic for query in queries)),
        metrics=tuple(file.metrics),
        rules=rules,
        path=definition.document.path,
        example=example,
        metadata=file.metadata,
        tags=names(file.tag),
        groups=names(file.group),
    )


def _prompt_faults(document: Document, task: Task) -> list[FileError]:
    """Render every template once; the example has to keep the rules that it teaches."""
    probe = task.queries[0] if task.queries else _PROBE
    faults = []
    for mode, messages in task.templates.items():
        for i, message in enumerate(messages):
            try:
                fill((message,), probe, task.rules, task.example)
            except BadTemplateError as error:
                at = ("query_to_messages", mode, i, "content")
                faults.append(document.fault(at, str(error)))
    if not task.templates:
        faults.append(document.fault(("query_to_messages",), "has no mode"))
    if len(task.example.get("title", "")) > task.rules.title_max:
        faults.append(document.fault(("example", "title"), "longer than rules.title_max"))
    return faults


def _block_faults(document: Document, file: TaskFile, rows: int) -> list[FileError]:
    blocks = file.topic_blocks
    if blocks is None or rows == blocks.size * len(blocks.topics):
        return []
    wanted = f"{len(blocks.topics)} topics of {blocks.size} rows"
    return [document.fault(("topic_blocks",), f"{wanted} do not fit the {rows} rows there are")]
