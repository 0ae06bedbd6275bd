"""Generators: LLMs that write briefs, and what makes covers and videos from them."""
