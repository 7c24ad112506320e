"""App: the start of the window."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from convnet_studio.assets import asset_path
from convnet_studio.engine.export.find import open_argument
from convnet_studio.engine.project.file import ENDING
from convnet_studio.engine.project.find import FIRST_PRESET
from convnet_studio.ui import settings as settings_files
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.project_files import stored_run
from convnet_studio.ui.settings import Session, Settings
from convnet_studio.ui.style import apply_style


def make_application() -> QApplication:
    """The QApplication of this process, dressed in the theme in force."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
        app = QApplication(sys.argv[:1])
    app.setApplicationName("ConvNet Studio")
    app.setWindowIcon(QIcon(str(asset_path("icons/convnet-studio.svg"))))
    apply_style(app)
    return app


def run(project_argument: str | None) -> int:
    """Open the window on what the command line names (None: the first preset); returns the exit code.

    Raises:
        ProjectFileError, ImportProblem, KeyError: one sentence, if there is no such project.
    """
    app = make_application()
    settings = settings_files.load(Settings)
    record = settings_files.load(Session)
    window = open_window(project_argument, settings, record)
    sys.excepthook = partial(_tell_error, window)
    window.use_theme(settings.theme)
    window.restore_layout()
    window.show()
    window.files.offer_left_behind()
    QTimer.singleShot(300, window.first_marks.show)
    return app.exec()


def _tell_error(window: MainWindow, kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """What went wrong in a slot: the whole on stderr, one sentence in the window, and nothing is lost."""
    sys.__excepthook__(kind, error, trace)
    window.notice.say("bad", f"Something went wrong inside the program ({kind.__name__}: {error}). You can go on.")


def open_window(project_argument: str | None, settings: Settings, record: Session) -> MainWindow:
    """The main window over the project that the command line named."""
    name = project_argument or FIRST_PRESET
    loaded = open_argument(name)
    path = Path(name).resolve() if name.endswith(ENDING) else None
    if path is not None:
        record.remember(path)
    run = stored_run(loaded)
    window = MainWindow(loaded.project, run.weights, path, settings, record, run.standing, run.curves)
    if loaded.warnings:
        window.notice.say("warn", " ".join(loaded.warnings))
    return window
