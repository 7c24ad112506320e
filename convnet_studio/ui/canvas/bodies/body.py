"""Body: the live part of a card, the contract that the other files here fulfil."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter, QPen

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.snapshot import Snapshot, mask_of
from convnet_studio.ui.canvas.card import Card
from convnet_studio.ui.theme import theme


class Body(ABC):
    """Draws what one module computes, in its own coordinates from 0, 0 to `size`.

    Its size follows from the card alone. All work on numbers is done in `show`, once for each snapshot, so that `paint`
    only draws.
    """

    size: QSizeF
    has_words = False
    """Whether it is written: in every size of a canvas that is being scaled, letters would have to be made anew."""

    def __init__(self, card: Card, class_names: tuple[str, ...]) -> None:
        self.card = card
        self.class_names = class_names

    @abstractmethod
    def show(self, snapshot: Snapshot) -> bool:
        """Take what `snapshot` says of the module; False if it says nothing new of it."""

    @abstractmethod
    def clear(self) -> None:
        """Forget all numbers: nothing is computed here now."""

    @abstractmethod
    def paint(self, painter: QPainter) -> None:
        """Draw the numbers, hatching where there are none."""

    def recolor(self) -> None:  # noqa: B027 (most bodies look colours up while they paint)
        """Make images anew in the colours of the theme in force."""

    def index_at(self, at: QPointF) -> tuple[int, ...] | None:
        """Which number of the module's output lies at `at`; None for none in particular."""
        return None

    def place_at(self, at: QPointF) -> Place | None:
        """Which number of the module lies at `at`: of its output, unless a body draws others too."""
        index = self.index_at(at)
        return Place(self.card.id, What.OUTPUT, index) if index is not None else None

    def weight_box(self, place: Place) -> QRectF | None:
        """The box around a number that is learned; None where it is not drawn."""
        return None

    def boxes_of(self, mask: NDArray[np.bool_]) -> list[QRectF]:
        """Boxes around those of the numbers drawn that `mask`, in the output's shape, marks."""
        return []

    def tip_at(self, at: QPointF) -> str:
        """Words for what lies at `at`; empty for nothing in particular."""
        return ""

    def class_name(self, index: int) -> str:
        """What the class with number `index` is called."""
        return self.class_names[index] if 0 <= index < len(self.class_names) else str(index)

    def own_output(self, snapshot: Snapshot) -> Array | None:
        """The module's output in `snapshot`; None if it is not there or has another shape (of an earlier edit).

        Of a module that silences units in training, those it would silence in the next step are 0.
        """
        output, mask = snapshot.outputs.get(self.card.id), snapshot.outputs.get(mask_of(self.card.id))
        if output is None or output.shape != self.card.shape:
            return None
        return output * mask if mask is not None and mask.shape == output.shape else output


def hatch(painter: QPainter, rect: QRectF) -> None:
    """Mark `rect` as not computed."""
    missing = theme().color("missing")
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(missing, 1))
    painter.setBrush(QBrush(missing, Qt.BrushStyle.BDiagPattern))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    painter.restore()


def elided(metrics: QFontMetricsF, text: str, width: float) -> str:
    """`text`, with an ellipsis at its end where it is wider than `width`."""
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width + 0.5)
