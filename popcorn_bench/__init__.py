"""popcorn-bench: which LLM and video generator make micro-videos that people would watch?"""

__version__ = "0.1.0"
