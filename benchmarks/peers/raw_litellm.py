"""`litellm.acompletion` alone, with nothing around it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from importlib import import_module

litellm = import_module("litellm")


async def main(base_url: str, calls: int, at_once: int) -> None:
    limit = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        said = {"role": "user", "content": f"Think of a short video. Idea {number}."}
        async with limit:
            got = await litellm.acompletion(
                model="openai/mock", api_base=base_url, api_key="none", messages=[said],
                seed=number, max_retries=0, num_retries=0, timeout=300,
            )  # fmt: skip
        json.loads(got.choices[0].message.content)

    await asyncio.gather(*map(one, range(-4, 0)))
    began = time.perf_counter()
    await asyncio.gather(*map(one, range(calls)))
    print(json.dumps({"wall_s": time.perf_counter() - began}))
    await litellm.close_litellm_async_clients()


vars(litellm)["suppress_debug_info"] = True
asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
