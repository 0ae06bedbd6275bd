"""The perceptrons: one hidden layer over what the trees read, in numbers that add up exactly.

A sum of floats depends on its order, which differs between processors and batch sizes. Inputs,
weights and hidden values are multiples of small powers of two here, so that every product and sum
of the forward pass is exact in double precision, in any order: equal scores on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.popularity.blocks import Floats

_UNITS = 16
_EPOCHS = 20
_PENALTY = 3.0
_RATE = 1e-3
_BATCH = 64
_FARTHEST = 4.0  # standard deviations that count
_LARGE = 20.0  # a column of counts that reaches it is taken by its root
_INPUT, _WEIGHT, _HIDDEN = 2.0**-10, 2.0**-16, 2.0**-14
_HEAVIEST = 8.0
_SAME = 1e-9  # a column that spreads less tells nothing


@dataclass(frozen=True, slots=True)
class Scaling:
    """From the columns that the trees read to the inputs of a perceptron.

    Args:
        categories: how many there are; each is an input of its own, behind the others.
        roots: which of the f columns behind the category are taken by their square root, [f].
        means: of the columns (or their roots) in training, [f].
        scales: one over their standard deviations, [f].
    """

    categories: int
    roots: NDArray[np.bool_]
    means: Floats
    scales: Floats

    def __call__(self, columns: Floats) -> Floats:
        """Inputs of n titles, [n, f + categories]; `columns` is [n, 1 + f]."""
        values = _rooted(columns, self.roots)
        near = np.clip((values - self.means) * self.scales, -_FARTHEST, _FARTHEST)
        return np.column_stack([_steps(near, _INPUT), columns[:, :1] == np.arange(self.categories)])


@dataclass(frozen=True, slots=True)
class Perceptrons:
    """m perceptrons of u hidden units, side by side.

    Args:
        scaling: how their inputs are made.
        hidden: weights into the hidden units, [inputs, m * u].
        thresholds: biases of the hidden units, [m * u].
        output: weights out of them, [m, u].
        bias: of each perceptron, [m].
    """

    scaling: Scaling
    hidden: Floats
    thresholds: Floats
    output: Floats
    bias: Floats

    def predict(self, columns: Floats) -> Floats:
        """Predictions of each, [n, m]; `columns` as the trees read them, [n, 1 + f]."""
        units = np.maximum(self.scaling(columns) @ self.hidden + self.thresholds, 0.0)
        shaped = _steps(units, _HIDDEN).reshape(len(columns), *self.output.shape)
        found: Floats = (shaped * self.output).sum(axis=2) + self.bias
        return found


def fit_perceptrons(
    columns: Floats, labels: Floats, *, categories: int, seeds: Sequence[int]
) -> Perceptrons:
    """One perceptron per seed: Adam on squared errors, with a strong penalty on the weights.

    Args:
        columns: as the trees read them, [n, 1 + f].
        labels: [n].
        categories: how many codes column 0 has.
        seeds: m of them.
    """
    scaling = _fit_scaling(columns, categories)
    inputs, mean = scaling(columns), float(labels.mean())
    hidden, thresholds, output, bias = zip(
        *(_fit_one(inputs, labels - mean, seed) for seed in seeds), strict=True
    )
    return Perceptrons(
        scaling=scaling,
        hidden=np.hstack(hidden),
        thresholds=np.concatenate(thresholds),
        output=np.stack(output),
        bias=_steps(np.array(bias) + mean, _WEIGHT),
    )


def _fit_one(inputs: Floats, centred: Floats, seed: int) -> tuple[Floats, Floats, Floats, float]:
    from sklearn.neural_network import MLPRegressor

    network = MLPRegressor(
        hidden_layer_sizes=(_UNITS,),
        alpha=_PENALTY,
        batch_size=min(_BATCH, len(centred)),
        learning_rate_init=_RATE,
        random_state=seed,
    )
    for _ in range(_EPOCHS):
        network.partial_fit(inputs, centred)
    (hidden, output), (thresholds, bias) = network.coefs_, network.intercepts_
    return (
        _weights(hidden),
        _weights(thresholds),
        _weights(output[:, 0]),
        float(bias[0]),
    )


def _fit_scaling(columns: Floats, categories: int) -> Scaling:
    values = columns[:, 1:]
    roots = (values.min(axis=0) >= 0) & (values.max(axis=0) >= _LARGE)
    rooted = _rooted(columns, roots)
    spread = rooted.std(axis=0)
    scales = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > _SAME)
    return Scaling(categories, roots, rooted.mean(axis=0), scales)


def _rooted(columns: Floats, roots: NDArray[np.bool_]) -> Floats:
    values = columns[:, 1:].copy()
    values[:, roots] = np.sqrt(values[:, roots])
    return values


def _weights(values: Floats) -> Floats:
    return _steps(np.clip(values, -_HEAVIEST, _HEAVIEST), _WEIGHT)


def _steps(values: Floats, step: float) -> Floats:
    """Values as multiples of a power of two."""
    return np.round(values / step) * step
