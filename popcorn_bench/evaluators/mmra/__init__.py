"""`mmra`: how many comments a micro-video would draw, by title, frames and similar human videos.

After "Predicting Micro-video Popularity via Multi-modal Retrieval Augmentation" (SIGIR 2024); see
docs/mmra.md. Cheap to import: torch and transformers are loaded when an `Mmra` is built.
"""

from popcorn_bench.evaluators.mmra.evaluator import Mmra

__all__ = ["Mmra"]
