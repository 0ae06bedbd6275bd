"""LiteLLM, loaded when the first call needs it, quiet and without habits of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import warnings
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from types import ModuleType

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
    litellm = sys.modules.get("litellm")
    if litellm is not None and _is_ready(litellm):
        return litellm
    return await asyncio.to_thread(load_now)


def load_now() -> ModuleType:
    """The same without an event loop."""
    with _lock:
        if "litellm" in sys.modules and _is_ready(sys.modules["litellm"]):
            return sys.modules["litellm"]
        # Set before the import: it would fetch the price table over the network otherwise.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        _silence()
        litellm = import_module("litellm")
        litellm.ModelResponse()  # builds its types now, while the filters of `_silence` hold
        import_module("popcorn_bench.remote.bounds").install()
        vars(litellm).update(_SETTINGS)
        return litellm


def _is_ready(litellm: ModuleType) -> bool:
    return all(vars(litellm).get(name) == value for name, value in _SETTINGS.items())


def _silence() -> None:
    """Keep LiteLLM quiet from the start: it logs while it is imported."""
    for message in _NOT_OURS:
        warnings.filterwarnings("ignore", message=message)
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False


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
