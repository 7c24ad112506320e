"""Meaning: in which colours the numbers of a bench's picture are drawn, by what they mean."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.color_scope import largest_of_all, scale_up_to
from convnet_studio.ui.map_images import Scale

SIZE, PICTURE = "size", "picture"


def scale_for(arrays: Iterable[Array], meaning: str) -> Scale:
    """One scale for all: signed colours about 0, sizes from 0 on, pictures from black to white, or wider where needed.

    Raises:
        ValueError: one sentence, for a meaning that there is not.
    """
    told = [np.asarray(each, np.float64) for each in arrays]
    most = largest_of_all(told)
    if meaning == PICTURE:
        has_shadow = any(bool((each[np.isfinite(each)] < 0).any()) for each in told)
        return Scale(PICTURE, -max(1.0, most) if has_shadow else 0.0, max(1.0, most))
    if meaning == SIZE:
        return scale_up_to(most, "non_negative")
    if meaning not in ("activation", "weight", "gradient"):
        raise ValueError(f"A picture means {meaning!r}: picture, activation, weight, gradient or size would be right.")
    return scale_up_to(most, meaning)
