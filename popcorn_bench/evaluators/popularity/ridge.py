"""Ridge regressions over the n-grams, and what they say of rows that they were not fitted on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.popularity.blocks import Entries, Floats
from popcorn_bench.evaluators.popularity.model import contributions

_FOLDS = 5
_PENALTY = 7.0


@dataclass(frozen=True, slots=True)
class Ridge:
    """Ridge regression of all targets on all blocks at once; the targets are centred."""

    entries: Mapping[str, Entries]
    matrix: Any  # scipy CSR, [n, columns of all blocks]
    centred: Floats  # [n, targets]
    means: Floats  # [targets]
    widths: Mapping[str, int]

    @classmethod
    def of(cls, entries: Mapping[str, Entries], targets: Floats) -> Ridge:
        """Prepare for `targets`, [n, targets]."""
        from scipy.sparse import csr_array, hstack

        widths = {name: int(e.columns.max(initial=-1)) + 1 for name, e in entries.items()}
        matrix = hstack(
            [
                csr_array((e.values, (e.rows, e.columns)), shape=(e.n, widths[name]))
                for name, e in entries.items()
            ],
            format="csr",
        )
        means = targets.mean(axis=0)
        return cls(entries, matrix, targets - means, means, widths)

    def solve(self, chosen: NDArray[np.bool_]) -> dict[str, NDArray[np.float16]]:
        """Coefficients per block from the chosen rows, [targets, columns].

        Half precision keeps the shipped file small; here already, so that the model in memory and
        the model on disk are one.
        """
        from sklearn.linear_model import Ridge as Solver

        solver = Solver(_PENALTY, fit_intercept=False, solver="sparse_cg", tol=1e-5)
        solver.fit(self.matrix[chosen], self.centred[chosen])
        found = np.atleast_2d(solver.coef_).astype(np.float16)
        edges = np.cumsum([0, *self.widths.values()])
        return {
            name: found[:, start:end]
            for name, start, end in zip(self.widths, edges, edges[1:], strict=False)
        }

    def held_out_parts(self, seed: int, progress: Callable[[str], None]) -> Floats:
        """What each block adds to predictions of rows that were not fitted on.

        Returns:
            [blocks, targets, n]
        """
        n, targets = self.centred.shape
        folds = np.random.default_rng(seed).permutation(n) % _FOLDS
        parts = np.zeros((len(self.entries), targets, n))
        for fold in range(_FOLDS):
            out = folds == fold
            tables = {name: found.astype(np.float64) for name, found in self.solve(~out).items()}
            parts[:, :, out] = contributions(self.entries, tables, targets)[:, :, out]
            progress(f"ridge {fold + 1}/{_FOLDS}")
        return parts
