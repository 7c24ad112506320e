"""Reach on the canvas: pointing at a number on a card, and outlines of what it sees and what it can touch."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from convnet_studio.engine.analysis.explain import Reached
from convnet_studio.engine.analysis.explanation import Place
from convnet_studio.engine.analysis.reach import Mask
from convnet_studio.engine.project.unfold import origin
from convnet_studio.ui.canvas.area import CanvasArea
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.controls.outlines import SEAM, draw_outlines
from convnet_studio.ui.pointed import Pointed

_ABOVE_CARDS = 3


class ReachOverlay(QGraphicsItem):
    """Outlines over the cards: solid what the number sees, dashed what it can touch. Paints nothing else."""

    def __init__(self, scene: CanvasScene) -> None:
        super().__init__()
        self._scene = scene
        self._reached: Reached | None = None
        self._below: list[QRectF] = []
        self._above: list[QRectF] = []
        self.setZValue(_ABOVE_CARDS)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        scene.addItem(self)

    def show_reached(self, reached: Reached | None) -> None:
        """Outline what a number sees and can touch; None: nothing."""
        if reached is None and self._reached is None:
            return
        self.prepareGeometryChange()
        self._reached = reached
        self._below = self._boxes(reached.footprint) + self._own_box(reached.place) if reached else []
        self._above = self._boxes(reached.cone, reached.place.module_id) if reached else []
        self.update()

    @property
    def boxes(self) -> tuple[list[QRectF], list[QRectF]]:
        """What is outlined, in scene coordinates: what the number sees, and what it can touch."""
        return self._below, self._above

    def _boxes(self, masks: Mapping[str, Mask], left_out: str = "") -> list[QRectF]:
        found = []
        cards = {item.card.id: item for item in self._scene.cards()}
        for module_id, mask in masks.items():
            item = cards.get(origin(module_id))
            if module_id != left_out and item is not None:
                corner = body_corner(item)
                found += [box.translated(corner) for box in item.body.boxes_of(mask)]
        return found

    def _own_box(self, place: Place) -> list[QRectF]:
        """Around a weight, where its card draws it."""
        item = next((each for each in self._scene.cards() if each.card.id == place.module_id), None)
        box = item.body.weight_box(place) if item is not None and place.name else None
        return [box.translated(body_corner(item))] if item is not None and box is not None else []

    def boundingRect(self) -> QRectF:
        """All boxes with their lines."""
        united = QRectF()
        for box in (*self._below, *self._above):
            united = united.united(box)
        return united.adjusted(-SEAM, -SEAM, SEAM, SEAM) if not united.isNull() else united

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The outlines."""
        draw_outlines(painter, self._below, self._above)


class CanvasPointing(QObject):
    """Watches the pointer over the canvas: at a number on a card it points at it, a click there keeps it.

    It only looks: the events go on to whatever else they are for.
    """

    def __init__(self, area: CanvasArea, scene: CanvasScene, pointed: Pointed) -> None:
        super().__init__(area)
        self._area, self._scene, self._pointed = area, scene, pointed
        self._pressed_at: QPoint | None = None
        area.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Never takes an event away."""
        if event.type() == QEvent.Type.Leave:
            self._pointed.hover(None)
        elif isinstance(event, QMouseEvent):
            self._follow(event)
        return False

    def _follow(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if event.type() == QEvent.Type.MouseMove and event.buttons() == Qt.MouseButton.NoButton:
            self._pointed.hover(self.place_at(self._area.mapToScene(at)))
        elif event.type() == QEvent.Type.MouseButtonPress:
            self._pressed_at = at if event.button() == Qt.MouseButton.LeftButton else None
        elif event.type() == QEvent.Type.MouseButtonRelease and self._pressed_at is not None:
            is_click = (at - self._pressed_at).manhattanLength() < QApplication.startDragDistance()
            self._pressed_at = None
            if is_click:
                self._pointed.pin(self.place_at(self._area.mapToScene(at)))

    def place_at(self, at: QPointF) -> Place | None:
        """The number at a point of the scene."""
        for item in self._scene.cards():
            if item.rect.contains(at) and item.layout.body.contains(at - item.pos()):
                return item.body.place_at(at - body_corner(item)) if item.card.shape is not None else None
        return None


def body_corner(item: ModuleItem) -> QPointF:
    """Where the live part of a card begins, in scene coordinates."""
    room, size = item.layout.body, item.body.size
    return item.pos() + QPointF(round(room.center().x() - size.width() / 2), room.top())
