"""YAML files of people: bounded, plain data only, every fault with its file and line.

What is read is JSON-like: mappings with text keys, lists, text, numbers, booleans and null. Dates
and `16:9` stay text, tags beyond these are refused, so that a file means what it looks like.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from yaml.constructor import SafeConstructor

from popcorn_bench.errors import FileError, did_you_mean

Loc = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

MAX_BYTES = 4 * 1024 * 1024
MAX_COST = MAX_BYTES  # what aliases stand for counts, and every value costs a little
MAX_DEPTH = 32
_NODE_COST = 16

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_NUMBERS = frozenset({"int", "float"})
_TEXT = frozenset({"str", "timestamp", "merge", "value"})
_OTHER = frozenset({"bool", "null"})


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of a file, counted from 1."""

    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data; `marks` maps each location in it (the root is `()`) to its file and line.

    `faults` are keys that stand twice and values that are not plain data. A caller that merges
    files merges their marks and faults as well.
    """

    path: Path
    data: object
    marks: Mapping[Loc, Mark]
    faults: tuple[FileError, ...] = ()

    def mark(self, loc: Loc) -> Mark:
        """The place of `loc`, or of its nearest known parent."""
        return self.marks[self.known(loc)]

    def line(self, loc: Loc) -> int:
        """The line of `loc`, or of its nearest known parent, counted from 1."""
        return self.mark(loc).line

    def known(self, loc: Loc) -> Loc:
        """`loc` without the steps that the data does not have (branches of a union)."""
        path: Loc = ()
        for step in loc:
            if (*path, step) in self.marks:
                path = (*path, step)
        return path

    def fault(self, loc: Loc, message: str) -> FileError:
        """An error that points to `loc`."""
        mark = self.mark(loc)
        return FileError(mark.path, mark.line, dotted(loc), message)


def load(path: Path, model: type[M]) -> M:
    """Read `path` and hold it to `model`.

    Raises:
        FileError: the first fault of the file.
    """
    return check(scan(path), model)


def faults(path: Path, model: type[BaseModel]) -> list[FileError]:
    """All faults of the file at `path`, in the order of its lines; empty where it is right."""
    try:
        return mismatches(scan(path), model)
    except FileError as fault:
        return [fault]


def read(path: Path) -> Document:
    """Read `path` without a model; FileError at the first thing that is not plain data."""
    document = scan(path)
    if document.faults:
        raise document.faults[0]
    return document


def scan(path: Path) -> Document:
    """Read `path`, keeping its `faults` for `check`; FileError if it is no YAML at all."""
    text = _text(path)
    builder = _Builder(path)
    try:
        _refuse_depth(path, text)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = error.problem or error.context or "cannot be read"
        raise FileError(path, mark.line + 1 if mark else 1, "", f"not YAML: {said}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise FileError(path, line, "", f"not YAML: {error.reason}") from error
    builder.marks[()] = Mark(path, node.start_mark.line + 1 if node else 1)
    data = builder.build(node, ()) if node else None
    return Document(path, data, builder.marks, tuple(builder.faults))


def check(document: Document, model: type[M]) -> M:
    """Hold `document` to `model`, strictly (no text becomes a number); FileError if it fails."""
    found = mismatches(document, model)
    if found:
        raise found[0]
    return _validated(document, model)


def mismatches(document: Document, model: type[BaseModel]) -> list[FileError]:
    """Where `document` does not fit `model`: one error per place, in the order of lines."""
    if not isinstance(document.data, dict):
        what = "the file is empty" if document.data is None else "expected a mapping of fields"
        return [document.fault((), what)]
    found = list(document.faults)
    try:
        _validated(document, model)
    except ValidationError as error:
        found += _faults_of(error, document, model)
    return sorted(found, key=lambda fault: fault.line)


def dotted(loc: Loc) -> str:
    """A location as people write it: `queries[3].kind`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return "".join(c if c.isprintable() else "?" for c in text.removeprefix("."))


def _validated(document: Document, model: type[M]) -> M:
    # JSON's strict mode takes a list for a tuple and text for an enum, which Python's refuses.
    return model.model_validate_json(json.dumps(document.data), strict=True)


