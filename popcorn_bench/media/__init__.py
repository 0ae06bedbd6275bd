"""Media files on disk: write an MP4, read its frames, and tell what a file really holds.

What a generator left behind is not trusted: only the containers named here are opened, by a
demuxer chosen beforehand (a playlist that points elsewhere is never followed), sizes are bounded
before anything is decoded, and every packet is counted so that a cut file does not pass.
"""

from popcorn_bench.media.facts import MediaFacts, probe, read_tags
from popcorn_bench.media.frames import is_blank, read_frames
from popcorn_bench.media.opening import MAX_SIDE, check_count, opened
from popcorn_bench.media.picking import pick_frames
from popcorn_bench.media.writing import standardise, write_mp4

__all__ = [
    "MAX_SIDE",
    "MediaFacts",
    "check_count",
    "is_blank",
    "opened",
    "pick_frames",
    "probe",
    "read_frames",
    "read_tags",
    "standardise",
    "write_mp4",
]
