"""Footprint: which inputs an output of a module is computed from, along each axis of the maps."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Window:
    """Output i sees `size` inputs from i · stride - padding on (rounded up); those outside the maps are padding.

    Attributes:
        size: inputs seen. `padding`: how far the window of output 0 begins before input 0; parts of one as `stride`.
        stride: inputs from one output's window to the next; a part of one where outputs lie closer than inputs.
    """

    size: int = 1
    stride: int | Fraction = 1
    padding: int | Fraction = 0


Windows = tuple[Window, ...]
"""One for each axis of the maps, the same in every input and between all channels."""

POINTWISE: Windows = ()
"""Each output sees the inputs at its own place only, whatever the shape: value by value, or all channels of a place."""
WHOLE = None
"""Every output sees every input."""
