"""The page of the YAML files: what each may hold, from the models that files are held to."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from docs.generating.fields import FIELDS
from docs.generating.text import code, one_line, page, table
from popcorn_bench.generators.llm.schema import FileModel as LLMFile
from popcorn_bench.generators.media_file import ImageFile, VideoFile
from popcorn_bench.tasks.corpora.definition import CorpusFile
from popcorn_bench.tasks.schema import GroupFile, TaskFile

_INTRO = """Unknown fields are errors in all of them. `popcorn-bench validate FILE.yaml` checks
task files; [`task.schema.json`](../task.schema.json) gives an editor completion for them. What
the fields mean in use: [tasks](../tasks.md), [LLMs](../llms.md), [videos](../videos.md),
[corpora](../corpora.md)."""
_FILES: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("Task", "Any `NAME.yaml` in a folder of `--include-path`.", TaskFile),
    ("Group of tasks", "A name for several tasks or groups.", GroupFile),
    ("Language models: `llms.yaml`", "Name to entry.", LLMFile),
    ("Video generators: `videos.yaml`", "Name to entry.", VideoFile),
    ("Generators of covers: `images.yaml`", "Name to entry; as for videos.", ImageFile),
    ("Corpus", "A file that `--corpus` names, or one in a folder of `--include-path`.", CorpusFile),
)


def schemas() -> str:
    """The page."""
    return page("YAML files", _INTRO, *(_file(*told) for told in _FILES))


def _file(title: str, text: str, model: type[BaseModel]) -> str:
    schema = model.model_json_schema(ref_template="{model}")
    parts = [f"## {title}\n{text}\n", _fields(schema)]
    if model is not ImageFile:
        shown = [(n, d) for n, d in schema.get("$defs", {}).items() if d.get("properties")]
        parts += [
            f"\n### {title.partition(':')[0]}: `{name}`\n{_said(d)}\n\n{_fields(d)}"
            for name, d in shown
        ]
    return "\n".join(parts)


def _said(definition: dict[str, Any]) -> str:
    return one_line(str(definition.get("description", "")))


def _meaning(name: str, field: dict[str, Any]) -> str:
    return _said(field) or FIELDS.get(name, "")


def _fields(definition: dict[str, Any]) -> str:
    required = set(definition.get("required", ()))
    rows = [
        (code(name), _type(field), _default(field, name in required), _meaning(name, field))
        for name, field in definition.get("properties", {}).items()
    ]
    return table(("field", "value", "default", "meaning"), rows)


def _default(field: dict[str, Any], required: bool) -> str:
    if required:
        return "**required**"
    value = field.get("default")
    # a part's own defaults stand in its own table
    return "" if value in (None, "") or isinstance(value, list | dict) else code(str(value))


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return code(field["$ref"])
    if choices := field.get("anyOf"):
        named = [_type(choice) for choice in choices if choice.get("type") != "null"]
        return " or ".join(dict.fromkeys(named))
    if "enum" in field:
        return ", ".join(code(str(value)) for value in field["enum"])
    if "const" in field:
        return code(str(field["const"]))
    return _plain(field)


def _plain(field: dict[str, Any]) -> str:
    kind = field.get("type")
    if kind == "array":
        return f"list of {_type(field['items'])}" if field.get("items") else "list"
    if kind == "object":
        inner = field.get("additionalProperties") or next(
            iter(field.get("patternProperties", {}).values()), None
        )
        return f"mapping to {_type(inner)}" if isinstance(inner, dict) and inner else "mapping"
    names = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "yes or no",
    }
    return names.get(str(kind), "anything") + _bounds(field)


def _bounds(field: dict[str, Any]) -> str:
    low = field.get("minimum", field.get("exclusiveMinimum"))
    high = field.get("maximum", field.get("exclusiveMaximum"))
    above = ">" if "exclusiveMinimum" in field else ">="
    said = [
        f"{above} {low:g}" if low is not None else "",
        f"<= {high:g}" if high is not None else "",
    ]
    found = ", ".join(filter(None, said))
    return f" ({found})" if found else ""
