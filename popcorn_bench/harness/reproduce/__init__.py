"""A run made again from its manifest, and what became different, stage by stage."""
