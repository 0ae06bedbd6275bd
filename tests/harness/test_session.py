"""Which client a plan is run with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from popcorn_bench.generators.llm.client import LiteLLMClient
from popcorn_bench.generators.llm.sharded import ShardedClient
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.session import text_client
from popcorn_bench.harness.spec import RunSpec


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"limit": 20}, LiteLLMClient),
        ({"repeats": 5}, ShardedClient),
        ({"repeats": 5, "max_connections": 4}, LiteLLMClient),
    ],
)
def test_few_calls_stay_in_this_process(
    tmp_path: Path, changes: dict[str, int], kind: type[object]
) -> None:
    spec = RunSpec(videos=("none",), evaluators=("popularity",), output_path=tmp_path)
    changed = replace(spec, **changes)  # type: ignore[arg-type]  # all of them are numbers
    assert isinstance(text_client(resolve(changed)), kind)
