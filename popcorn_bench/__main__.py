"""`python -m popcorn_bench` is `popcorn-bench`."""

from popcorn_bench.harness.cli import main

if __name__ == "__main__":
    main()
