"""PortItem: the ring at a card's edge where wires end."""

from __future__ import annotations

import enum
import functools
import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from convnet_studio.ui.pictures.vector import is_vector
from convnet_studio.ui.theme import Theme, load_theme, theme

RADIUS = 5.0
GROWN_RADIUS = 7.5
SMALLEST_SCALE = 0.35
"""Of a canvas on which a ring is more than a speck."""
RING_REACH = GROWN_RADIUS + 2
"""How far from its centre a ring is drawn."""
REACH = 12.0
"""How far from its centre a port can be grasped."""
_ROOM = QRectF(-REACH, -REACH, 2 * REACH, 2 * REACH)


class PortState(enum.Enum):
    """How a port looks while a wire is being drawn."""

    QUIET = enum.auto()
    COMPATIBLE = enum.auto()
    TARGET = enum.auto()
    INCOMPATIBLE = enum.auto()


class PortHolder(QGraphicsItem):
    """A card, which draws its ports with itself."""

    def renew(self) -> None:
        """Something of it that is still looks different now."""
        raise NotImplementedError


class PortItem(QGraphicsItem):
    """One port of the module `module_id`: input number `index`, or the output where `index` is None."""

    def __init__(self, module_id: str, index: int | None, parent: PortHolder) -> None:
        super().__init__(parent)
        self.module_id = module_id
        self.index = index
        self._state = PortState.QUIET
        self._is_hovered = False
        self._is_wired = False
        self.setAcceptHoverEvents(True)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
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
            self._renew()

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
        return QRectF(_ROOM)

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Grow."""
        self._is_hovered = True
        self._renew()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Shrink."""
        self._is_hovered = False
        self._renew()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Nothing: its card draws it, so that Qt has one item to paint in place of three."""

    def draw(self, painter: QPainter) -> None:
        """The ring, by a painter of its card: grown and lit where a wire fits, faded where none does."""
        scale = painter.worldTransform().m11()
        if scale < SMALLEST_SCALE:
            return
        painter.save()
        painter.translate(self.pos())
        self._draw_at_origin(painter, scale)
        painter.restore()

    def _renew(self) -> None:
        card = self.parentItem()
        assert isinstance(card, PortHolder)
        card.renew()

    def _draw_at_origin(self, painter: QPainter, scale: float) -> None:
        quiet = "accent" if self._is_hovered else "strong_line"
        line, fill = (quiet, "surface") if self._state is PortState.QUIET else _COLORS[self._state]
        is_grown = self._is_hovered or self._state in (PortState.COMPATIBLE, PortState.TARGET)
        radius = GROWN_RADIUS if is_grown else RADIUS
        if is_vector(painter):
            _draw_ring(painter, theme(), line, fill, radius)
            return
        device = painter.device()
        sharpness = scale * (device.devicePixelRatioF() if device else 1.0)
        ring = _ring(theme().name, line, fill, radius, round(sharpness * 8) / 8)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(_ROOM, ring, QRectF(ring.rect()))


_COLORS = {
    PortState.COMPATIBLE: ("accent", "accent_soft"),
    PortState.TARGET: ("accent", "accent"),
    PortState.INCOMPATIBLE: ("line", "surface"),
}
"""Of line and ground."""


@functools.lru_cache(maxsize=256)
def _ring(theme_name: str, line: str, fill: str, radius: float, sharpness: float) -> QPixmap:
    """A ring in a picture of a port's size: all ports look alike, and there are hundreds of them."""
    side = math.ceil(2 * REACH * max(sharpness, 0.125))
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.scale(side / (2 * REACH), side / (2 * REACH))
    painter.translate(REACH, REACH)
    _draw_ring(painter, load_theme(theme_name), line, fill, radius)
    painter.end()
    return pixmap


def _draw_ring(painter: QPainter, colors: Theme, line: str, fill: str, radius: float) -> None:
    """A ring around the origin."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colors.color(line), 1.75))
    painter.setBrush(colors.color(fill))
    painter.drawEllipse(QRectF(-radius, -radius, 2 * radius, 2 * radius))
