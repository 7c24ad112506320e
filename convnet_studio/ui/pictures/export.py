"""PictureExport: the user chooses what to draw and where to write it; what is not up to date yet is fetched first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QMainWindow, QWidget

from convnet_studio.ui.commands.choice import Choice
from convnet_studio.ui.commands.picker import Picker
from convnet_studio.ui.live import LiveViews
from convnet_studio.ui.notice import Notice
from convnet_studio.ui.pictures import ENDINGS
from convnet_studio.ui.pictures.formats import write_picture
from convnet_studio.ui.pictures.picture import Picture, canvas_picture, widget_picture
from convnet_studio.ui.training_session import TrainingSession
from convnet_studio.ui.view import View
from convnet_studio.ui.views.canvas import CanvasView

FILTER = "SVG (*.svg);;PDF (*.pdf);;PNG (*.png)"
PNG_SCALE = 2.0
PATIENCE_MILLISECONDS = 2000
"""How long the numbers of cards out of view are waited for."""
DONE = "picture"
"""Topic of what is said."""
NEWS_MILLISECONDS = 6000


class PictureExport(QObject):
    """Offers canvas, views in sight and window; writes the chosen one in the theme in force."""

    def __init__(
        self,
        window: QMainWindow,
        canvas: CanvasView,
        live: LiveViews,
        session: TrainingSession,
        picker: Picker,
        notice: Notice,
        views: Callable[[], list[View]],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._canvas = canvas
        self._live = live
        self._session = session
        self._picker = picker
        self._notice = notice
        self._views = views
        self._wanted: Path | None = None
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MILLISECONDS)
        self._patience.timeout.connect(self._write_canvas)
        session.snapshot_arrived.connect(self._take_snapshot)

    def ask(self) -> None:
        """Ask what to draw, then where to write it."""
        count = len(self._canvas.open_project.project.network.modules)
        choices = [
            Choice(
                "picture:canvas",
                "The network",
                f"all {count} modules at actual size",
                icon="spline",
                act=lambda: self._ask_path("canvas", self.write_canvas),
            )
        ]
        choices += [
            self._widget_choice(view.title, view.name, "as it is on the screen", "image", view)
            for view in self._views()
            if view is not self._canvas and view.isVisible()
        ]
        choices.append(
            self._widget_choice("The whole window", "window", "with all panels", "picture-in-picture-2", self._window)
        )
        self._picker.ask("Export a picture of…", choices)

    def _widget_choice(self, text: str, name: str, note: str, icon: str, widget: QWidget) -> Choice:
        def write(path: Path) -> None:
            if isinstance(widget, View):
                widget.catch_up()
            self._write(widget_picture(widget, f"{self._name}: {text}"), path)

        return Choice(f"picture:{name}", text, note, icon=icon, act=lambda: self._ask_path(name, write))

    @property
    def _name(self) -> str:
        return self._canvas.open_project.project.name

    def _ask_path(self, what: str, write: Callable[[Path], None]) -> None:
        path = self._canvas.open_project.path
        folder = path.parent if path else Path.home()
        suggested = folder / f"{self._name}-{what.replace('_', '-')}.svg".replace("/", "-")
        name, chosen = QFileDialog.getSaveFileName(self._window, "Export picture", str(suggested), FILTER)
        if name:
            write(with_ending(Path(name), chosen))

    def write_canvas(self, path: Path) -> None:
        """Write the whole network to `path`, once the cards out of view have their numbers."""
        self._wanted = path
        self._canvas.watch_all(True)
        self._live.refresh_probes()
        self._session.ask_snapshot()
        self._patience.start()

    def _take_snapshot(self) -> None:
        """The newest snapshot may be the one with everything in it."""
        snapshot = self._live.snapshot
        if self._wanted is None or snapshot is None:
            return
        wanted = self._canvas.probes().outputs
        known = self._canvas.known_modules()
        if wanted & known <= snapshot.outputs.keys():
            self._canvas.show_snapshot(snapshot)
            self._write_canvas()

    def _write_canvas(self) -> None:
        path, self._wanted = self._wanted, None
        self._patience.stop()
        if path is not None:
            self._write(canvas_picture(self._canvas), path)
        self._canvas.watch_all(False)
        self._live.refresh_probes()

    def _write(self, picture: Picture, path: Path) -> None:
        try:
            write_picture(picture, path, PNG_SCALE)
        except (OSError, ValueError) as error:
            self._notice.say("bad", str(error), topic=DONE)
            return
        self._notice.say("good", f"The picture is in {path}.", topic=DONE)
        QTimer.singleShot(NEWS_MILLISECONDS, self._notice, lambda: self._notice.retract(DONE))


def with_ending(path: Path, chosen_filter: str) -> Path:
    """`path` with the ending of the chosen format, where it has none that names a format."""
    if path.suffix.lower() in ENDINGS:
        return path
    ending = next((each for each in ENDINGS if f"*{each}" in chosen_filter), ENDINGS[0])
    return path.with_name(path.name + ending)
