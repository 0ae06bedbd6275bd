"""Definitions as journal records, so that every journal file explains itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from popcorn_bench.fingerprint import evaluator_id, generator_id, llm_id, mode_id
from popcorn_bench.types import JSON, LLM, EvaluatorCard, Generator, Mode, Place, Query


def task_record(  # noqa: PLR0913 - one per column
    *,
    task_id: str,
    name: str,
    version: str,
    metrics: Sequence[str],
    metadata: Mapping[str, JSON],
    queries: Iterable[Query],
) -> dict[str, Any]:
    """The definition of a task with its queries."""
    return {
        "t": "task",
        "data": {
            "task_id": task_id,
            "name": name,
            "version": version,
            "metrics": list(metrics),
            "metadata": metadata,
        },
        "queries": [
            {"query_id": q.id, "text": q.text, "kind": q.kind, "topic": q.topic} for q in queries
        ],
    }


def llm_record(llm: LLM) -> dict[str, Any]:
    """The definition of an LLM."""
    return {"t": "llm", "data": {"llm_id": llm_id(llm), **asdict(llm)}}


def mode_record(mode: Mode) -> dict[str, Any]:
    """The definition of a mode."""
    return {"t": "mode", "data": {"mode": mode_id(mode), **asdict(mode)}}


def generator_record(generator: Generator) -> dict[str, Any]:
    """The definition of a video generator."""
    card = asdict(replace(generator, hints={}))  # which may name folders of this machine
    del card["hints"]
    return {"t": "generator", "data": {"video_id": generator_id(generator), **card}}


def evaluator_record(card: EvaluatorCard) -> dict[str, Any]:
    """The definition of an evaluator with its metrics and anchors."""
    return {
        "t": "evaluator",
        "data": {
            "evaluator_id": evaluator_id(card),
            "name": card.name,
            "version": card.version,
            "weights": card.weights,
            "settings": card.settings,
            "validity": card.validity,
            "inputs": card.inputs,
            "sees_video": card.sees_video,
        },
        "metrics": [asdict(metric) for metric in card.metrics],
        "anchors": [asdict(anchor) for anchor in card.anchors],
    }


def leak_record(mode: Mode, card: EvaluatorCard, rows: int) -> dict[str, Any]:
    """How many rows an evaluator was trained on that an LLM may be shown in a mode."""
    leak = {"mode": mode_id(mode), "evaluator_id": evaluator_id(card), "rows": rows}
    return {"t": "leak", "data": leak}


def plan_record(
    cells: Iterable[Place], repeats: int, queries: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """What a run is to fill: cells (places without a query), and query ids by task id."""
    return {
        "t": "plan",
        "cells": [
            {
                "task_id": place.task_id,
                "llm_id": place.llm_id,
                "video_id": place.video_id,
                "mode": place.mode,
                "evaluator_id": place.evaluator_id,
                "seed": place.seed,
                "repeats": repeats,
            }
            for place in cells
        ],
        "queries": queries,
    }
