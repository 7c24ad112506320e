"""FirstMarks: where a newcomer begins: three marks beside the cards, each until it was followed or closed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.project.spec import Project
from convnet_studio.ui.marks import EDGE, Mark, Marks, Spot
from convnet_studio.ui.settings import Settings
from convnet_studio.ui.views.canvas import CanvasView

PLAY, LOOK, ADD = "play", "look", "add"


class FirstMarks(QObject):
    """Shows the marks once in a user's life. None covers a card; the first Play takes all of them away."""

    def __init__(
        self,
        window: QWidget,
        settings: Settings,
        play: QWidget,
        canvas: CanvasView,
        palette: QWidget,
        inspector: QWidget,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._play = play
        self._canvas = canvas
        self._palette = palette
        self._inspector = inspector
        self._marks: Marks | None = None
        self._rests = False
        canvas.open_project.selection_changed.connect(self._on_selection)
        canvas.open_project.changed.connect(self._on_edit)
        canvas.view_changed.connect(self._place)

    @property
    def shown(self) -> Marks | None:
        """The marks that are there now."""
        return self._marks

    def show(self) -> None:
        """Show them, if they were never followed."""
        if self._settings.marks_seen or self._marks is not None:
            return
        self._marks = Marks(
            self._window,
            [
                Mark(PLAY, "Press Play: the network learns to read digits", self._at_play),
                Mark(LOOK, "Watch the maps change; click a card to look closer here", self._at_inspector),
                Mark(ADD, "Drag modules from here onto the canvas", self._at_palette),
            ],
            lambda place: not self._rests and not self._covers_cards(place),
        )
        self._marks.all_closed.connect(self._on_all_closed)
        self._settings.marks_seen = True  # also who follows none has seen them

    def rest(self, rests: bool) -> None:
        """Show none while something else has the window."""
        self._rests = rests
        self._place()

    def close(self) -> None:
        """Somebody has begun."""
        if self._marks is not None:
            self._marks.close_all()

    def _on_all_closed(self) -> None:
        if self._marks is not None:
            self._marks.deleteLater()
        self._marks = None

    def _on_selection(self) -> None:
        if self._marks is not None and self._canvas.open_project.selection:
            self._marks.close(LOOK)

    def _on_edit(self, before: Project, after: Project) -> None:
        if self._marks is not None and len(after.network.modules) > len(before.network.modules):
            self._marks.close(ADD)

    def _place(self) -> None:
        if self._marks is not None:
            self._marks.place()

    def _covers_cards(self, place: QRect) -> bool:
        """Whether a rectangle of the window covers something that is drawn on the canvas."""
        origin = self._canvas.mapTo(self._window, QPoint())
        return any(each.translated(origin).intersects(place) for each in self._canvas.drawn_rects())

    def _at_play(self) -> Sequence[Spot]:
        """Below Play, or else on the bar beside it."""
        below = self._play.mapTo(self._window, QPoint(self._play.width() // 2, self._play.height() + 2))
        beside = self._play.mapTo(self._window, QPoint(self._play.width() + 2, self._play.height() // 2))
        return Spot(below), Spot(beside, below=False)

    def _at_inspector(self) -> Sequence[Spot]:
        """From the canvas's edge into the inspector, where it is beside the canvas."""
        if not self._inspector.isVisible() or self._inspector.window() is not self._window:
            return ()
        place = self._inspector.mapTo(self._window, QPoint(-1, self._canvas.height() // 2))
        room = self._window.width() - place.x() - EDGE
        return (Spot(place, below=False, widest=room),)

    def _at_palette(self) -> Sequence[Spot]:
        """At the lower end of the palette."""
        if not self._palette.isVisible() or self._palette.window() is not self._window:
            return ()
        place = QPoint(self._palette.width() - 16, self._palette.height() - 96)
        return (Spot(self._palette.mapTo(self._window, place), below=False),)
