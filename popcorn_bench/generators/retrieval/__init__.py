"""Prompt enhancement: human videos near a query, popular and unpopular, for the LLM to study."""
