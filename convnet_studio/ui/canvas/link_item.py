"""LinkItem: a wire, and the loose wire that is being drawn."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.theme import theme

WIDTH = 1.75
LIT_WIDTH = 2.5
PLUS_RADIUS = 10.0
OFFERED_Z = 2.0
LOOP_RADIUS = 6.0
DASHES = (4.0, 3.0)
"""Of a recurrent wire, in widths of its line: drawn, left out."""
GRASP = 12.0
"""Width of the invisible band that takes hover and click."""


class LinkItem(QGraphicsPathItem):
    """The wire of `link`; without one, a loose wire under the pointer."""

    def __init__(self, link: Link | None = None) -> None:
        super().__init__()
        self.link = link
        self._is_selected = self._is_hovered = self._is_offered = False
        self.setZValue(-1 if link else OFFERED_Z)
        self.setAcceptHoverEvents(link is not None)
        if self.is_recurrent:
            self.setToolTip("Recurrent: brings what its source put out a step of time before")

    @property
    def is_recurrent(self) -> bool:
        """Whether it carries what was a step of time before."""
        return self.link is not None and self.link.is_recurrent

    @property
    def is_selected(self) -> bool:
        """Whether Delete would remove it."""
        return self._is_selected

    @property
    def is_offered(self) -> bool:
        """Whether a module that is being dragged would be put into it."""
        return self._is_offered

    def set_selected(self, is_selected: bool) -> None:
        """Show whether Delete would remove it."""
        self._is_selected = is_selected
        self.update()

    def set_offered(self, is_offered: bool) -> None:
        """Light up while a module is held over it."""
        if is_offered != self._is_offered:
            self.prepareGeometryChange()
            self._is_offered = is_offered
            self.setZValue(OFFERED_Z if is_offered else -1)
            self.update()

    def boundingRect(self) -> QRectF:
        """Room for the wire and the plus that offers a place in it."""
        reach = PLUS_RADIUS + 2
        return self.path().boundingRect().adjusted(-reach, -reach, reach, reach)

    def shape(self) -> QPainterPath:
        """A band around the wire."""
        stroker = QPainterPathStroker()
        stroker.setWidth(GRASP)
        return stroker.createStroke(self.path())

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Light up."""
        self._is_hovered = True
        self.update()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Go back to rest."""
        self._is_hovered = False
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The wire, lit where it is selected, hovered, offered or loose."""
        is_lit = self._is_selected or self._is_hovered or self._is_offered or self.link is None
        width = LIT_WIDTH * 1.6 if self._is_offered else LIT_WIDTH if is_lit else WIDTH
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme().color("accent" if is_lit else "strong_line"), width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if self.is_recurrent:
            pen.setDashPattern(list(DASHES))
        painter.setPen(pen)
        painter.drawPath(self.path())
        if self.is_recurrent and not self._is_offered:
            self._paint_loop_arrow(painter, pen.color())
        if self._is_offered:
            self._paint_plus(painter)

    def _paint_loop_arrow(self, painter: QPainter, color: QColor) -> None:
        """Halfway: a circle that comes back to where it began, on the ground of the canvas."""
        middle = self.path().pointAtPercent(0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("canvas"))
        painter.drawEllipse(middle, LOOP_RADIUS + 3, LOOP_RADIUS + 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(color, WIDTH)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        circle = QRectF(middle.x() - LOOP_RADIUS, middle.y() - LOOP_RADIUS, 2 * LOOP_RADIUS, 2 * LOOP_RADIUS)
        painter.drawArc(circle, 16 * 60, 16 * 290)  # in 1/16 degree; open at the upper right, where the head is
        tip = middle + QPointF(LOOP_RADIUS * 0.5, -LOOP_RADIUS * 0.87)
        painter.drawLine(tip, tip + QPointF(-0.5, 4.5))
        painter.drawLine(tip, tip + QPointF(-4.5, -0.5))

    def _paint_plus(self, painter: QPainter) -> None:
        middle = self.path().pointAtPercent(0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("accent"))
        painter.drawEllipse(middle, PLUS_RADIUS, PLUS_RADIUS)
        painter.setPen(QPen(theme().color("on_accent"), 2))
        arm = PLUS_RADIUS / 2
        painter.drawLine(middle - QPointF(arm, 0), middle + QPointF(arm, 0))
        painter.drawLine(middle - QPointF(0, arm), middle + QPointF(0, arm))
