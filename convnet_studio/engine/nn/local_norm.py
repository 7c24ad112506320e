"""LocalNorm: the settings that the normalisations of local contrast share."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.footprint import Window, Windows
from convnet_studio.engine.nn.local_statistics import BORDERS, THRESHOLDS, LocalMean
from convnet_studio.engine.nn.module import Array, Module, Shape, setting
from convnet_studio.engine.nn.windows import check_maps


class LocalNorm(Module):
    """A normalisation by what lies around each pixel, in a Gaussian window. Works on maps of any size."""

    tangent: ClassVar[Callable[..., Array]]
    """``tangent(direction)``, after `forward`: how its output moves, to first order, while the input moves so."""

    kernel_size: int = setting(
        9, "Window", "Side of the neighbourhood in pixels, odd.", minimum=3, maximum=63, odd=True
    )
    width: float = setting(
        2.0, "Width σ", "Standard deviation of the Gaussian window in pixels.", minimum=0.5, maximum=32
    )
    border: str = setting(
        "exact",
        "Border",
        "exact: the mean of what is inside; torch: as Torch7, too faint at the border; reflect: mirror the picture.",
        choices=BORDERS,
    )
    across_maps: bool = setting(
        True, "Across maps", "One neighbourhood through all maps, as in the paper, instead of one in each map."
    )

    def output_shape(self, shape: Shape) -> Shape:
        """As the input; ShapeProblem if that is a list of numbers."""
        check_maps(type(self).__name__, shape)
        return shape

    def windows(self, shape: Shape) -> Windows:
        """The neighbourhood, along both axes."""
        return (Window(self.kernel_size, padding=self.kernel_size // 2),) * 2

    def maps_seen(self, shape: Shape, output: Shape) -> NDArray[np.bool_] | None:
        """All, or its own."""
        return super().maps_seen(shape, output) if self.across_maps else None

    def caption(self) -> str:
        """Window and width, ``9×9 σ 2``."""
        return f"{self.kernel_size}×{self.kernel_size} σ {self.width:g}"

    def neighbourhood(self) -> LocalMean:
        """The local mean of these settings."""
        return LocalMean(self.kernel_size, self.width, self.border, self.across_maps)

    def smoothing_cost(self, shape: Shape) -> int:
        """Multiply-accumulates of one local mean: a row and a column of weights at each pixel of each smoothed map."""
        channels, height, width = shape
        return 2 * self.kernel_size * height * width * (1 if self.across_maps else channels)


class DividingNorm(LocalNorm):
    """A local normalisation that divides by the spread, where that is not too small."""

    threshold: str = setting(
        "mean",
        "Smallest divisor",
        "mean: the mean of the spread over the picture; fixed: the number below.",
        choices=THRESHOLDS,
    )
    threshold_value: float = setting(
        1.0,
        "Fixed divisor",
        "Used where the smallest divisor is fixed; Torch's default is 0.0001.",
        minimum=1e-6,
        maximum=1e6,
    )

    def fixed_threshold(self) -> float | None:
        """The fixed smallest divisor; None where it is the mean of the spread."""
        return self.threshold_value if self.threshold == "fixed" else None
