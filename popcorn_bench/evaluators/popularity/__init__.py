"""`popularity`: how many comments a micro-video's title would draw, learned from human videos.

Cheap to import: the model, numpy and LightGBM are loaded when a `Popularity` is built.
"""

from popcorn_bench.evaluators.popularity.evaluator import Popularity, PopularityDisjoint

__all__ = ["Popularity", "PopularityDisjoint"]
