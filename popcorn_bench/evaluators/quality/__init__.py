"""`quality`: what a clip is like, measured from its decoded frames.

It describes and does not judge: nothing here says how popular or how beautiful a clip is.
"""

from popcorn_bench.evaluators.quality.evaluator import Quality

__all__ = ["Quality"]
