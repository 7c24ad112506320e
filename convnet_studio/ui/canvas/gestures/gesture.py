"""Gesture: one way of using the mouse, from press to release, the contract that other files here fulfil."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QGraphicsView, QWidget

from convnet_studio.ui.canvas.bubble import Bubble
from convnet_studio.ui.canvas.editor import CanvasEditor
from convnet_studio.ui.canvas.kind_menu import KindMenu
from convnet_studio.ui.canvas.name_editor import NameEditor
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.open_project import OpenProject

DRAG_THRESHOLD = 4
"""How far the mouse must go, in pixels of the screen, before a press becomes a drag."""


@dataclass(frozen=True)
class Canvas:
    """What gestures work with."""

    open_project: OpenProject
    scene: CanvasScene
    editor: CanvasEditor
    view: QGraphicsView
    bubble: Bubble
    kind_menu: KindMenu
    name_editor: NameEditor

    def to_screen(self, at: QPointF) -> QPoint:
        """A scene position in the coordinates of the screen."""
        return self.view.viewport().mapToGlobal(self.view.mapFromScene(at))

    def pointer_place(self) -> QPointF | None:
        """Where in the scene the mouse is; None while it is not over the canvas."""
        viewport = self.view.viewport()
        at = viewport.mapFromGlobal(QCursor.pos())
        return self.view.mapToScene(at) if viewport.underMouse() and viewport.rect().contains(at) else None

    def place_to_add(self) -> QPointF:
        """Where something new is expected: at the pointer, or in the middle of what is seen."""
        middle = self.view.mapToScene(self.view.viewport().rect().center())
        return self.pointer_place() or middle

    def seen_rect(self) -> QRectF:
        """The part of the scene in view."""
        return self.view.mapToScene(self.view.viewport().rect()).boundingRect()

    def overlaid_rects(self) -> list[QRectF]:
        """The parts of the scene that something floats over: mini-map, zoom, status, notices."""
        host = self.view.parentWidget() or self.view
        over = [each for each in host.children() if isinstance(each, QWidget)]
        places = [each.geometry() for each in over if each is not self.view and each.isVisible()]
        offset = self.view.pos()
        return [self.view.mapToScene(each.translated(-offset)).boundingRect() for each in places]

    def scaled(self, pixels: float) -> float:
        """A distance on the screen as one in the scene."""
        return pixels / self.view.transform().m11()


@dataclass(frozen=True)
class Pointer:
    """Where the mouse is (in the scene, in the viewport) and what is held down."""

    scene: QPointF
    viewport: QPoint
    button: Qt.MouseButton
    modifiers: Qt.KeyboardModifier

    @property
    def adds(self) -> bool:
        """Whether a click adds to the selection."""
        return bool(self.modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))

    def is_far_from(self, other: Pointer) -> bool:
        """Whether the mouse has gone far enough to mean a drag."""
        return (self.viewport - other.viewport).manhattanLength() >= DRAG_THRESHOLD


class Gesture(ABC):
    """One way of using the mouse.

    The canvas asks each gesture in turn whether it `begins` with a press; the first that does gets every `move` and
    then `release`, or `cancel` when Escape is pressed or the window loses the mouse.
    """

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    @abstractmethod
    def begins(self, press: Pointer) -> bool:
        """Whether this press is meant for this gesture, which then is under way."""

    def move(self, pointer: Pointer) -> None:  # noqa: B027 (a gesture may have nothing to do here)
        """Follow the mouse."""

    def release(self, pointer: Pointer) -> None:  # noqa: B027
        """Do it."""

    def cancel(self) -> None:  # noqa: B027
        """Leave everything as it was."""