def _faults_of(
    error: ValidationError, document: Document, model: type[BaseModel]
) -> list[FileError]:
    places: dict[Loc, list[str]] = {}
    for detail in error.errors(include_url=False, include_context=False):
        loc = document.known(detail["loc"])
        if detail["type"] == "missing":
            loc = (*loc, detail["loc"][-1])
        places.setdefault(loc, []).append(_message(detail, model, loc))
    return [document.fault(loc, _joined(messages)) for loc, messages in places.items()]


def _message(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> str:
    if detail["type"] == "missing":
        return "missing field"
    if detail["type"] == "extra_forbidden":
        return f"unknown field{did_you_mean(str(loc[-1]), _field_names(model, loc[:-1]))}"
    text = detail["msg"].removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _joined(messages: list[str]) -> str:
    """One message for the branches of a union that all failed."""
    same = "input should be "
    first, *rest = dict.fromkeys(messages)
    return " or ".join([first, *(m.removeprefix(same) for m in rest)])


def _field_names(model: type[BaseModel], loc: Loc) -> list[str]:
    """The fields that may stand at `loc` of a file of `model`."""
    models = [model]
    for step in loc:
        if isinstance(step, str):
            fields = (f for m in models for n, f in m.model_fields.items() if step in {n, f.alias})
            models = [found for f in fields for found in _models_in(f.annotation)] or models
    return [f.alias or name for m in models for name, f in m.model_fields.items()]


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Union, UnionType, Annotated, list, dict, tuple}:
        for argument in get_args(annotation):
            yield from _models_in(argument)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(path, 1, "", f"cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise FileError(path, 1, "", f"larger than {MAX_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileError(path, line, "", "not UTF-8 text") from error


def _refuse_depth(path: Path, text: str) -> None:
    """Stop before the composer, which recurses in C, meets what would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise FileError(path, line, "", f"nested deeper than {MAX_DEPTH} levels")


@dataclass(slots=True)
class _Builder:
    """Turns nodes into plain data; an alias costs as many nodes as it stands for."""

    path: Path
    marks: dict[Loc, Mark] = field(default_factory=dict)
    faults: list[FileError] = field(default_factory=list)
    cost: int = 0

    def build(self, node: yaml.Node, loc: Loc) -> object:
        self._pay(node, loc)
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self._child(item, item, (*loc, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, loc)

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, object]:
        data: dict[str, object] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            at = (*loc, name)
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, at, "a key must be text")
            elif name in data:
                self._fault(key, at, "appears twice")
            else:
                self._pay(key, at)
                data[name] = self._child(value, key, at)
        return data

    def _child(self, node: yaml.Node, shown: yaml.Node, loc: Loc) -> object:
        self.marks[loc] = Mark(self.path, shown.start_mark.line + 1)
        return self.build(node, loc)

    def _scalar(self, node: yaml.Node, loc: Loc) -> object:
        try:
            return _plain(node)
        except (ValueError, OverflowError) as error:
            self._fault(node, loc, str(error))
            return None

    def _pay(self, node: yaml.Node, loc: Loc) -> None:
        """Stop at what no honest file holds: many aliases of much, or an alias of itself."""
        self.cost += _NODE_COST + (len(node.value) if isinstance(node, yaml.ScalarNode) else 0)
        if self.cost > MAX_COST or len(loc) > MAX_DEPTH:
            line = node.start_mark.line + 1
            raise FileError(self.path, line, "", "too many values, or aliases in a circle")

    def _fault(self, node: yaml.Node, loc: Loc, message: str) -> None:
        line = node.start_mark.line + 1
        self.faults.append(FileError(self.path, line, dotted(loc), message))


def _plain(node: yaml.Node) -> object:
    """The value of a scalar, ValueError where it is not plain data."""
    kind = node.tag.removeprefix(_TAG)
    if not isinstance(node, yaml.ScalarNode) or kind not in _TEXT | _NUMBERS | _OTHER:
        raise ValueError(f"tag {node.tag!r} is not allowed here")
    if kind in _TEXT or (kind in _NUMBERS and ":" in node.value):
        return node.value
    try:
        value: object = SafeConstructor().construct_object(node)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{node.value[:40]!r} is no {kind}") from error
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("not a finite number")
    return value
