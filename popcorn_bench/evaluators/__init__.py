"""Evaluators: predicted popularity and what else a micro-video can be judged by."""
