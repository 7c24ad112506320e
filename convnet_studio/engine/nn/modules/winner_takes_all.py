"""WinnerTakesAll: only the strongest answers pass."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.footprint import POINTWISE, WHOLE, Windows
from convnet_studio.engine.nn.module import Array, Family, Module, Shape, setting


class WinnerTakesAll(Module):
    """Keeps the k largest values, unchanged, and silences the others; gradients go through the winners alone.

    Over the maps: the winners among all maps at each place, as vector quantisation and simple competing cells do. Over
    space: the winners among all places of each map. Of equal values the first wins (the map, or place row by row, of
    the lower number), so that there are always k winners; where there are at most k, all pass.
    Fukushima, Cognitron (1975); Makhzani and Frey, k-sparse and winner-take-all autoencoders (2014, 2015).
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "competition"
    formula: ClassVar = r"y_i = x_i \; [\, x_i \text{ is among the } k \text{ largest} \,]"

    winners: int = setting(1, "Winners", "How many pass: k.", minimum=1, maximum=4096)
    over: str = setting(
        "maps",
        "Over",
        "Which values compete: all maps at one place, or all places of one map.",
        choices=("maps", "space"),
    )

    def output_shape(self, shape: Shape) -> Shape:
        """As the input; the numbers of a list are maps of one place."""
        return shape

    def windows(self, shape: Shape) -> Windows | None:
        """The same place of all maps, or the whole of a map; of lists, all."""
        return POINTWISE if self.over == "maps" and len(shape) > 1 else WHOLE

    def caption(self) -> str:
        """How many win, and over what."""
        return f"{self.winners} over {self.over}"

    def maps_seen(self, shape: Shape, output: Shape) -> NDArray[np.bool_] | None:
        """Where places compete, its own alone."""
        return None if self.over == "space" else super().maps_seen(shape, output)

    def forward(self, x: Array) -> Array:
        """``(batch, c, *space)`` in, the same out."""
        competing = x.reshape(*x.shape[:2], -1)
        axis = 1 if self.over == "maps" else 2
        best = np.argsort(-competing, axis=axis, kind="stable").take(
            range(min(self.winners, competing.shape[axis])), axis
        )
        wins = np.zeros(competing.shape, bool)
        np.put_along_axis(wins, best, True, axis)
        self._wins = wins.reshape(x.shape)
        return self._wins * x

    def backward(self, grad_output: Array) -> Array:
        """∂x = ∂y at the winners, 0 elsewhere."""
        return self._wins * grad_output

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input."""
        return input_is
