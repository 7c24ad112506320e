"""MiniMap: the whole network in small, with a frame around what is seen; a drag in it moves the view."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.canvas.area import CanvasArea
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.theme import SMALL_RADIUS, theme, theme_switch

SIZE = QSize(168, 108)
PADDING = 8.0
FAR = 40.0
"""Free scene around the network that the map shows, in pixels of the scene."""
VEIL = 0.12
"""Opacity of the tint over what is seen."""


class MiniMap(QWidget):
    """Floats over the canvas while the network is larger than the view."""

    moved = Signal()
    """Somebody moves the view with it."""

    def __init__(self, scene: CanvasScene, area: CanvasArea, host: QWidget) -> None:
        super().__init__(host)
        self._scene = scene
        self._area = area
        self._grasp: QPointF | None = None
        self._picture = QPixmap()
        self._made_for: tuple[object, ...] = ()
        self.setFixedSize(SIZE)
        self.setAccessibleName("Mini-map")
        self.setToolTip("The whole network: drag to move the view")
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.hide()
        for bar in (area.horizontalScrollBar(), area.verticalScrollBar()):
            bar.valueChanged.connect(self.update)
        area.zoom_changed.connect(self.update)
        scene.open_project.changed.connect(self.update)
        scene.open_project.selection_changed.connect(self.update)
        theme_switch().changed.connect(self.update)

    def is_needed(self) -> bool:
        """Whether some of the network is out of view."""
        covered = self._scene.covered_rect()
        seen = self._area.mapFromScene(covered).boundingRect()
        return not covered.isEmpty() and not self._area.viewport().rect().adjusted(-1, -1, 1, 1).contains(seen)

    def place_of(self, at: QPointF) -> QPointF:
        """Where a scene position lies on the map."""
        shown, room, scale = self._geometry()
        return room.center() + (at - shown.center()) * scale

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grasp the frame, or bring it to the mouse."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        at = self._to_scene(event.position())
        seen = self._area.visible_rect()
        self._grasp = seen.center() - at if seen.contains(at) else QPointF()
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The view follows the mouse."""
        if self._grasp is not None:
            self.moved.emit()
            self._area.centerOn(self._to_scene(event.position()) + self._grasp)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grasp = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The network, drawn anew only when it is another, and the frame."""
        selection, shown, ratio = self._scene.open_project.selection, self._geometry()[0], self.devicePixelRatioF()
        wanted = (self._scene.arrangement, selection, theme().name, ratio, shown)
        if wanted != self._made_for:
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._picture)
            self._paint_network(inner)
            inner.end()
            self._made_for = wanted
        painter = QPainter(self)
        painter.drawPixmap(QPointF(), self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(QRectF(self.rect()).adjusted(2, 2, -2, -2))
        self._paint_frame(painter)

    def _to_map(self, painter: QPainter) -> None:
        """From here on in coordinates of the scene, within the map."""
        shown, room, scale = self._geometry()
        painter.setClipRect(QRectF(self.rect()).adjusted(2, 2, -2, -2))
        painter.translate(room.center())
        painter.scale(scale, scale)
        painter.translate(-shown.center())

    def _paint_network(self, painter: QPainter) -> None:
        """Wires, cards in the colours of their families, and notes."""
        now = theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(now.color("line"), 1))
        painter.setBrush(now.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), SMALL_RADIUS, SMALL_RADIUS)
        self._to_map(painter)
        pen = QPen(now.color("strong_line"), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for link in self._scene.links.values():
            if link.isVisible():
                painter.drawPath(link.path())
        painter.setPen(Qt.PenStyle.NoPen)
        for note in self._scene.notes.items.values():
            painter.fillRect(note.rect, now.color("line"))
        selection = self._scene.open_project.selection
        for item in self._scene.cards():
            family = item.card.family
            painter.setBrush(now.family(family) if family else now.color(_token_of(item)))
            painter.setOpacity(1.0 if item.module_ids <= selection or not selection else 0.6)
            painter.drawRoundedRect(item.rect, 14, 14)

    def _paint_frame(self, painter: QPainter) -> None:
        """Around what is seen; in coordinates of the map, and no larger: to stroke what is far outside takes long."""
        seen = self._area.visible_rect()
        frame = QRectF(self.place_of(seen.topLeft()), self.place_of(seen.bottomRight()))
        veil = theme().color("accent")
        veil.setAlphaF(VEIL)
        painter.setPen(QPen(theme().color("accent"), 1.5))
        painter.setBrush(veil)
        painter.drawRect(frame.intersected(QRectF(self.rect()).adjusted(-2, -2, 2, 2)))

    def _geometry(self) -> tuple[QRectF, QRectF, float]:
        """The part of the scene on the map, the room for it, and how large it is drawn."""
        shown = self._scene.covered_rect().adjusted(-FAR, -FAR, FAR, FAR)
        room = QRectF(self.rect()).adjusted(PADDING, PADDING, -PADDING, -PADDING)
        scale = min(room.width() / max(shown.width(), 1.0), room.height() / max(shown.height(), 1.0))
        return shown, room, scale

    def _to_scene(self, place: QPointF) -> QPointF:
        shown, room, scale = self._geometry()
        return shown.center() + (place - room.center()) / scale


def _token_of(item: ModuleItem) -> str:
    """The colour of a card without a family: a folded stage has modules of several, a missing module none."""
    return "second_text" if len(item.module_ids) > 1 else "missing"
