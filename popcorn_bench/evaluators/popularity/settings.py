"""What is fixed about the shipped predictor."""

from __future__ import annotations

from pathlib import Path

VERSION = "1"  # a change that alters any score gets another
SHIPPED = Path(__file__).parents[1] / "weights" / "popularity.npz"
