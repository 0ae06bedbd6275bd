"""Diffusion pipelines: named in a catalog, loaded and run by one adapter."""
