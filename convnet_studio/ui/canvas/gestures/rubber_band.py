"""RubberBand: a drag over empty canvas selects every card and note that it touches."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer
from convnet_studio.ui.theme import theme

OPACITY = 0.1


class RubberBand(Gesture):
    """Selects what lies in a rectangle; a mere click selects nothing."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._press: Pointer | None = None
        self._before: tuple[frozenset[str], frozenset[Link], frozenset[str]] = (frozenset(), frozenset(), frozenset())
        self._band = _Band(canvas.view.viewport())

    def begins(self, press: Pointer) -> bool:
        """Anywhere with the left button (the canvas asks the other gestures first)."""
        if press.button != Qt.MouseButton.LeftButton:
            return False
        self._press = press
        scene = self.canvas.scene
        self._before = self.canvas.open_project.selection, scene.selected_links, scene.notes.selected
        if not press.adds:
            scene.select_only()
        return True

    def move(self, pointer: Pointer) -> None:
        """Select what the rectangle touches."""
        assert self._press is not None
        if not self._band.isVisible() and not pointer.is_far_from(self._press):
            return
        self._band.setGeometry(QRect(self._press.viewport, pointer.viewport).normalized())
        self._band.show()
        area = QRectF(self._press.scene, pointer.scene).normalized()
        scene = self.canvas.scene
        touched = (item.module_ids for item in scene.cards() if item.rect.intersects(area))
        cards = frozenset(each for ids in touched for each in ids)
        notes = frozenset(each for each, item in scene.notes.items.items() if item.rect.intersects(area))
        before = self._before if self._press.adds else (frozenset[str](), frozenset[Link](), frozenset[str]())
        scene.select_only(before[0] | cards, before[1], before[2] | notes)

    def release(self, pointer: Pointer) -> None:
        """Keep the selection."""
        self._band.hide()

    def cancel(self) -> None:
        """Select again what was selected before."""
        self._band.hide()
        self.canvas.scene.select_only(*self._before)


class _Band(QWidget):
    """The rectangle."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground = theme().color("accent")
        ground.setAlphaF(OPACITY)
        painter.fillRect(self.rect(), ground)
        painter.setPen(QPen(theme().color("accent"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
