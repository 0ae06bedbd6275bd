from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from popcorn_bench.generators.llm.catalog import LLMCatalog, LLMEntry
from popcorn_bench.generators.llm.client import LiteLLMClient
from popcorn_bench.types import Brief, BriefRules, Message
from tests.loopback import Answer, ChatServer


@dataclass
class Asker:
    """Asks models on loopback servers through the real client; closes all at the end."""

    servers: list[ChatServer] = field(default_factory=list)
    clients: list[LiteLLMClient] = field(default_factory=list)

    def server(self, answer: Answer | None = None) -> ChatServer:
        self.servers.append(ChatServer(answer).__enter__())
        return self.servers[-1]

    def entry(self, model: str, url: str = "", **settings: str) -> LLMEntry:
        where = {"api_base": url} if url else {}
        args = [("", where | settings)] if where or settings else []
        return LLMCatalog().resolve([model], args)[0]

    def client(self, *entries: LLMEntry) -> LiteLLMClient:
        self.clients.append(LiteLLMClient(entries))
        return self.clients[-1]

    async def brief(
        self, entry: LLMEntry, query: str = "a cat on a drum", *, seed: int = 3, title_max: int = 50
    ) -> Brief:
        messages = [
            Message("system", "You make short videos."),
            Message("user", f"Think of the viewer. <query>{query}</query> Answer with JSON."),
        ]
        return await self.client(entry).brief(
            entry.llm, messages, seed, BriefRules(title_max=title_max)
        )


@pytest.fixture
async def asker() -> AsyncIterator[Asker]:
    asker = Asker()
    yield asker
    for client in asker.clients:
        await client.close()
    for server in asker.servers:
        server.__exit__()


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and endpoints of the machine that runs the tests play no part."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL", "_AUTH_TOKEN", "_TOKEN")):
            monkeypatch.delenv(name)
    for name in ("VERTEXAI_PROJECT", "VERTEX_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
