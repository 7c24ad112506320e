"""ProjectPage: what belongs to no single module: name, data, training, totals. Shown while nothing is selected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

import convnet_studio.engine.data.datasets  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.data.dataset import Dataset, DatasetFile
from convnet_studio.engine.nn.module import Setting, SettingValue, settings_of
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.schedule import Schedule
from convnet_studio.engine.project.data_settings import DATA_SETTINGS
from convnet_studio.engine.project.edits import rename_project, set_data, set_dataset, set_training, set_unfold
from convnet_studio.engine.project.invariants import UNFOLD
from convnet_studio.engine.project.spec import Project, TrainingSpec
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.training_settings import TRAINING_SETTINGS
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.formula import Formula
from convnet_studio.ui.controls.label import Caption, Sentence
from convnet_studio.ui.controls.mark import Mark
from convnet_studio.ui.controls.number_text import field_line
from convnet_studio.ui.controls.setting_field import FormRow
from convnet_studio.ui.inspector.change_marks import ChangeMark
from convnet_studio.ui.inspector.facts import Facts
from convnet_studio.ui.inspector.page_header import PageHeader
from convnet_studio.ui.inspector.problem_list import ProblemList
from convnet_studio.ui.inspector.settings_form import SettingsForm
from convnet_studio.ui.open_project import OpenProject

MODULES, PARAMETERS, ARITHMETIC = "Modules", "Parameters", "Multiply-adds"
CONNECTIONS, BYTES, FIELD = "Connections", "Bytes moved", "Receptive field"
OPTIMIZER = "optimizer"
SCHEDULE = "schedule"
AUGMENTATION = {"Augmentation": ("shift", "flip", "scale", "noise")}
REGULARIZATION = {"Regularisation": ("l2", "l1", "penalties_from", "max_norm", "clip_norm")}


class ProjectPage(QWidget):
    """Every change of the training form works while training runs, from the next step on."""

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._open_project = open_project
        self.header = PageHeader("project")
        self.problems = ProblemList()
        names = list(DatasetFile.registry)
        self.data = ChoiceField("Data set", names, [DatasetFile.registry[each].title for each in names])
        self.data_about = Sentence()
        self.optimizer_formula = Formula(pixels=15)
        self.totals = Facts((MODULES, PARAMETERS, ARITHMETIC, CONNECTIONS, BYTES, FIELD))
        self.time_caption = Caption("Recurrent wires")
        self.time = SettingsForm((UNFOLD,))
        self._form_rows: list[Setting] = []
        self.form = SettingsForm(())
        self.data_form = SettingsForm(DATA_SETTINGS.values(), AUGMENTATION)
        self._arrange()
        self.header.renamed.connect(self._rename)
        self.data.entered.connect(self._set_dataset)
        self.data_form.entered.connect(self._set_data)
        self.time.entered.connect(self._set_unfold)

    def _arrange(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        data_row = FormRow("Data set", self.data, Mark.NEW_WEIGHTS, "What the network learns from.")
        data_row.show_mark(Mark.NEW_WEIGHTS, "A new run begins; network and settings stay as they are.")
        self._column.addWidget(self.header)
        self.data_form.show_marks(
            {"normalization": ChangeMark(Mark.NEW_WEIGHTS, "A new run begins, on the same weights.")}
        )
        for widget in (self.problems, Caption("Data"), data_row, self.data_about, self.data_form):
            self._column.addWidget(widget)
        self._column.addSpacing(4)
        self._column.addWidget(self.time_caption)
        self._column.addWidget(self.time)
        self._column.addWidget(Caption("Training"))
        self._column.addWidget(self.form)
        self._column.addWidget(self.optimizer_formula)
        self._column.addSpacing(4)
        self._column.addWidget(Caption("Whole network, for one picture"))
        self._column.addWidget(self.totals)
        self._column.addStretch(1)

    # ---------------------------------------------------------------- what is shown

    def show_project(self, project: Project) -> None:
        """Show the project's values."""
        self.header.show_project(project.name)
        self.data.show_value(project.data.dataset)
        self.data_form.show_values({name: getattr(project.data, name) for name in DATA_SETTINGS})
        rows = training_form(project.training.optimizer, project.training.schedule)
        if rows != self._form_rows:
            self._renew_form(rows, project.training.optimizer)
        self.form.show_values(training_values(project.training))
        is_recurrent = any(link.is_recurrent for link in project.network.links)
        self.time_caption.setVisible(is_recurrent)
        self.time.setVisible(is_recurrent)
        self.time.show_values({UNFOLD.name: project.network.unfold})

    def _renew_form(self, rows: list[Setting], optimizer: str) -> None:
        self._form_rows = rows
        old = self.form
        self.form = SettingsForm(rows, REGULARIZATION)
        self.form.entered.connect(self._set)
        self.form.show_marks(training_marks(self.form.fields))
        self._column.replaceWidget(old, self.form)
        old.hide()
        old.deleteLater()
        known = Optimizer.registry.get(optimizer)
        self.optimizer_formula.show_formula(known.formula if known else "")
        self.optimizer_formula.setVisible(known is not None)

    def show_summary(self, summary: Summary) -> None:
        """Show totals, and problems that stand at no single module."""
        self.problems.show_problems(summary.problems)
        self.totals.show_fact(MODULES, f"{len(summary.modules):,}")
        self.totals.show_fact(PARAMETERS, f"{summary.parameters:,}")
        self.totals.show_fact(ARITHMETIC, f"{summary.multiply_accumulates:,}")
        self.totals.show_fact(CONNECTIONS, f"{summary.cost.connections:,}")
        self.totals.show_fact(BYTES, f"{summary.cost.bytes_moved:,}")
        self.totals.show_fact(FIELD, field_line(summary.receptive_field))

    def set_dataset(self, dataset: Dataset) -> None:
        """Say what the data set holds."""
        channels, height, width = dataset.input_shape
        look = {2: "grey stereo pairs", 3: "colour"}.get(channels, "grey")
        classes = f"{dataset.classes} classes" if dataset.classes > 1 else "no classes"
        synthetic = ", synthetic" if dataset.synthetic else ""
        self.data_about.show_text(
            f"{len(dataset.train):,} pictures to learn from, {len(dataset.test):,} held out; "
            f"{classes}, {height}×{width} {look}{synthetic}."
        )

    # ---------------------------------------------------------------- edits

    def _rename(self, name: str) -> None:
        self._edit("Rename the project", lambda now: rename_project(now, name))
        self.header.show_project(self._open_project.project.name)

    def _set_dataset(self, name: object) -> None:
        self._edit("Change the data", lambda now: set_dataset(now, str(name)))

    def _set_data(self, name: str, value: object) -> None:
        text, key = f"Set {DATA_SETTINGS[name].label.lower()}", f"data.{name}"
        if refusal := self._edit(text, lambda now: set_data(now, **{name: value}), key):
            self.data_form.refuse(name, refusal)
        else:
            self.show_project(self._open_project.project)

    def _set_unfold(self, name: str, value: object) -> None:
        if refusal := self._edit("Set the steps of time", lambda now: set_unfold(now, value), name):
            self.time.refuse(name, refusal)
        else:
            self.show_project(self._open_project.project)

    def _set(self, name: str, value: object) -> None:
        label = self.form.fields[name].setting.label
        change = training_change(self._open_project.project.training, name, value)
        text, key = f"Set {label.lower()}", f"training.{name}"
        if refusal := self._edit(text, lambda now: set_training(now, **change), key):
            self.form.refuse(name, refusal)
        else:
            self.show_project(self._open_project.project)

    def _edit(self, text: str, change: Callable[[Project], Project], merge_key: str = "") -> str:
        """Make an edit; the sentence why not, if it is refused."""
        try:
            after = change(self._open_project.project)
        except ValueError as refusal:
            return str(refusal)
        self._open_project.edit(text, after, merge_key)
        return ""


