"""`alignment`: does a clip show what was asked for, by a model that reads text and pictures.

Cheap to import: torch and transformers (extra `evaluators`) are loaded when it is built.
"""

from popcorn_bench.evaluators.alignment.evaluator import Alignment

__all__ = ["Alignment"]
