"""Training the network: mean squared error, Adam, the best epoch by validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn, optim

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.mmra.bank import Bank, Neighbours
from popcorn_bench.evaluators.mmra.checkpoints import (
    Progress,
    read_checkpoint,
    read_weights,
    write_checkpoint,
    write_weights,
)
from popcorn_bench.evaluators.mmra.features import Features
from popcorn_bench.evaluators.mmra.network import Network, Tokens

_LAST, _BEST = "last.safetensors", "best.safetensors"
_EVAL_BATCH: Final = 256
_SEED_STEP: Final = 1_000_003  # epochs of neighbouring seeds share no random numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """As in the paper; `patience` is epochs without a better one before it stops."""

    epochs: int = 100
    batch: int = 64
    rate: float = 1e-4
    patience: int = 20
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """n videos as tensors on the device, with what each retrieves (None without retrieval).

    `labels` is [n].
    """

    tokens: Tokens
    labels: Tensor
    neighbours: Neighbours | None

    def __len__(self) -> int:
        return len(self.labels)

    def pick(self, at: Tensor) -> Table:
        """Some of the videos."""
        pictures = self.tokens.pictures
        tokens = Tokens(self.tokens.titles[at], None if pictures is None else pictures[at])
        neighbours = None if self.neighbours is None else self.neighbours.pick(at)
        return Table(tokens, self.labels[at], neighbours)


def table(features: Features, labels: Tensor, neighbours: Neighbours | None, bank: Bank) -> Table:
    """Bring the features of n videos to the bank's device."""
    device = bank.keys.device
    pictures = features.pictures
    shown = None if pictures is None else torch.from_numpy(pictures).to(device)
    tokens = Tokens(torch.from_numpy(features.titles).to(device), shown)
    return Table(tokens, labels.float().to(device), neighbours)


@torch.inference_mode()
def predict(network: Network, bank: Bank, videos: Table) -> Tensor:
    """Predicted log2(comments) of n videos, [n]."""
    network.eval()
    rows = torch.arange(len(videos), device=videos.labels.device)
    parts = [_forward(network, bank, videos.pick(at)) for at in _parts(rows, _EVAL_BATCH)]
    return torch.cat(parts) if parts else torch.empty(0)


def fit(  # noqa: PLR0913 - what is trained, on what, how, where
    network: Network,
    bank: Bank,
    train: Table,
    valid: Table,
    settings: FitSettings,
    *,
    folder: Path,
    training: str,
    resume: bool,
    progress: Callable[[str], None],
) -> Progress:
    """Train; leave the network with the weights of the best epoch.

    A checkpoint is written after every epoch. Resumed, it goes on as if it had never stopped: the
    order of an epoch and its dropout depend on seed and epoch alone.

    Args:
        network: on the device of the bank, its scales adapted.
        bank: what is retrieved from.
        train: videos to learn from.
        valid: videos to choose the epoch by.
        settings: how.
        folder: for the checkpoints.
        training: fingerprint of data and settings (see `checkpoints.Progress`).
        resume: go on where the folder's checkpoint is, if there is one.
        progress: called with one line after each epoch.

    Raises:
        UsageError: if the checkpoint is of another training, or the error is no number.
    """
    adam = optim.Adam(network.parameters(), lr=settings.rate)
    state = _start(network, adam, folder, training, resume=resume)
    while state.epoch < settings.epochs and state.epoch - state.best_epoch < settings.patience:
        learned = _epoch(network, bank, train, adam, settings, state.epoch)
        error = float((predict(network, bank, valid) - valid.labels).square().mean())
        state = state.after(_finite(error))
        if state.best_epoch == state.epoch:
            write_weights(network, folder / _BEST)
        write_checkpoint(network, adam, state, folder / _LAST)
        progress(f"epoch {state.epoch}: MSE {learned:.4f} in training, {error:.4f} on validation")
    read_weights(network, folder / _BEST)
    return state


def _start(
    network: Network, adam: optim.Adam, folder: Path, training: str, *, resume: bool
) -> Progress:
    folder.mkdir(parents=True, exist_ok=True)
    if not (resume and (folder / _LAST).exists()):
        return Progress(training=training)
    state = read_checkpoint(network, adam, folder / _LAST)
    if state.training != training:
        raise UsageError(
            f"--resume: {folder} holds a training with other data or settings; "
            "give another --out or leave --resume away"
        )
    return state


def _epoch(  # noqa: PLR0913, PLR0917 - the parts of one step
    network: Network, bank: Bank, train: Table, adam: optim.Adam, settings: FitSettings, epoch: int
) -> float:
    """One pass over the training videos; its mean squared error."""
    network.train()
    total = torch.zeros((), device=train.labels.device)
    with torch.random.fork_rng(_cuda(train.labels.device)):
        torch.manual_seed(settings.seed * _SEED_STEP + epoch)
        for at in _parts(torch.randperm(len(train)), settings.batch):
            part = train.pick(at.to(train.labels.device))
            with _mixed(part.labels.device):
                found = _forward(network, bank, part)
            loss = nn.functional.mse_loss(found, part.labels)
            adam.zero_grad()
            torch.autograd.backward(loss)
            adam.step()
            total += loss.detach() * len(part)
    return float(total) / len(train)


def _forward(network: Network, bank: Bank, videos: Table) -> Tensor:
    found = None if videos.neighbours is None else bank.recall(videos.neighbours)
    out: Tensor = network(videos.tokens, found)
    return out


def _parts(rows: Tensor, size: int) -> Iterator[Tensor]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _mixed(device: torch.device) -> AbstractContextManager[object]:
    """Half precision where the GPU has bfloat16, whose range needs no scaling of the loss."""
    use = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=use)


def _cuda(device: torch.device) -> list[torch.device]:
    return [device] if device.type == "cuda" else []


def _finite(error: float) -> float:
    if error != error or error == float("inf"):  # noqa: PLR0124 - not a number
        raise UsageError("the error became no finite number: try a smaller --lr")
    return error
