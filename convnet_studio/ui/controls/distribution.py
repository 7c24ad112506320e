"""Distribution: what numbers a picture is made of: histogram, legend of its colours, and the usual statistics."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.histogram import Histogram
from convnet_studio.ui.controls.label import Caption
from convnet_studio.ui.controls.legend_bar import LegendBar
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.stat_row import StatRow
from convnet_studio.ui.map_images import Scale


class Distribution(QWidget):
    """Histogram and legend share one axis: the colours below are those of the bars above.

    Args:
        what: the numbers' name, such as ``Activations``.
    """

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = what
        self.caption = Caption(what)
        self.histogram = Histogram(f"Histogram of {what.lower()}")
        self.legend = LegendBar(f"Colours of {what.lower()}")
        self.stats = StatRow(f"Statistics of {what.lower()}", ("mean", "sd", "min", "max"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.caption, self.histogram, self.legend):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addWidget(self.stats)

    def show_values(self, values: Array, scale: Scale, ends: tuple[str, str] | None = None) -> None:
        """Show `values` over the axis of `scale`; `ends` are words for it where each map has its own."""
        self.histogram.show_values(values, scale.low, scale.high)
        self.legend.show_scale(scale, ends)

    def show_statistics(self, values: Array) -> None:
        """Mean, standard deviation, least and largest of the finite `values`."""
        finite = values[np.isfinite(values)]
        missing = values.size - finite.size
        self.caption.show_text(f"{self._what} · {missing:,} not finite" if missing else self._what)
        if finite.size:
            sizes = (finite.mean(dtype=np.float64), finite.std(dtype=np.float64), finite.min(), finite.max())
            self.stats.show_numbers([short(float(each)) for each in sizes])
        else:
            self.stats.show_numbers([])
