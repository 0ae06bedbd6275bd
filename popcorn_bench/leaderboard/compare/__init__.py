"""Two runs, folders or models held against each other, query by query."""
