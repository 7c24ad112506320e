"""CanvasArea: the view of the canvas; it hands mouse, wheel, keys and drags to the gestures."""

from __future__ import annotations

import math
import time

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
from convnet_studio.ui.canvas.commands import Commands
from convnet_studio.ui.canvas.draft import Draft
from convnet_studio.ui.canvas.editor import CanvasEditor
from convnet_studio.ui.canvas.gestures.ask_module import AskModule
from convnet_studio.ui.canvas.gestures.clipboard import Clipboard
from convnet_studio.ui.canvas.gestures.connect_ports import ConnectPorts
from convnet_studio.ui.canvas.gestures.context_menu import ContextMenu
from convnet_studio.ui.canvas.gestures.edit_note import EditNote
from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer
from convnet_studio.ui.canvas.gestures.keyboard import Keyboard
from convnet_studio.ui.canvas.gestures.mend import Mend
from convnet_studio.ui.canvas.gestures.mend_joint import MendJoint
from convnet_studio.ui.canvas.gestures.move_cards import MoveCards
from convnet_studio.ui.canvas.gestures.move_stage import MoveStage
from convnet_studio.ui.canvas.gestures.padlock import Padlock
from convnet_studio.ui.canvas.gestures.palette_drop import PaletteDrop
from convnet_studio.ui.canvas.gestures.pan import Pan
from convnet_studio.ui.canvas.gestures.press_stage import PressStage
from convnet_studio.ui.canvas.gestures.rename import Rename
from convnet_studio.ui.canvas.gestures.rubber_band import RubberBand
from convnet_studio.ui.canvas.gestures.select_link import SelectLink
from convnet_studio.ui.canvas.gestures.tidy import Tidy
from convnet_studio.ui.canvas.gestures.widen_note import WidenNote
from convnet_studio.ui.canvas.gestures.zoom import Zoom
from convnet_studio.ui.canvas.kind_menu import KindMenu
from convnet_studio.ui.canvas.name_editor import NameEditor
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import text_font, theme, theme_switch

GRID = 24.0
SMALLEST_GRID_STEP = 14.0
DOT = 2.0
"""Pixels of a dot on the screen."""
EMPTY_TEXT = "Drag a module here from the list on the left, or double-click anywhere to search for one."
TAP_SECONDS = 0.4
"""Space that is let go within this time, and moved nothing, was a tap."""


class CanvasArea(QGraphicsView):
    """Shows the scene and knows which gesture is under way."""

    zoom_changed = Signal(float)
    touched = Signal()
    """Somebody moves or scales what is shown."""
    said = Signal(str)
    """A sentence for the user."""

    def __init__(self, open_project: OpenProject, scene: CanvasScene, editor: CanvasEditor, parent: QWidget) -> None:
        super().__init__(scene, parent)
        self._scene = scene
        self._dress()
        viewport = self.viewport()
        self.canvas = Canvas(open_project, scene, editor, self, Bubble(viewport), KindMenu(self), NameEditor(viewport))
        self.zoom = Zoom(self)
        self.rename = Rename(self.canvas)
        self.notes = EditNote(self.canvas)
        self.ask = AskModule(self.canvas)
        self.tidy = Tidy(self.canvas)
        clipboard = Clipboard(self.canvas, self.said.emit)
        self.commands = Commands(self.canvas, self.rename, clipboard, self.notes, self.ask, self.tidy)
        self.keyboard = Keyboard(self.canvas, self.commands)
        self._pan = Pan(self.canvas)
        self._space_since: float | None = None
        self._gestures: tuple[Gesture, ...] = (
            self._pan,
            Mend(self.canvas),
            Padlock(self.canvas),
            MendJoint(self.canvas),
            ConnectPorts(self.canvas),
            WidenNote(self.canvas),
            PressStage(self.canvas),
            MoveCards(self.canvas),
            SelectLink(self.canvas),
            MoveStage(self.canvas),
            RubberBand(self.canvas),
        )
        self._active: Gesture | None = None
        self._draft = Draft(scene)
        self._drop = PaletteDrop(self.canvas)
        self._context_menu = ContextMenu(self.canvas, self.commands, self.ask, self.notes)
        open_project.changed.connect(self.cancel_gesture)
        open_project.replaced.connect(self.cancel_gesture)
        theme_switch().changed.connect(self._recolor)
        self.touched.connect(self.notes.editor.finish)
        self.zoom_changed.connect(self.notes.editor.finish)

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

    def show_view(self, factor: float, middle: QPointF) -> None:
        """Zoom to `factor` with the scene position `middle` in the middle."""
        self.zoom.zoom_to(factor)
        self.centerOn(middle)
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
        self._space_since = None
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
        """On a name or a note: edit it; on empty canvas: what to put there; elsewhere a second click like the first."""
        pointer = self._pointer(event)
        if event.button() != Qt.MouseButton.LeftButton or not self._double_click(pointer.scene):
            self.mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of what lies under the mouse; by the menu key, that of the selected card."""
        at = self.mapToScene(event.pos())
        selection = self.canvas.open_project.selection
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            notes = self._scene.notes
            if selection:
                chosen = [item for item in self._scene.cards() if not item.module_ids.isdisjoint(selection)]
                at = min(chosen, key=lambda item: item.card.id).rect.center()
            elif notes.selected:
                at = notes.items[min(notes.selected)].rect.center()
        self._context_menu.open(at, self.canvas.to_screen(at))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl zooms about the pointer; else the canvas scrolls."""
        self.touched.emit()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._draft.begin()
            self.zoom.turn_wheel(event.angleDelta().y(), event.position())
            self._tell_zoom()
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the canvas; what means nothing here goes on to the window."""
        if event.key() == Qt.Key.Key_Escape:
            if not self.cancel_gesture():
                self._scene.select_only()
        elif event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space_since = time.monotonic()
            self._hold_space(True)
        elif self._active is not None or not self.keyboard.press(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space lets go of the canvas; a mere tap asks what to add."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_space(False)
            since, self._space_since = self._space_since, None
            if since is not None and time.monotonic() - since < TAP_SECONDS and self._active is None:
                self.ask.open()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys that are held down no longer count."""
        self._hold_space(False)
        self._space_since = None
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
        pen = QPen(theme().color("grid"), DOT)
        pen.setCosmetic(True)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([1, step * self.zoom.factor / DOT - 1])  # a line of dots is one stroke
        painter.setPen(pen)
        left = math.floor(rect.left() / step) * step - DOT / 2 / self.zoom.factor
        for row in range(math.floor(rect.top() / step), math.ceil(rect.bottom() / step) + 1):
            painter.drawLine(QPointF(left, row * step), QPointF(rect.right() + step, row * step))

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Lines of alignment; on an empty canvas, how to begin."""
        super().drawForeground(painter, rect)
        if not self._scene.modules and not self._scene.notes.items:
            painter.resetTransform()
            painter.setFont(text_font(14))
            painter.setPen(theme().color("second_text"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, EMPTY_TEXT)

    def _double_click(self, at: QPointF) -> bool:
        """Whether a double click there edited a name or a note, unfolded a stage, or opened the menu of modules."""
        if self._scene.module_at(at):
            return self.rename.double_click(at)
        return self.notes.double_click(at) or self.rename.double_click(at) or self.ask.double_click(at)

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
