"""OpenAI's client, asked once.

LiteLLM tells it to try three times, whatever it is told itself: a picture might be paid for three
times. It is imported only where it is used.
"""

from __future__ import annotations

from openai import AsyncOpenAI

from popcorn_bench.generators.remote_media.line import Line


class Once(AsyncOpenAI):
    """A client on a bounded line that never tries again, even when it is told to.

    Args:
        line: the HTTP client.
        key: the API key.
        base: the endpoint; None for OpenAI's own, or that of the environment.
    """

    def __init__(self, line: Line, key: str, base: str | None) -> None:
        super().__init__(http_client=line, api_key=key, base_url=base, max_retries=0)

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, 0 if name == "max_retries" else value)
