"""What LiteLLM does to a process: nothing before the first call, and no noise after it."""

from __future__ import annotations

import subprocess
import sys

from tests.loopback import ChatServer, Reply

_HEAVY = ("litellm", "openai", "httpx", "aiohttp", "json_repair", "tiktoken")
_LISTING = f"""
import sys
from popcorn_bench.generators.llm.catalog import LLMCatalog
from popcorn_bench.generators.llm.client import LiteLLMClient
catalog = LLMCatalog()
LiteLLMClient(catalog.resolve(["all", "openai/x"], []))
assert catalog.entries()
print([name for name in {_HEAVY!r} if name in sys.modules])
"""
_CALLING = """
import asyncio, logging, sys
from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.llm.catalog import LLMCatalog
from popcorn_bench.generators.llm.client import LiteLLMClient
from popcorn_bench.types import BriefRules, Message

logging.basicConfig(level=logging.DEBUG)
for name in ("asyncio", "httpcore", "httpx", "openai"):
    logging.getLogger(name).setLevel(logging.WARNING)

async def main(url):
    models = ["openai/a", "hosted_vllm/b", "echo"]
    entries = LLMCatalog().resolve(models, [("", {"api_base": url})])
    client = LiteLLMClient(entries)
    for _ in range(3):
        for entry in entries:
            try:
                await client.brief(entry.llm, [Message("user", "x")], 1, BriefRules())
            except AdapterError:
                pass
    if len(sys.argv) > 2:
        await client.close()

asyncio.run(main(sys.argv[1]))
"""


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def test_the_catalog_and_an_idle_client_load_nothing_heavy() -> None:
    done = _run(_LISTING)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_calls_leave_no_word_on_the_terminal() -> None:
    replies = [
        Reply(),
        Reply(status=500, content="boom"),
        Reply(status=429, content="slow"),
        Reply(raw=b'{"id": 1}'),
        Reply(hang_up=True),
    ]
    with ChatServer(lambda request: replies[request.index % 5]) as server:
        done = _run(_CALLING, server.base_url, "close")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert server.count == 6
