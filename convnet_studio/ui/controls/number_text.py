"""Number text: how numbers are written, short in tables and exact where one was asked for."""

from __future__ import annotations

import math

import numpy as np

from convnet_studio.engine.nn.receptive_field import Field


def exact(value: float) -> str:
    """The shortest decimal that reads back as the very same float32, such as ``0.79`` or ``1.2e-05``."""
    return str(np.float32(value))


def short(value: float) -> str:
    """Three significant digits, at most seven characters, as a table has room for: ``0.0123``, ``1.2e-5``."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e4:
        decimals = min(4, max(0, 2 - math.floor(math.log10(abs(value)))))
        return f"{value:.{decimals}f}"
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}e{int(power)}"  # as scales are labelled, without e-05


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as people read it: ``8@24×24`` for maps, ``10`` for a list, ``1`` for the number of a loss."""
    if len(shape) == 3:
        return f"{shape[0]}@{shape[1]}×{shape[2]}"
    return "×".join(map(str, shape)) or "1"


def field_line(field: Field) -> str:
    """``17×17, every 2 pixels``: what of the picture one output sees, and the step to the next one."""
    if not field:
        return "not computed"
    size = "×".join(str(span.size) for span in field)
    if any(span.jump == 0 for span in field):
        return f"{size}, the same for all"
    steps = list(dict.fromkeys(str(span.jump) for span in field))
    return size if steps == ["1"] else f"{size}, every {'×'.join(steps)} pixels"
