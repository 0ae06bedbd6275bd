"""What evaluators have in common that learned from no corpus."""

from __future__ import annotations

from typing import ClassVar

from popcorn_bench.types import EvaluatorCard


class Untrained:
    """To inherit from: such an evaluator keeps no row of a corpus from an LLM.

    What the maker of a pretrained model showed it is not known, and not meant here.
    """

    leak_free: ClassVar[str] = ""

    @staticmethod
    def trained_on(card: EvaluatorCard) -> frozenset[str]:
        """No row of a corpus."""
        del card
        return frozenset()
