"""Ribbon: the chain rule of one module as matrices with their sizes: row vector = row vector × Jacobian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Kind, Move, Slot, Walk
from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.backprop.words import number, slot_name
from convnet_studio.ui.canvas.bodies.body import hatch
from convnet_studio.ui.controls.color_scope import largest, scale_up_to
from convnet_studio.ui.map_images import Tiling, sheet_image
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

MOST_ENTRIES = 20_000
"""Of a Jacobian that is computed; of a larger one the sizes are shown."""
_MOST_ROWS = 300
_HEIGHT = 148
_SIGN = 28
_NARROWEST = 232
_WRITTEN_ROWS, _WRITTEN_COLUMNS = 4, 3
_CELL = QSizeF(52, 18)
_LEAST, _MOST, _LARGEST_ENTRY = 8.0, 100.0, 12.0


@dataclass(frozen=True, eq=False)
class Product:
    """``left = right × jacobian``: names and sizes, and the numbers where they are known (None: not computed)."""

    left_name: str
    right_name: str
    jacobian_name: str
    rows: int
    columns: int
    left: Array | None = None
    right: Array | None = None
    jacobian: Array | None = None

    @property
    def sentence(self) -> str:
        """The same in one line."""
        note = "; this Jacobian is too large to be computed here" if is_too_large(self.rows, self.columns) else ""
        return (
            f"{self.left_name} (1 × {self.columns:,}) = {self.right_name} (1 × {self.rows:,}) "
            f"× {self.jacobian_name} ({self.rows:,} × {self.columns:,}){note}"
        )


def is_too_large(rows: int, columns: int) -> bool:
    """Whether a Jacobian of this size takes too long to be computed at each step."""
    return rows * columns > MOST_ENTRIES or rows > _MOST_ROWS


def product_of(stepper: Stepper, walk: Walk, move: Move, wanted: Slot | None) -> Product | None:
    """The chain rule of a module, by its first input, or by what `wanted` is the gradient by.

    The Jacobian is its own backward of one unit vector after the other; it is there once the module was forward.
    """
    back = Move(move.module, False)
    if back not in stepper.moves:
        return None
    results = stepper.results(back)
    slot = wanted if wanted in results else results[0]
    out, arrived = Slot(Kind.OUT, move.module), Slot(Kind.GRAD_OUT, move.module)
    rows, columns = stepper.size(out), stepper.size(slot)
    by = str(slot.key) if slot.kind is Kind.GRAD_PARAMETER else "in"
    right = walk.values.get(arrived) if stepper.known(walk, arrived) == rows else None
    left = walk.values.get(slot) if stepper.known(walk, slot) == columns else None
    jacobian = None
    is_forward = stepper.known(walk, out) == rows and not walk.stale
    if not is_too_large(rows, columns) and is_forward and slot.kind is not Kind.GRAD_OUT:
        with np.errstate(all="ignore"):
            jacobian = stepper.slopes(walk.values, move.module).jacobian(slot.key)
    names = slot_name(slot, len(stepper.nodes[move.module].sources)), "gradOut", f"∂out/∂{by}"
    return Product(*names, rows, columns, left, right, jacobian)


class Ribbon(QWidget):
    """Paints a product; as numbers where they are few, else as colours."""

    def __init__(self) -> None:
        super().__init__()
        self.product: Product | None = None
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(_NARROWEST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Chain rule of the module")
        theme_switch().changed.connect(self.update)

    def show_product(self, product: Product | None) -> None:
        """Show this one (None: nothing)."""
        self.product = product
        self.setAccessibleDescription(product.sentence if product else "")
        self.setToolTip(product.sentence if product else "")
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(360, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """left = right × matrix, each with its name above and its size below."""
        if self.product is None:
            return
        painter, one = QPainter(self), self.product
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = 8.0
        x = self._paint_matrix(painter, x, one.left_name, (1, one.columns), one.left, "gradient")
        x = self._paint_sign(painter, x, "=")
        x = self._paint_matrix(painter, x, one.right_name, (1, one.rows), one.right, "gradient")
        x = self._paint_sign(painter, x, "×")
        self._paint_matrix(painter, x, one.jacobian_name, (one.rows, one.columns), one.jacobian, "weight")

    def _paint_sign(self, painter: QPainter, x: float, sign: str) -> float:
        painter.setFont(text_font(16))
        painter.setPen(theme().color("second_text"))
        painter.drawText(QRectF(x, 20, _SIGN, _HEIGHT - 44), Qt.AlignmentFlag.AlignCenter, sign)
        return x + _SIGN

    def _paint_matrix(
        self, painter: QPainter, x: float, name: str, shape: tuple[int, int], values: Array | None, map_name: str
    ) -> float:
        """A matrix in the middle of the height; where it ends."""
        rows, columns = shape
        most = min(_MOST, (self.width() - 2 * _SIGN) / 3 - 16)
        entry = min(_LARGEST_ENTRY, most / max(rows, columns))
        is_written = rows <= _WRITTEN_ROWS and columns <= _WRITTEN_COLUMNS
        size = (
            QSizeF(columns * _CELL.width(), rows * _CELL.height())
            if is_written
            else QSizeF(max(_LEAST, entry * columns), max(_LEAST, entry * rows))
        )
        words = f"{rows:,} × {columns:,}"
        width = max(size.width(), painter.fontMetrics().horizontalAdvance(words), 52.0)
        middle = QPointF(x + (width - size.width()) / 2, 20 + (_HEIGHT - 44 - size.height()) / 2)
        place = QRectF(middle, size)
        if values is None:
            hatch(painter, place)
        else:
            self._paint_numbers(painter, place, values.reshape(shape), map_name, is_written)
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        painter.drawText(QRectF(x - 8, 0, width + 16, 16), Qt.AlignmentFlag.AlignCenter, name)
        painter.setFont(number_font(11))
        painter.drawText(QRectF(x - 8, _HEIGHT - 20, width + 16, 16), Qt.AlignmentFlag.AlignCenter, words)
        return x + width

    def _paint_numbers(self, painter: QPainter, place: QRectF, values: Array, map_name: str, is_written: bool) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color("strong_line"), 1))
        if not is_written:
            draw_cells(painter, place, _image(values, map_name))
            painter.drawRect(place.adjusted(-1, -1, 1, 1))
            return
        painter.drawRoundedRect(place, 3, 3)
        painter.setFont(number_font(11))
        painter.setPen(theme().color("text"))
        for (row, column), value in np.ndenumerate(values):
            corner = place.topLeft() + QPointF(column * _CELL.width(), row * _CELL.height())
            painter.drawText(QRectF(corner, _CELL), Qt.AlignmentFlag.AlignCenter, number(float(value)))


def _image(values: Array, map_name: str) -> QImage:
    return sheet_image(
        values[None], Tiling(1, values.shape[0], values.shape[1], 1, 0), [scale_up_to(largest(values), map_name)]
    )
