"""Tasks: YAML files of queries with their prompt templates."""
