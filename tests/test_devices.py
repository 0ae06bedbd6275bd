from __future__ import annotations

import pytest
import torch

from popcorn_bench.devices import device_of
from popcorn_bench.errors import UsageError


def test_the_cpu_is_there() -> None:
    assert device_of("cpu") == torch.device("cpu")


def test_auto_is_the_best_that_is_there() -> None:
    found = device_of("auto")
    assert (found.type == "cpu") == (torch.accelerator.current_accelerator(True) is None)
    torch.empty(1, device=found)


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "meta", ""])
def test_a_name_that_means_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is none of auto, cpu, cuda, cuda:N, mps"):
        device_of(name)


def test_a_gpu_that_is_not_here_is_refused() -> None:
    name = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(UsageError, match=f"{name}: no such GPU here"):
        device_of(name)
