"""The state of a training after an epoch, in one file of safetensors that appears at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from torch import Tensor, nn, optim

from popcorn_bench.errors import UsageError

_STATE: Final = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a training is.

    Args:
        training: fingerprint of all that decides its result but how many epochs it may take.
        epoch: the last that is done, from 1.
        best_epoch: the one with the least error on the validation videos.
        errors: mean squared error on the validation videos after each epoch.
    """

    training: str
    epoch: int = 0
    best_epoch: int = 0
    errors: list[float] = field(default_factory=list)

    def after(self, error: float) -> Progress:
        """One epoch later."""
        errors, epoch = [*self.errors, error], self.epoch + 1
        best = epoch if error < min(self.errors, default=float("inf")) else self.best_epoch
        return Progress(training=self.training, epoch=epoch, best_epoch=best, errors=errors)


def write_weights(network: nn.Module, path: Path) -> None:
    """Write a network's weights; equal weights give equal bytes."""
    _write({name: t.detach().cpu() for name, t in network.state_dict().items()}, path, {})


def read_weights(network: nn.Module, path: Path) -> None:
    """Read a network's weights.

    Raises:
        UsageError: if the file is not there, damaged or of another shape.
    """
    tensors, _ = _read(path)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise UsageError(f"{path}: weights of another shape") from error


def write_checkpoint(network: nn.Module, adam: optim.Adam, progress: Progress, path: Path) -> None:
    """Write weights, moments of Adam, and how far the training is."""
    tensors = {f"network/{name}": t.detach().cpu() for name, t in network.state_dict().items()}
    for number, moments in adam.state_dict()["state"].items():
        tensors |= {f"adam/{number}/{name}": t.detach().cpu() for name, t in moments.items()}
    _write(tensors, path, {_STATE: json.dumps(asdict(progress))})


def read_checkpoint(network: nn.Module, adam: optim.Adam, path: Path) -> Progress:
    """Bring network and optimiser to where a checkpoint left them.

    Raises:
        UsageError: if the file is not there or damaged.
    """
    tensors, metadata = _read(path)
    try:
        progress = Progress(**json.loads(metadata[_STATE]))
        network.load_state_dict(_under("network/", tensors))
        adam.load_state_dict({**adam.state_dict(), "state": _moments(tensors)})
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise UsageError(f"{path}: no checkpoint of this training") from error
    return progress


def _moments(tensors: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in _under("adam/", tensors).items():
        number, _, name = key.partition("/")
        state.setdefault(int(number), {})[name] = tensor
    return state


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): t for k, t in tensors.items() if k.startswith(prefix)}


def _write(tensors: Mapping[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    from safetensors.torch import save_file

    part = path.with_suffix(".part")
    save_file({name: t.contiguous() for name, t in tensors.items()}, part, metadata)
    part.replace(path)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    opener: Any = safe_open  # not typed
    try:
        with opener(path, framework="pt") as file:
            names, metadata = list(file.keys()), file.metadata() or {}
            return {name: file.get_tensor(name) for name in names}, metadata
    except (OSError, SafetensorError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
