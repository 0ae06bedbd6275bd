"""One thing of each kind that popcorn-bench can be given."""
