"""One program for each way of making the same calls; see `benchmarks/calls.py`.

Each takes an address, how many calls, and how many at once; it warms up with a few calls, so that
what is loaded at first use does not count, and prints the seconds of the rest as JSON. They run in
environments of their own and import nothing of each other.
"""