def training_form(optimizer: str, schedule: str) -> list[Setting]:
    """The rows of the training form: schedule and optimizer, each with its own settings, and those of every training.

    A schedule's own settings are called ``schedule.<name>``, so that they never meet those of an optimizer.
    """
    names = tuple(Optimizer.registry)
    choice = Setting(OPTIMIZER, "Optimizer", "How a gradient moves the weights.", str, optimizer, choices=names)
    own = settings_of(Optimizer.registry[optimizer]) if optimizer in Optimizer.registry else ()
    falling = settings_of(Schedule.registry[schedule]) if schedule in Schedule.registry else ()
    of_schedule = [replace(each, name=f"{SCHEDULE}.{each.name}") for each in falling]
    rows = dict(TRAINING_SETTINGS)
    return [rows.pop("rate"), rows.pop(SCHEDULE), *of_schedule, choice, *own, *rows.values()]


def training_values(training: TrainingSpec) -> dict[str, SettingValue]:
    """The values in force by the names of the form's rows."""
    values: dict[str, SettingValue] = {name: getattr(training, name) for name in TRAINING_SETTINGS}
    of_schedule = {f"{SCHEDULE}.{name}": value for name, value in training.schedule_settings.items()}
    return {**training.optimizer_settings, **of_schedule, **values, OPTIMIZER: training.optimizer}


def training_change(training: TrainingSpec, name: str, value: object) -> dict[str, object]:
    """What to change in the training spec when a row of the form is set."""
    if name == OPTIMIZER or name in TRAINING_SETTINGS:
        return {name: value}
    if name.startswith(f"{SCHEDULE}."):
        return {"schedule_settings": {**training.schedule_settings, name.removeprefix(f"{SCHEDULE}."): value}}
    return {"optimizer_settings": {**training.optimizer_settings, name: value}}


def training_marks(names: Mapping[str, object]) -> dict[str, ChangeMark]:
    """All of the form applies from the next step, except the seed, which waits for the next run."""
    marks = {name: ChangeMark(Mark.NEXT_STEP) for name in names}
    marks["seed"] = ChangeMark(Mark.NEW_WEIGHTS, "Reset draws them from this seed.")
    return marks
