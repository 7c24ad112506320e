"""FirstMarks: where a newcomer begins: three marks over the window, until the first Play."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.marks import Mark, Marks
from convnet_studio.ui.settings import Settings
from convnet_studio.ui.views.canvas import CanvasView


class FirstMarks:
    """Shows the marks once in a user's life.

    Args:
        learning_modules: ids of the modules that have parameters; the first of them is pointed at.
    """

    def __init__(
        self,
        window: QWidget,
        settings: Settings,
        play: QWidget,
        canvas: CanvasView,
        palette: QWidget,
        learning_modules: Callable[[], frozenset[str]],
    ) -> None:
        self._window = window
        self._settings = settings
        self._play = play
        self._canvas = canvas
        self._palette = palette
        self._learning_modules = learning_modules
        self._marks: Marks | None = None

    def show(self) -> None:
        """Show them, if they were never followed."""
        if self._settings.marks_seen or self._marks is not None:
            return
        self._marks = Marks(
            self._window,
            [
                Mark("Press Play: the network learns to read digits", self._below_play),
                Mark("Watch the maps change; click a card to look closer", self._below_a_card),
                Mark("Drag modules from here onto the canvas", self._right_of_palette, below=False),
            ],
        )

    def close(self) -> None:
        """Somebody has begun."""
        if self._marks is not None:
            self._marks.close()
            self._marks = None
            self._settings.marks_seen = True

    def _below_play(self) -> QPoint:
        return self._play.mapTo(self._window, QPoint(self._play.width() // 2, self._play.height() + 2))

    def _right_of_palette(self) -> QPoint:
        place = QPoint(self._palette.width() - 16, self._palette.height() - 96)
        return self._palette.mapTo(self._window, place)

    def _below_a_card(self) -> QPoint:
        modules = self._canvas.open_project.project.network.modules
        card = next((each.id for each in modules if each.id in self._learning_modules()), None)
        place = self._canvas.point_below(card) if card else self._canvas.rect().center()
        return self._canvas.mapTo(self._window, place)
