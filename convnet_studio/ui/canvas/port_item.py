"""PortItem: the ring at a card's edge where wires end."""

from __future__ import annotations

import enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from convnet_studio.ui.theme import theme

RADIUS = 5.0
GROWN_RADIUS = 7.5
REACH = 12.0
"""How far from its centre a port can be grasped."""


class PortState(enum.Enum):
    """How a port looks while a wire is being drawn."""

    QUIET = enum.auto()
    COMPATIBLE = enum.auto()
    TARGET = enum.auto()
    INCOMPATIBLE = enum.auto()


class PortItem(QGraphicsItem):
    """One port of the module `module_id`: input number `index`, or the output where `index` is None."""

    def __init__(self, module_id: str, index: int | None, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.module_id = module_id
        self.index = index
        self._state = PortState.QUIET
        self._is_hovered = False
        self._is_wired = False
        self.setAcceptHoverEvents(True)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setToolTip("Output: drag a wire from here" if index is None else "Input: drag a wire here")

    @property
    def is_output(self) -> bool:
        """Whether wires start here."""
        return self.index is None

    @property
    def state(self) -> PortState:
        """How it looks."""
        return self._state

    def set_state(self, state: PortState) -> None:
        """Look so."""
        if state is not self._state:
            self._state = state
            self.update()

    def set_wired(self, is_wired: bool) -> None:
        """Leave what lies outside the ring to the wire that ends here, so that a short wire can be grasped too."""
        if is_wired != self._is_wired:
            self.prepareGeometryChange()
            self._is_wired = is_wired

    def is_grasped_at(self, at: QPointF) -> bool:
        """Whether the scene position `at` means this port."""
        return self.shape().contains(at - self.scenePos())

    def shape(self) -> QPainterPath:
        """Where it can be grasped: all around, but not on its wire."""
        outside = RADIUS + 1 if self._is_wired else REACH
        left, right = (REACH, outside) if self.is_output else (outside, REACH)
        path = QPainterPath()
        path.addRect(QRectF(-left, -REACH, left + right, 2 * REACH))
        return path

    def boundingRect(self) -> QRectF:
        """Room for the grown ring."""
        return QRectF(-REACH, -REACH, 2 * REACH, 2 * REACH)

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Grow."""
        self._is_hovered = True
        self.update()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Shrink."""
        self._is_hovered = False
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The ring: grown and lit where a wire fits, faded where none does."""
        now = theme()
        line, fill = {
            PortState.QUIET: ("accent" if self._is_hovered else "strong_line", "surface"),
            PortState.COMPATIBLE: ("accent", "accent_soft"),
            PortState.TARGET: ("accent", "accent"),
            PortState.INCOMPATIBLE: ("line", "surface"),
        }[self._state]
        is_grown = self._is_hovered or self._state in (PortState.COMPATIBLE, PortState.TARGET)
        radius = GROWN_RADIUS if is_grown else RADIUS
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(now.color(line), 1.75))
        painter.setBrush(now.color(fill))
        painter.drawEllipse(QRectF(-radius, -radius, 2 * radius, 2 * radius))
