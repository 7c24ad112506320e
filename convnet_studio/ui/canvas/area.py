"""CanvasArea: the view of the canvas; it hands mouse, wheel, keys and drags to the gestures."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from convnet_studio.ui.canvas.bubble import Bubble
from convnet_studio.ui.canvas.editor import CanvasEditor
from convnet_studio.ui.canvas.gestures.connect_ports import ConnectPorts
from convnet_studio.ui.canvas.gestures.context_menu import ContextMenu
from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer
from convnet_studio.ui.canvas.gestures.keyboard import Keyboard
from convnet_studio.ui.canvas.gestures.mend import Mend
from convnet_studio.ui.canvas.gestures.move_cards import MoveCards
from convnet_studio.ui.canvas.gestures.move_stage import MoveStage
from convnet_studio.ui.canvas.gestures.palette_drop import PaletteDrop
from convnet_studio.ui.canvas.gestures.pan import Pan
from convnet_studio.ui.canvas.gestures.press_stage import PressStage
from convnet_studio.ui.canvas.gestures.rename import Rename
from convnet_studio.ui.canvas.gestures.rubber_band import RubberBand
from convnet_studio.ui.canvas.gestures.select_link import SelectLink
from convnet_studio.ui.canvas.gestures.zoom import Zoom
from convnet_studio.ui.canvas.kind_menu import KindMenu
from convnet_studio.ui.canvas.name_editor import NameEditor
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import text_font, theme, theme_switch

GRID = 24.0
SMALLEST_GRID_STEP = 14.0
EMPTY_TEXT = "Drag a module here from the list on the left, or double-click one."


class CanvasArea(QGraphicsView):
    """Shows the scene and knows which gesture is under way."""

    zoom_changed = Signal(float)
    touched = Signal()
    """Somebody moves or scales what is shown."""

    def __init__(self, open_project: OpenProject, scene: CanvasScene, editor: CanvasEditor, parent: QWidget) -> None:
        super().__init__(scene, parent)
        self._scene = scene
        self._dress()
        viewport = self.viewport()
        self.canvas = Canvas(open_project, scene, editor, self, Bubble(viewport), KindMenu(self), NameEditor(viewport))
        self.zoom = Zoom(self)
        self.rename = Rename(self.canvas)
        self.keyboard = Keyboard(self.canvas, self.rename)
        self._pan = Pan(self.canvas)
        self._gestures: tuple[Gesture, ...] = (
            self._pan,
            Mend(self.canvas),
            ConnectPorts(self.canvas),
            PressStage(self.canvas),
            MoveCards(self.canvas),
            SelectLink(self.canvas),
            MoveStage(self.canvas),
            RubberBand(self.canvas),
        )
        self._active: Gesture | None = None
        self._drop = PaletteDrop(self.canvas)
        self._context_menu = ContextMenu(self.canvas, self.rename)
        open_project.changed.connect(self.cancel_gesture)
        open_project.replaced.connect(self.cancel_gesture)
        theme_switch().changed.connect(self._recolor)

    @property
    def active_gesture(self) -> Gesture | None:
        """The gesture that the mouse is making now."""
        return self._active

    def scale_to(self, factor: float) -> None:
        """Zoom about the middle."""
        self.zoom.zoom_to(factor)
        self._tell_zoom()

    def fit(self, below: float) -> None:
        """Show the whole network, leaving `below` pixels free at the bottom."""
        self.zoom.fit(self._scene.covered_rect(), below)
        self._tell_zoom()

    def visible_rect(self) -> QRectF:
        """The part of the scene in view."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def cancel_gesture(self) -> bool:
        """Stop what the mouse is doing; False if it was doing nothing."""
        gesture, self._active = self._active, None
        if gesture:
            gesture.cancel()
        return gesture is not None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The first gesture that the press is meant for begins."""
        if self._active is not None:
            return
        press = self._pointer(event)
        self._active = next((gesture for gesture in self._gestures if gesture.begins(press)), None)
        if self._active is self._pan:
            self.touched.emit()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The gesture under way goes on; without one, items see the mouse pass."""
        if self._active:
            self._active.move(self._pointer(event))
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The gesture under way ends."""
        gesture, self._active = self._active, None
        if gesture:
            gesture.release(self._pointer(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a name: rename; elsewhere a second click like the first."""
        pointer = self._pointer(event)
        if event.button() != Qt.MouseButton.LeftButton or not self.rename.double_click(pointer.scene):
            self.mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of what lies under the mouse; by the menu key, that of the selected card."""
        at = self.mapToScene(event.pos())
        selection = self.canvas.open_project.selection
        if event.reason() == QContextMenuEvent.Reason.Keyboard and selection:
            chosen = [item for item in self._scene.cards() if not item.module_ids.isdisjoint(selection)]
            at = min(chosen, key=lambda item: item.card.id).rect.center()
        self._context_menu.open(at, self.canvas.to_screen(at))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl zooms about the pointer; else the canvas scrolls."""
        self.touched.emit()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom.turn_wheel(event.angleDelta().y(), event.position())
            self._tell_zoom()
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the canvas; what means nothing here goes on to the window."""
        if event.key() == Qt.Key.Key_Escape:
            if not self.cancel_gesture():
                self.canvas.open_project.select(frozenset())
                self._scene.select_links(frozenset())
        elif event.key() == Qt.Key.Key_Space:
            self._hold_space(True)
        elif self._active is not None or not self.keyboard.press(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space lets go of the canvas."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_space(False)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys that are held down no longer count."""
        self._hold_space(False)
        super().focusOutEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab walks the network before it leaves the canvas; a child that hides only passes the focus on."""
        return (self.hasFocus() and self.keyboard.walk(next)) or super().focusNextPrevChild(next)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take modules from the palette."""
        if self._drop.enter(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show where the module would go."""
        self._drop.move(self.mapToScene(event.position().toPoint()))
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The module was carried away."""
        self._drop.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        """Put the module there."""
        self._drop.drop(self.mapToScene(event.position().toPoint()))
        event.acceptProposedAction()

    def changeEvent(self, event: QEvent) -> None:
        """A window that loses the mouse ends the gesture."""
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.cancel_gesture()
        super().changeEvent(event)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The ground with its dots."""
        painter.fillRect(rect, theme().color("canvas"))
        step = GRID
        while step * self.zoom.factor < SMALLEST_GRID_STEP:
            step *= 2
        dots = [
            QPointF(column * step, row * step)
            for column in range(math.floor(rect.left() / step), math.ceil(rect.right() / step) + 1)
            for row in range(math.floor(rect.top() / step), math.ceil(rect.bottom() / step) + 1)
        ]
        pen = QPen(theme().color("grid"), 2)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawPoints(dots)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Lines of alignment; on an empty canvas, how to begin."""
        super().drawForeground(painter, rect)
        if not self._scene.modules:
            painter.resetTransform()
            painter.setFont(text_font(14))
            painter.setPen(theme().color("second_text"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, EMPTY_TEXT)

    def _pointer(self, event: QMouseEvent) -> Pointer:
        place = event.position().toPoint()
        return Pointer(self.mapToScene(place), place, event.button(), event.modifiers())

    def _hold_space(self, is_down: bool) -> None:
        if is_down != self._pan.is_space_down:
            self._pan.is_space_down = is_down
            if self._active is not self._pan:
                self._pan.show_cursor()

    def _tell_zoom(self) -> None:
        self.zoom_changed.emit(self.zoom.factor)

    def _recolor(self) -> None:
        self.resetCachedContent()
        self.viewport().update()

    def _dress(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.BoundingRectViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setMinimumSize(QSize(240, 180))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Canvas")
