"""Drawings of the page: places are worked out here, the templates only write them down."""
