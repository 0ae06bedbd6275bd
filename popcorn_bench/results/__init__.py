"""The results folder: journal, artefacts, and the DuckDB index over them."""
