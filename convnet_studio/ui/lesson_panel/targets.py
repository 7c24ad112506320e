"""Targets: where the things are on the screen that a lesson speaks of, such as ``module:hidden``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtWidgets import QApplication, QWidget

from convnet_studio.lessons.scene import module_called
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.view import View
from convnet_studio.ui.views.canvas import CanvasView

_BESIDE = 4.0
"""Pixels between a thing and its outline."""


class Targets:
    """Finds modules on the canvas, views, dials of benches, and buttons of actions.

    Args:
        views: that are shown now.
        button_of: the button of an action by its name, or None.
    """

    def __init__(
        self,
        open_project: OpenProject,
        canvas: CanvasView,
        views: Callable[[], Iterable[View]],
        button_of: Callable[[str], QWidget | None],
    ) -> None:
        self._open_project = open_project
        self._canvas = canvas
        self._views = views
        self._button_of = button_of

    def place(self, target: str, host: QWidget) -> QRectF | None:
        """Where it is in the coordinates of `host`; None where it can't be seen there."""
        kind, _, name = target.partition(":")
        if kind == "module":
            return self._module_place(name, host)
        widget = self.widget(target)
        if widget is None or not widget.isVisible() or widget.window() is not host.window():
            return None
        place = QRectF(QRect(widget.mapTo(host, QPoint(0, 0)), widget.size()))
        margin = -2.0 if kind == "view" else _BESIDE
        return place.adjusted(-margin, -margin, margin, margin)

    def widget(self, target: str) -> QWidget | None:
        """The widget of a view, a dial or an action."""
        kind, _, name = target.partition(":")
        if kind == "view":
            return next((view for view in self._views() if view.name == name), None)
        if kind == "dial":
            bench, _, dial = name.partition(".")
            return next(
                (view.control(dial) for view in self._views() if view.bench is not None and view.bench.name == bench),
                None,
            )
        return self._button_of(name) if kind == "action" else None

    def _module_place(self, name: str, host: QWidget) -> QRectF | None:
        canvas = self._canvas
        if not canvas.isVisible() or canvas.window() is not host.window():
            return None
        try:
            module_id = module_called(self._open_project.project, name).id
            card = canvas.scene.card_of(module_id).rect
        except (ValueError, KeyError):
            return None
        port = canvas.area.viewport()
        seen = canvas.area.mapFromScene(card).boundingRect() & port.rect()
        if seen.isEmpty():
            return None
        place = QRectF(seen.translated(port.mapTo(host, QPoint(0, 0))))
        return place.adjusted(-_BESIDE, -_BESIDE, _BESIDE, _BESIDE)

    def at(self, point: QPoint, among: Iterable[str], host: QWidget) -> str:
        """The smallest of some things that lies under a point of `host`; empty where there is none."""
        places = [(target, self.place(target, host)) for target in among]
        hit = [(p.width() * p.height(), target) for target, p in places if p is not None and p.contains(point)]
        return min(hit)[1] if hit else ""

    def focused(self, among: Iterable[str]) -> str:
        """The dial or the button that the keyboard acts on; empty where it is none of them."""
        now = QApplication.focusWidget()
        for target in among:
            widget = self.widget(target) if not target.startswith(("module:", "view:")) else None
            if now is not None and widget is not None and (widget is now or widget.isAncestorOf(now)):
                return target
        return ""
