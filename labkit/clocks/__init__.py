"""Read the time from pictures of a clock: the pictures, the labels, the score, the networks.

`render` and `load` make pictures; `labkit.clocks.codes` turns times into what a network can put
out, and back; `common_sense_error` and `score` say how far a reading is off. The networks are in
`labkit.clocks.networks` and, those of report B, in `labkit.clocks.reports`; both load Keras.
"""

from labkit.clocks.dial import as_text
from labkit.clocks.original import load_original
from labkit.clocks.pictures import Pictures, load, render, renderer_version
from labkit.clocks.reader import Readings, load_reader, read
from labkit.clocks.scene import ALL_LEVELS, LEVELS
from labkit.clocks.score import ClockScore, common_sense_error, score

__all__ = [
    "ALL_LEVELS",
    "LEVELS",
    "ClockScore",
    "Pictures",
    "Readings",
    "as_text",
    "common_sense_error",
    "load",
    "load_original",
    "load_reader",
    "read",
    "render",
    "renderer_version",
    "score",
]
