"""FFmpeg filters that measure: a gray picture in, the numbers they attach to it out."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from av.video.format import VideoFormat
from numpy.typing import NDArray


class Filter:
    """One filter, fed picture by picture; all pictures have one size.

    Args:
        name: a filter of FFmpeg that attaches numbers to frames.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._graph: Graph | None = None
        self._count = 0

    def read(self, gray: NDArray[np.uint8], key: str) -> float:
        """The number named `key` for this picture, infinite or not; NaN where there is none."""
        graph = self._graph = self._graph or self._built(gray)
        frame = av.VideoFrame.from_ndarray(gray, format="gray")
        frame.pts, self._count = self._count, self._count + 1
        graph.vpush(frame)
        return float(graph.vpull().metadata.get(key, "nan"))

    def _built(self, gray: NDArray[np.uint8]) -> Graph:
        height, width = gray.shape
        graph = Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=width,
            height=height,
            format=VideoFormat("gray", width, height),
            time_base=Fraction(1, 25),  # of no consequence: these filters do not look at time
        )
        graph.link_nodes(source, graph.add(self._name), graph.add("buffersink")).configure()
        return graph
