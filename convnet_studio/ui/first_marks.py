"""FirstMarks: which three things a newcomer is shown, and that nobody is shown them twice."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.marks import Mark, Marks
from convnet_studio.ui.settings import Settings


class FirstMarks:
    """The marks of the main window.

    Args:
        window: that they float over.
        settings: remembers whether they were seen.
        play, palette: what the first and the last mark point at.
        card: where in the window a card that learns is.
    """

    def __init__(
        self, window: QWidget, settings: Settings, play: QWidget, palette: QWidget, card: Callable[[], QPoint]
    ) -> None:
        self._window = window
        self._settings = settings
        self._play = play
        self._palette = palette
        self._card = card
        self._marks: Marks | None = None

    def show(self) -> None:
        """Show a newcomer where to begin."""
        if self._settings.marks_seen or self._marks is not None:
            return
        marks = [
            Mark("Press Play: the network learns to read digits", self._below_play),
            Mark("Watch the maps change; click a card to look closer", self._card),
            Mark("Drag modules from here onto the canvas", self._beside_palette, below=False),
        ]
        self._marks = Marks(self._window, marks)

    def close(self) -> None:
        """The newcomer has begun."""
        if self._marks is not None:
            self._marks.close()
            self._marks = None
            self._settings.marks_seen = True

    def _below_play(self) -> QPoint:
        return self._play.mapTo(self._window, QPoint(self._play.width() // 2, self._play.height() + 2))

    def _beside_palette(self) -> QPoint:
        return self._palette.mapTo(self._window, QPoint(self._palette.width() - 16, self._palette.height() - 96))
