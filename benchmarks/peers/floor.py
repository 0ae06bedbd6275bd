"""aiohttp alone: what one process of Python can do."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import aiohttp


async def main(base_url: str, calls: int, at_once: int) -> None:
    limit = asyncio.Semaphore(at_once)
    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(number: int) -> None:
            message = {"role": "user", "content": f"Think of a short video. Idea {number}."}
            said: dict[str, Any] = {"model": "mock", "seed": number, "messages": [message]}
            async with limit, session.post(f"{base_url}/chat/completions", json=said) as got:
                json.loads((await got.json())["choices"][0]["message"]["content"])

        await one(-1)
        began = time.perf_counter()
        await asyncio.gather(*map(one, range(calls)))
        print(json.dumps({"wall_s": time.perf_counter() - began}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
