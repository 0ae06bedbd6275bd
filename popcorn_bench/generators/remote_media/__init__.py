"""Covers and clips made by services: through LiteLLM's image and video endpoints."""
