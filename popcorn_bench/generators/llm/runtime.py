"""LiteLLM, loaded when the first call needs it, quiet and without habits of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from types import ModuleType

from popcorn_bench.generators.llm import baselines
from popcorn_bench.generators.llm.providers import BASELINES
from popcorn_bench.generators.llm.response import Response

_LOGGERS = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy")
_CLEANUP = "litellm.llms.custom_httpx.async_client_cleanup"
_LOGGING_WORKER = "litellm.litellm_core_utils.logging_worker"
_NOT_OURS = (r".*`ReadOnly` qualifier", "Pydantic serializer warnings", ".*protected namespace")
_FLUSH_SECONDS = 5
_SETTINGS: Mapping[str, object] = {
    "suppress_debug_info": True,
    "set_verbose": False,
    "telemetry": False,
    "drop_params": True,
    "num_retries": None,
    "cache": None,
}
_lock = threading.Lock()


async def load() -> ModuleType:
    """LiteLLM, ready to call; the first time takes seconds, in a thread beside the event loop."""
    return await asyncio.to_thread(_load)


def _load() -> ModuleType:
    with _lock:
        if "litellm" in sys.modules and _is_ready(sys.modules["litellm"]):
            return sys.modules["litellm"]
        # Set before the import: it would fetch the price table over the network otherwise.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        _silence()
        litellm = import_module("litellm")
        litellm.ModelResponse()  # builds its types now, while the filters of `_silence` hold
        _configure(litellm)
        return litellm


def _is_ready(litellm: ModuleType) -> bool:
    return any(item["provider"] == BASELINES for item in litellm.custom_provider_map)


def _silence() -> None:
    """Keep LiteLLM quiet from the start: it logs while it is imported."""
    for message in _NOT_OURS:
        warnings.filterwarnings("ignore", message=message)
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False


def _configure(litellm: ModuleType) -> None:
    vars(litellm).update(_SETTINGS)
    handler = litellm.CustomLLM()
    handler.acompletion = partial(_baseline, litellm)
    litellm.custom_provider_map.append({"provider": BASELINES, "custom_handler": handler})


async def _baseline(
    litellm: ModuleType,
    *,
    model: str,
    messages: Sequence[Mapping[str, str]],
    model_response: Response,
    optional_params: Mapping[str, int],
    **_: object,
) -> Response:
    """Answer as `popcorn/echo` or `popcorn/template`."""
    said = [m["content"] for m in messages if m["role"] == "user"]
    seed, title_max = optional_params["seed"], optional_params["title_max"]
    text = baselines.write(model, said[-1] if said else "", seed, title_max)
    model_response.choices[0].message.content = text
    model_response.usage = litellm.Usage()
    return model_response


async def close() -> None:
    """Finish LiteLLM's own tasks and close its connections; nothing to do if it never loaded."""
    if "litellm" not in sys.modules:
        return
    worker = import_module(_LOGGING_WORKER).GLOBAL_LOGGING_WORKER
    with suppress(TimeoutError):
        await asyncio.wait_for(worker.flush(), _FLUSH_SECONDS)
    await worker.stop()
    await import_module(_CLEANUP).close_litellm_async_clients()
    # A closed client would be found again by the next user of this event loop.
    sys.modules["litellm"].in_memory_llm_clients_cache.flush_cache()
