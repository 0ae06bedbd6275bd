"""Joining results folders: a merged folder is the union of their journal files and artefacts."""

from popcorn_bench.results.merging.merge import Merged, merge

__all__ = ["Merged", "merge"]
