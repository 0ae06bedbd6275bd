"""inspect_ai: `eval` of a task with as many samples, its log in a folder that goes."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from importlib import import_module

os.environ["OPENAI_API_KEY"] = "none"
inspect = import_module("inspect_ai")
dataset = import_module("inspect_ai.dataset")
solver = import_module("inspect_ai.solver")


def evaluate(base_url: str, calls: int, at_once: int) -> float:
    """Seconds of one eval."""
    samples = [
        dataset.Sample(input=f"Think of a short video. Idea {number}.") for number in range(calls)
    ]
    task = inspect.Task(dataset=samples, solver=solver.generate())
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        [log] = inspect.eval(
            task, model="openai/mock", model_base_url=base_url, max_connections=at_once,
            max_samples=at_once, log_dir=folder, display="none",
            model_args={"responses_api": False},
        )  # fmt: skip
        seconds = time.perf_counter() - began
    if log.status != "success":
        raise RuntimeError(log.error)
    return seconds


def main(base_url: str, calls: int, at_once: int) -> None:
    evaluate(base_url, 4, at_once)
    print(json.dumps({"wall_s": evaluate(base_url, calls, at_once)}))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
