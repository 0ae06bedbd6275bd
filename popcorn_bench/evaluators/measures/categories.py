"""The categories of a set of rows that are large enough to say something about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_ROWS: Final = 20


def large(categories: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Which of the n rows each category of at least 20 rows has, [n]; by name, ascending.

    Rows whose category is empty belong to none.
    """
    import numpy as np

    names, counts = np.array(categories, dtype=object), sorted(Counter(categories).items())
    return {name: names == name for name, n in counts if name and n >= LEAST_ROWS}
