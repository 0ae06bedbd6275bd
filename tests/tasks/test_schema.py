from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from popcorn_bench.tasks.loader import SHIPPED
from popcorn_bench.tasks.schema import json_schema
from popcorn_bench.yamlfile import read

PUBLISHED = Path(__file__).parents[2] / "docs" / "task.schema.json"


def test_the_published_schema_is_current() -> None:
    assert json.loads(PUBLISHED.read_text("utf-8")) == json_schema()


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema.Draft202012Validator(json_schema())


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.yaml")), ids=lambda path: str(path.name))
def test_shipped_files_fit_the_schema(validator: Any, path: Path) -> None:
    validator.validate(read(path).data)


@pytest.mark.parametrize(
    "data",
    [
        {"task": "t", "quries": []},
        {"task": 5},
        {"task": "t", "queries": [{"id": "a", "text": "b", "kind": "odd", "topic": "c"}]},
        {"group": "g", "task": []},
        {"rules": {"title_max": "many"}},
        {"query_to_messages": {"basic": [{"role": "nobody", "content": "x"}]}},
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(validator: Any, data: object) -> None:
    assert not validator.is_valid(data)
