"""Calls to models through LiteLLM: set-up, keys, prices, and what may go wrong."""
