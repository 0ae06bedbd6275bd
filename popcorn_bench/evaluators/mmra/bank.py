"""The memory bank: what is known of the training videos, and an exact search over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import normalize

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.mmra.features import Features
from popcorn_bench.evaluators.mmra.network import Found, Tokens

_BLOCK: Final = 1024  # queries at once


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k most similar rows of the bank for m queries, the nearest first.

    Args:
        rows: [m, k].
        similarity: cosine, [m, k].
    """

    rows: Tensor
    similarity: Tensor

    def pick(self, at: Tensor) -> Neighbours:
        """Those of some of the queries."""
        return Neighbours(self.rows[at], self.similarity[at])


@dataclass(frozen=True, slots=True)
class Bank:
    """N videos with their labels, in half precision.

    Args:
        keys: of length 1, [N, key width].
        titles: [N, title width].
        pictures: [N, pictures, picture width], None without the visual branch.
        labels: log2(comments), [N].
    """

    keys: Tensor
    titles: Tensor
    pictures: Tensor | None
    labels: Tensor

    @classmethod
    def of(cls, features: Features, labels: Tensor, device: torch.device) -> Bank:
        """Put features and labels, [N], into a bank."""
        keys = normalize(torch.from_numpy(features.keys).to(device).float(), dim=1)
        titles = torch.from_numpy(features.titles).to(device)
        pictures = features.pictures
        shown = None if pictures is None else torch.from_numpy(pictures).to(device)
        return cls(keys.half(), titles, shown, labels.float().to(device))

    def __len__(self) -> int:
        return len(self.keys)

    def search(self, keys: Tensor, k: int, *, own: Tensor | None = None) -> Neighbours:
        """Find the k rows with the greatest cosine to each query; exact, in blocks.

        Args:
            keys: queries of any length, [m, key width].
            k: how many to find.
            own: row of the bank that each query is itself, [m]: it is not found (leave one out).

        Raises:
            UsageError: if the bank has fewer rows than that.
        """
        if len(self) < k + (own is not None):
            raise UsageError(f"{len(self)} videos to retrieve from are too few for {k} neighbours")
        memory = normalize(self.keys.float(), dim=1)
        parts = [
            _nearest(memory, part, k, None if own is None else own[start : start + _BLOCK])
            for start, part in _blocks(keys)
        ]
        rows = torch.cat([rows for rows, _ in parts])
        return Neighbours(rows, torch.cat([similarity for _, similarity in parts]))

    def recall(self, found: Neighbours) -> Found:
        """What m queries retrieve: means of their neighbours weighted by softmax(similarity)."""
        weights = found.similarity.softmax(dim=1)
        titles = torch.einsum("mk,mkd->md", weights, self.titles[found.rows].float())
        labels = (weights * self.labels[found.rows]).sum(dim=1)
        if self.pictures is None:
            return Found(Tokens(titles, None), labels)
        shown = self.pictures[found.rows].float()
        return Found(Tokens(titles, torch.einsum("mk,mkfd->mfd", weights, shown)), labels)


def _blocks(keys: Tensor) -> list[tuple[int, Tensor]]:
    """Blocks of the queries with the place of their first."""
    return [(start, keys[start : start + _BLOCK]) for start in range(0, len(keys), _BLOCK)]


def _nearest(memory: Tensor, keys: Tensor, k: int, own: Tensor | None) -> tuple[Tensor, Tensor]:
    similarity = normalize(keys.to(memory.device, torch.float32), dim=1) @ memory.T
    if own is not None:
        similarity[torch.arange(len(keys)), own] = -torch.inf
    best = similarity.topk(k, dim=1)
    return best.indices, best.values
