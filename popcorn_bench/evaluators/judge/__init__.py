"""`judge` and `judge-pairs`: a vision LLM is shown title and frames and predicts popularity."""

from popcorn_bench.evaluators.judge.pairs import JudgePairs
from popcorn_bench.evaluators.judge.single import Judge

__all__ = ["Judge", "JudgePairs"]
