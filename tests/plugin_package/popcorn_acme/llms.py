"""A language model of our own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.types import Message


class Parrot:
    """Says what it was told."""

    entry: ClassVar[dict[str, Any]] = {"family": "parrot", "version": "2", "tags": ["bird"]}

    async def answer(self, messages: Sequence[Message], seed: int) -> str:
        """The last words of the chat, as all three texts."""
        heard = " ".join(messages[-1].content.split()[-6:])
        if "please refuse" in messages[-1].content:
            raise AdapterError("refusal", "the parrot keeps silent")
        said = {"title": heard[:40], "cover_prompt": heard, "video_prompt": f"{heard}, take {seed}"}
        return json.dumps(said)
