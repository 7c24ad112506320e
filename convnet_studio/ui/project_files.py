"""Project files: new, open, save, recent files, autosave; and the question before anything is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from convnet_studio.engine.data.dataset import DatasetFile
from convnet_studio.engine.export.find import is_listing
from convnet_studio.engine.export.form import (
    ExportError,
    Form,
    ImportProblem,
    export,
    import_file,
    readable_endings,
    save_export,
)
from convnet_studio.engine.project.autosave import Autosave, LeftBehind
from convnet_studio.engine.project.edits import rename_project
from convnet_studio.engine.project.file import ENDING, LoadedProject, ProjectFileError, load_project, save_project
from convnet_studio.engine.project.presets import load_preset, new_project, preset_names
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.weights import Weights
from convnet_studio.engine.training.events import Event, Rewound, RunStarted, Stepped
from convnet_studio.engine.training.standing import CURVES, RUN, STANDING, Standing, standing_from_json
from convnet_studio.ui.actions import call_ignoring_checked
from convnet_studio.ui.notice import Notice
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.settings import Session, config_folder
from convnet_studio.ui.training_session import TrainingSession

FILTER = f"ConvNet Studio projects (*{ENDING})"
OPEN_FILTER = f"Projects and listings (*{ENDING} {' '.join(f'*{each}' for each in readable_endings())})"
AUTOSAVE_MILLISECONDS = 5000


@dataclass(frozen=True)
class StoredRun:
    """What a file tells of a run: its weights, where it stood, its curves (as `LearningRecord` wrote them)."""

    weights: Weights | None = None
    standing: Standing | None = None
    curves: object = None


def stored_run(loaded: LoadedProject | None) -> StoredRun:
    """The run in a file; one without weights begins afresh."""
    if loaded is None or not loaded.weights:
        return StoredRun()
    told = loaded.extra.get(RUN)
    run = told if isinstance(told, Mapping) else {}
    standing = standing_from_json(run.get(STANDING))
    return StoredRun(loaded.weights, standing, run.get(CURVES) if standing else None)


def run_to_json(standing: Standing | None, curves: object) -> dict[str, Any]:
    """What to write beside project and weights, so that the run can go on."""
    return {RUN: {STANDING: standing.to_json(), CURVES: curves}} if standing else {}


class ProjectFiles(QObject):
    """Everything between the open project and the disk."""

    replacing = Signal()
    """Another project is about to be opened in place of the user's, or the window to be closed."""
    _autosave_failed = Signal(str)

    def __init__(
        self,
        open_project: OpenProject,
        session: TrainingSession,
        record: Session,
        notice: Notice,
        window: QWidget,
        curves: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._open_project = open_project
        self._session = session
        self._record = record
        self._notice = notice
        self._window = window
        self._curves = curves
        self._loaded: LoadedProject | None = None
        self.autosave = Autosave(config_folder() / "autosave")
        self._autosaving: threading.Thread | None = None
        self._autosave_failed.connect(lambda why: self._notice.say("warn", why))
        self._is_changed = False
        self._is_away = False
        open_project.changed.connect(self._note_change)
        open_project.name_changed.connect(self._note_change)
        session.events_arrived.connect(self._note_events)
        self._timer = QTimer(self)
        self._timer.setInterval(AUTOSAVE_MILLISECONDS)
        self._timer.timeout.connect(self.autosave_now)
        self._timer.start()

    def stop_autosave(self) -> None:
        """Keep nothing from now on: what is open is not a user's."""
        self._timer.stop()

    def leave(self) -> None:
        """The user's project goes aside: keep what is unsaved, and look at nothing until `come_back`."""
        self.autosave_now()
        self.finish_autosave()
        self._is_away = True

    def come_back(self) -> None:
        """The user's project is there again."""
        self._is_away = False

    # ---------------------------------------------------------------- opening

    def new(self) -> bool:
        """Start with an empty canvas; its Input is selected, so that what is added comes behind it."""
        project = new_project()
        is_new = self._replace(project)
        if is_new:
            self._open_project.select(frozenset(each.id for each in project.network.modules))
        return is_new

    def open_preset(self, name: str) -> bool:
        """Open a preset as a fresh project."""
        return self._replace(load_preset(name))

    def ask_open(self) -> bool:
        """Let the user choose a file and open it."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Open a project", self._folder(), OPEN_FILTER)
        return self.open_path(Path(name)) if name else False

    def open_path(self, path: Path) -> bool:
        """Open the project in `path`; what is wrong with it is said, and nothing else is touched."""
        if is_listing(str(path)):
            return self._open_listing(path)
        try:
            loaded = load_project(path)
        except ProjectFileError as error:
            self._notice.say("bad", str(error))
            return False
        if not self._replace(loaded.project, path, loaded):
            return False
        self._record.remember(path)
        if loaded.warnings:
            self._notice.say("warn", " ".join(loaded.warnings))
        elif loaded.weights and stored_run(loaded).standing is None:  # saved by an earlier version
            self._notice.say("info", "The weights are as they were saved; epochs and curves count from here.")
        return True

    def _open_listing(self, path: Path) -> bool:
        """Open the network of a listing as a fresh project; the listing itself stays as it is."""
        try:
            imported = import_file(path)
        except ImportProblem as error:
            self._notice.say("bad", str(error))
            return False
        if not self._replace(imported.project):
            return False
        self._notice.say("info", " ".join(imported.notes))
        return True

    def take_run(self) -> StoredRun:
        """The run that came with the project just opened; handed over once."""
        loaded, self._loaded = self._loaded, None
        return stored_run(loaded)

    def offer_left_behind(self) -> None:
        """After a crash: say what was left, and open it on a click."""
        left = self.autosave.pending()
        if not left:
            return
        newest = left[0]
        name = newest.loaded.project.name
        self._notice.say(
            "warn",
            f"The program ended without closing. “{name}” was kept, weights included.",
            {"Open it": lambda: self._take_up(newest), "Discard": lambda: self.autosave.forget(newest)},
        )

    def _take_up(self, left: LeftBehind) -> None:
        if self._replace(left.loaded.project, left.original_path, left.loaded):
            self._open_project.mark_trained()  # it is in no file of the user's yet
            self._is_changed = True
            self.autosave_now()
            self.finish_autosave()
            self.autosave.forget(left)

    def _replace(self, project: Project, path: Path | None = None, loaded: LoadedProject | None = None) -> bool:
        self.replacing.emit()
        if project.data.dataset not in DatasetFile.registry:
            known = ", ".join(DatasetFile.registry)
            self._notice.say("bad", f"The data set {project.data.dataset} is not here; there are {known}.")
            return False
        if not self._may_lose():
            return False
        self.finish_autosave()
        self.autosave.discard()  # what the user let go of is not offered again
        self._loaded = loaded
        self._open_project.open(project, path)
        return True

    # ---------------------------------------------------------------- saving

    def save(self) -> bool:
        """Save where it came from; a project without a file asks for one."""
        path = self._open_project.path
        return self.save_to(path) if path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask for a file and save there."""
        suggestion = str(Path(self._folder()) / f"{self._open_project.project.name}{ENDING}")
        name, _ = QFileDialog.getSaveFileName(self._window, "Save the project", suggestion, FILTER)
        if not name:
            return False
        path = Path(name)
        path = path if path.suffix == ENDING else path.with_name(path.name + ENDING)
        return self.save_to(path)

    def save_to(self, path: Path) -> bool:
        """Save project and weights of this moment in `path`; a new file gives the project its name."""
        project = self._open_project.project
        if path != self._open_project.path:
            with suppress(ValueError):  # a name that a project can't bear: the file has it all the same
                project = rename_project(project, path.stem)
        weights, standing = self._session.fetch_run()
        if weights is None:
            self._notice.say("bad", "The engine did not answer in time, so nothing was saved: try again.")
            return False
        try:
            save_project(path, project, weights, run_to_json(standing, self._curves()))
        except ProjectFileError as error:
            self._notice.say("bad", str(error))
            return False
        self._open_project.edit(f"Name it {project.name}", project)
        self._open_project.mark_saved(path)
        self._record.remember(path)
        self.autosave.discard()
        return True

    def ask_export(self, form_name: str) -> bool:
        """Ask for a file and write the network there in a form."""
        form = Form.registry[form_name]
        suggestion = str(Path(self._folder()) / f"{self._open_project.project.name}{form.ending}")
        files = f"{form.title} (*{form.ending})"
        name, _ = QFileDialog.getSaveFileName(self._window, f"Export {form.phrase}", suggestion, files)
        if not name:
            return False
        path = Path(name)
        return self.export_to(
            path if path.suffix == form.ending else path.with_name(path.name + form.ending), form_name
        )

    def export_to(self, path: Path, form_name: str) -> bool:
        """Write the network, with its weights of this moment where the form has them, into `path`."""
        weights = self._session.fetch_weights() if Form.registry[form_name].carries_weights else {}
        if weights is None:
            self._notice.say("bad", "The engine did not answer in time, so nothing was written: try again.")
            return False
        try:
            exported = export(self._open_project.project, form_name, weights)
            paths = save_export(exported, path)
        except ExportError as error:
            self._notice.say("bad", str(error))
            return False
        told = f"Written: {' and '.join(each.name for each in paths)}."
        self._notice.say("warn" if exported.notes else "good", " ".join([told, *exported.notes]))
        return True

    def may_leave(self) -> bool:
        """Before closing: whether everything is saved, or the user does not want it."""
        self.replacing.emit()
        return self._may_lose()

    def close(self) -> None:
        """End autosaving; what the user chose not to keep is not offered again."""
        self._timer.stop()
        self.finish_autosave()
        self.autosave.discard()
        self.autosave.release()

    def _may_lose(self) -> bool:
        if not self._open_project.is_unsaved:
            return True
        question = QMessageBox(self._window)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle("Save the project?")
        question.setText(f"“{self._open_project.project.name}” has changes or training that are not saved.")
        question.setInformativeText("Without saving they are lost.")
        question.setStandardButtons(
            QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel
        )
        question.setDefaultButton(QMessageBox.StandardButton.Save)
        answer = question.exec()
        if answer == QMessageBox.StandardButton.Save:
            return self.save()
        return answer == QMessageBox.StandardButton.Discard

    # ---------------------------------------------------------------- autosave

    def _note_change(self) -> None:
        if not self._is_away:
            self._is_changed = self._open_project.is_unsaved

    def _note_events(self, events: Sequence[Event]) -> None:
        if not self._is_away and any(isinstance(event, Stepped | Rewound | RunStarted) for event in events):
            self._is_changed = True

    def autosave_now(self) -> None:
        """Write what is unsaved into this window's slot, off the window's thread; a timer does it every few seconds."""
        busy = self._autosaving is not None and self._autosaving.is_alive()
        if not busy and not self._is_away and self._open_project.is_unsaved and self._is_changed:
            self._is_changed = False
            now = self._open_project.project, self._open_project.path, self._curves()
            self._autosaving = threading.Thread(target=self._write_slot, args=now, daemon=True)
            self._autosaving.start()

    def finish_autosave(self) -> None:
        """Wait until an autosave that is on its way lies on the disk, at most five seconds."""
        if self._autosaving is not None:
            self._autosaving.join(5.0)

    def _write_slot(self, project: Project, path: Path | None, curves: object) -> None:
        weights, standing = self._session.fetch_run()
        if weights is None:  # what was kept last is better than a project without weights
            return
        try:
            self.autosave.write(project, weights, path, run_to_json(standing, curves))
        except ProjectFileError as error:
            self._autosave_failed.emit(str(error))

    # ---------------------------------------------------------------- menus

    def recent_menu(self, parent: QMenu) -> QMenu:
        """Files opened lately, read anew each time it opens."""
        menu = QMenu("Open recent", parent)
        menu.aboutToShow.connect(lambda: self._fill(menu, self._recent_entries()))
        return menu

    def preset_menu(self, parent: QMenu) -> QMenu:
        """The presets."""
        menu = QMenu("New from preset", parent)
        self._fill(menu, [(name, partial(self.open_preset, name)) for name in preset_names()])
        return menu

    def _recent_entries(self) -> Sequence[tuple[str, Callable[[], object]]]:
        paths = [Path(each) for each in self._record.recent]
        return [(str(path), partial(self.open_path, path)) for path in paths if path.exists()]

    def _fill(self, menu: QMenu, entries: Sequence[tuple[str, Callable[[], object]]]) -> None:
        menu.clear()
        for text, act in entries:
            menu.addAction(text).triggered.connect(partial(call_ignoring_checked, act))
        if not entries:
            menu.addAction("No files yet").setEnabled(False)

    def _folder(self) -> str:
        path = self._open_project.path
        return str(path.parent if path else Path.home())
