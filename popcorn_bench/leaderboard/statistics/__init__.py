"""Estimators of the board: small pure functions, each with its source."""
