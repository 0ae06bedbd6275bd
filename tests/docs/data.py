"""Whether YAML, TOML and JSON of a page can be read, and hold what our files may hold."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel

from popcorn_bench.generators.llm.schema import FileModel as LLMFile
from popcorn_bench.generators.media_file import ImageFile, VideoFile
from popcorn_bench.leaderboard.trust.validity.read import Validity
from popcorn_bench.tasks.corpora.definition import CorpusFile
from popcorn_bench.tasks.schema import Fragment, kind_of
from tests.docs.blocks import Block

_FILES: dict[str, type[BaseModel]] = {
    "llms": LLMFile, "videos": VideoFile, "images": ImageFile, "corpus": CorpusFile,
}  # fmt: skip
_FOREIGN = {"apiVersion", "jobs"}  # Kubernetes, GitHub


def read(block: Block) -> Any:
    """The data of a block."""
    if block.language == "yaml":
        return yaml.safe_load(block.text)
    return tomllib.loads(block.text) if block.language == "toml" else json.loads(block.text)


def check(block: Block) -> None:
    """Hold it against the model that such a file is held to."""
    found = read(block)
    if block.language == "toml" or (isinstance(found, dict) and _FOREIGN & set(found)):
        return
    if "include" in found:  # what is included may say the rest
        found = {key: value for key, value in found.items() if key != "task"}
    _model(found).model_validate(found)


def names(block: Block) -> Iterator[str]:
    """What a YAML block gives names to."""
    if block.language != "yaml":
        return
    found = read(block)
    for field in ("llms", "videos", "images"):
        yield from found.get(field, {})
    for field in ("task", "corpus", "group"):
        yield from [found[field]] if isinstance(found.get(field), str) else []


def _model(found: Any) -> type[BaseModel]:
    for field, model in _FILES.items():
        if field in found:
            return model
    kind = kind_of(found)
    known = {*Fragment.model_fields} | set(kind.model_fields)
    return kind if known & set(found) else Validity
