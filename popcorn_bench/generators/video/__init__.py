"""Video generators."""
