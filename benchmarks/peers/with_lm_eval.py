"""lm-eval: `generate_until` of its chat model, without a task around it."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module

os.environ["OPENAI_API_KEY"] = "none"
models = import_module("lm_eval.models.openai_completions")
instances = import_module("lm_eval.api.instance")


def main(base_url: str, calls: int, at_once: int) -> None:
    model = models.LocalChatCompletion(
        base_url=f"{base_url}/chat/completions", model="mock", tokenizer_backend=None,
        tokenized_requests=False, num_concurrent=at_once, max_retries=1,
    )  # fmt: skip

    def ask(numbers: range) -> None:
        requests = [_instance(model, number) for number in numbers]
        if len(model.generate_until(requests, disable_tqdm=True)) != len(numbers):
            raise RuntimeError("answers are missing")

    ask(range(-4, 0))
    began = time.perf_counter()
    ask(range(calls))
    print(json.dumps({"wall_s": time.perf_counter() - began}))


def _instance(model: object, number: int) -> object:
    chat = [{"role": "user", "content": f"Think of a short video. Idea {number}."}]
    said = model.apply_chat_template(chat)  # type: ignore[attr-defined]  # lm-eval is not here
    return instances.Instance(
        request_type="generate_until", doc={}, arguments=(said, {"until": [], "max_gen_toks": 256}),
        idx=number,
    )  # fmt: skip


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
