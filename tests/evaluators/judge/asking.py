"""What the tests of `judge` share: ask it about samples through a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeAlias

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.judge import Judge
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.types import Score
from tests.loopback import Answer, ChatServer

Serve: TypeAlias = Callable[[Answer], ChatServer]


def rate(server: ChatServer, *samples: Sample, **settings: str) -> list[Score | AdapterError]:
    """The score or the error of each sample."""
    given = judge(server, **settings).score(samples)
    return [found if isinstance(found, AdapterError) else found[0] for found in given]


def judge(server: ChatServer, **settings: str) -> Judge:
    known = {"model": "openai/eye", "api_base": server.base_url, **settings}
    return Judge(Judge.card(known), "cpu")


def answer(score: object, **more: object) -> str:
    return json.dumps({"reason": "as it seems", "score": score, **more})


def value(found: Score | AdapterError) -> float:
    assert isinstance(found, Score), found
    return found.value


def error(found: Score | AdapterError) -> AdapterError:
    assert isinstance(found, AdapterError), found
    return found
