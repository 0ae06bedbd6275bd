"""Strengths from wins, for readers who know ratings from arenas.

A win throws away by how much: means and their rank ranges are what the board ranks by.
"""

from __future__ import annotations

from math import log

import numpy as np

from popcorn_bench.leaderboard.statistics.interval import Floats

_STEPS, _CLOSE = 10_000, 1e-12
_CENTRE, _SPREAD = 1000.0, 400.0


def wins(z: Floats, *, higher: bool = True) -> Floats:
    """How often i beats j within a query, shape (K, K); a tie is half a win for each.

    Args:
        z: shape (Q, K), finite.
        higher: whether larger values win.
    """
    signed = z if higher else -z
    difference = np.sign(signed[:, :, None] - signed[:, None, :])
    won: Floats = ((difference + 1) / 2).sum(axis=0)
    np.fill_diagonal(won, 0.0)
    return won


def bradley_terry(won: Floats) -> Floats | None:
    """Log strengths whose sum is 0: P(i beats j) = 1 / (1 + exp(s_j - s_i)).

    Maximum likelihood (Bradley and Terry, 1952) by the MM steps of Hunter ("MM algorithms for
    generalized Bradley-Terry models", 2004, section 2).

    Args:
        won: shape (K, K), `wins`.

    Returns:
        None where no estimate exists: some group of entities never lost to, or never won against,
        the others.
    """
    if not _connected(won):
        return None
    games, total = won + won.T, won.sum(axis=1)
    strength = np.ones(len(won))
    for _ in range(_STEPS):
        weights = games / (strength[:, None] + strength[None, :])
        new = total / weights.sum(axis=1)
        new /= np.exp(np.log(new).mean())
        done = float(np.abs(np.log(new / strength)).max()) < _CLOSE
        strength = new
        if done:
            break
    found: Floats = np.log(strength)
    return found


def elo(strengths: Floats) -> Floats:
    """Log strengths in the scale of chess: 400 points are odds of 10 to 1, the mean is 1000."""
    return _CENTRE + _SPREAD / log(10) * strengths


def _connected(won: Floats) -> bool:
    """Whether everyone has beaten everyone, over others if need be (Ford, 1957)."""
    reach = (won > 0) | np.eye(len(won), dtype=np.bool_)
    for _ in range(len(won)):
        reach = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
    return bool(reach.all())
