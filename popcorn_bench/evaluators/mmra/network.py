"""The network of MMRA (SIGIR 2024), written from its description.

With b videos, F pictures each and width d:

1. Projection: e_v = tanh(W_v V), [b, F, d]; e_t = tanh(W_t T), [b, d].
2. Attention of both signs: S = e_v e_t / sqrt(d), [b, F]; p = softmax(alpha S) and
   q = softmax(-(1 - alpha) S) over the pictures. Each side takes the other's values by these
   weights, once where title and picture agree (p) and once where they do not (q):
   t+ = e_t + sum_f p_f e_v[f], v+[f] = e_v[f] + F p_f e_t, and likewise t-, v- with q.
3. Joining: t = tanh(J_t [t+; t-]), [b, d]; v = tanh(J_v [v+; v-]), [b, F, d].
4. Attentive pooling of the pictures: a = softmax(u tanh(U v)), v = sum_f a_f v[f], [b, d].
5. The same blocks with weights of their own give t', v' from what was retrieved (see `bank.py`),
   and l = relu(W_l label), [b, d].
6. Head: [t; v; t'; v'; v v'; v t'; t v'; t t'; v l; t l], 10 d to 800 to 200 to 1 with ReLU.

There is one title vector, so weights over titles would always be 1: both directions share weights
over the pictures. The sums keep what a side was before it took from the other.
Without the visual branch t = tanh(W_t T), and the head reads t, t', t t', t l; without retrieval
it reads t, v.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import torch
from torch import Tensor, nn

from popcorn_bench.evaluators.mmra.config import Shape


class Tokens(NamedTuple):
    """Titles [b, title width] and pictures [b, F, picture width], None where they are not read."""

    titles: Tensor
    pictures: Tensor | None


class Found(NamedTuple):
    """What was retrieved for b videos, already averaged: tokens and labels [b]."""

    tokens: Tokens
    labels: Tensor


class Network(nn.Module):
    """Tokens of a video and of what it retrieved to log2(comments)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.title_scale = Scale(shape.title_width)
        self.picture_scale = Scale(shape.picture_width) if shape.visual else None
        self.label_scale = Scale(1)
        self.own = Block(shape)
        self.found = Block(shape) if shape.retrieval else None
        self.label = nn.Linear(1, shape.width) if shape.retrieval else None
        first, second = shape.hidden
        self.head = nn.Sequential(
            nn.Linear(_parts(shape) * shape.width, first),
            nn.ReLU(),
            nn.Dropout(shape.dropout),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, 1),
        )

    def adapt(self, tokens: Tokens, labels: Tensor) -> None:
        """Take mean and spread of inputs and labels from the training videos, [n, ...] each.

        Encoders differ in scale by orders of magnitude; with this, one learning rate suits them.
        """
        self.title_scale.adapt(tokens.titles)
        if self.picture_scale is not None and tokens.pictures is not None:
            self.picture_scale.adapt(tokens.pictures.flatten(0, 1))
        self.label_scale.adapt(labels.unsqueeze(1))

    def forward(self, own: Tokens, found: Found | None) -> Tensor:
        """Predicted log2(comments), [b]; `found` is None without retrieval."""
        t, v = self.own(self._scaled(own))
        parts = [t] if v is None else [t, v]
        if self.found is not None and self.label is not None and found is not None:
            t2, v2 = self.found(self._scaled(found.tokens))
            label = torch.relu(self.label(self.label_scale(found.labels.unsqueeze(1))))
            parts += _crossed(t, v, t2, v2, label)
        out: Tensor = self.head(torch.cat(parts, dim=1))
        scores: Tensor = self.label_scale.undo(out.float()).squeeze(1)
        return scores

    def _scaled(self, tokens: Tokens) -> Tokens:
        titles = self.title_scale(tokens.titles)
        if self.picture_scale is None or tokens.pictures is None:
            return Tokens(titles, None)
        return Tokens(titles, self.picture_scale(tokens.pictures))


class Block(nn.Module):
    """Steps 1 to 4: title and pictures to one vector each, [b, d]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.alpha, width = shape.alpha, shape.width
        self.dropout = nn.Dropout(shape.dropout)
        self.title = nn.Linear(shape.title_width, width)
        self.visual = shape.visual
        if self.visual:
            self.picture = nn.Linear(shape.picture_width, width)
            self.join_title = nn.Linear(2 * width, width)
            self.join_picture = nn.Linear(2 * width, width)
            self.pool = Pool(width)

    def forward(self, tokens: Tokens) -> tuple[Tensor, Tensor | None]:
        """The title's vector and the pictures', None without the visual branch."""
        title = torch.tanh(self.title(self.dropout(tokens.titles)))
        if not self.visual or tokens.pictures is None:
            return title, None
        pictures = torch.tanh(self.picture(self.dropout(tokens.pictures)))
        agreement = torch.einsum("bfd,bd->bf", pictures, title) / sqrt(title.shape[1])
        signs = (self.alpha, self.alpha - 1)
        heads = [attend(title, pictures, (sign * agreement).softmax(dim=1)) for sign in signs]
        titles, shown = zip(*heads, strict=True)
        joined = torch.tanh(self.join_title(torch.cat(titles, dim=-1)))
        seen = torch.tanh(self.join_picture(torch.cat(shown, dim=-1)))
        return joined, self.pool(seen)


class Pool(nn.Module):
    """Attentive pooling: [b, F, d] to [b, d]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Linear(width, width)
        self.outer = nn.Linear(width, 1, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Weighted mean, the weights learned."""
        weights: Tensor = self.outer(torch.tanh(self.inner(tokens))).softmax(dim=1)
        return (weights * tokens).sum(dim=1)


class Scale(nn.Module):
    """(x - mean) / spread over the last axis, the spread one for all columns; not learned.

    A spread per column would raise those that hardly vary to the rank of those that tell most.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(()))

    def adapt(self, rows: Tensor) -> None:
        """Take them from n rows, [n, width]; where nothing varies the spread stays 1."""
        rows = rows.float()
        self.mean.copy_(rows.mean(dim=0))
        spread = (rows - self.mean).square().mean().sqrt()
        if spread > 0:
            self.spread.copy_(spread)

    def forward(self, rows: Tensor) -> Tensor:
        """To mean 0 and, over all columns, spread 1."""
        return (rows.float() - self.mean) / self.spread

    def undo(self, rows: Tensor) -> Tensor:
        """Back again."""
        return rows * self.spread + self.mean


def attend(title: Tensor, pictures: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Step 2 for one sign: title [b, d], pictures [b, F, d] and weights [b, F] over the pictures.

    Returns:
        The title with what it takes from the pictures, [b, d]; each picture with its share of the
        title, [b, F, d].
    """
    told = title + torch.einsum("bf,bfd->bd", weights, pictures)
    share = weights.shape[1] * weights.unsqueeze(-1)  # 1 on average
    return told, pictures + share * title.unsqueeze(1)


def _crossed(
    t: Tensor, v: Tensor | None, t2: Tensor, v2: Tensor | None, label: Tensor
) -> list[Tensor]:
    """What retrieval adds to the head's input."""
    if v is None or v2 is None:
        return [t2, t * t2, t * label]
    return [t2, v2, v * v2, v * t2, t * v2, t * t2, v * label, t * label]


def _parts(shape: Shape) -> int:
    if shape.retrieval:
        return 10 if shape.visual else 4
    return 2 if shape.visual else 1
