"""ModulePage: one selected module: settings, problems, live views, formula and cost."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Module, settings_of
from convnet_studio.engine.project.build import build_module
from convnet_studio.engine.project.edits import (
    mend,
    move_modules,
    rename_module,
    set_learning,
    set_setting,
    share_weights,
    unshare_weights,
)
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.learning_settings import LEARNING_SETTINGS
from convnet_studio.engine.project.spec import ModuleSpec, NetworkSpec, Project
from convnet_studio.engine.project.summary import ModuleSummary, Summary
from convnet_studio.engine.project.validate import Problem
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.controls.formula import Formula
from convnet_studio.ui.controls.label import Caption, Sentence
from convnet_studio.ui.controls.mark import Mark
from convnet_studio.ui.controls.number_text import field_line
from convnet_studio.ui.inspector.change_marks import ChangeMark, marks_of_module
from convnet_studio.ui.inspector.cost_text import (
    NOT_COMPUTED,
    arithmetic_line,
    connections_line,
    parameters_line,
    shapes_line,
)
from convnet_studio.ui.inspector.facts import Facts
from convnet_studio.ui.inspector.page_header import FILTERS, MAPS, PageHeader
from convnet_studio.ui.inspector.problem_list import ProblemList
from convnet_studio.ui.inspector.settings_form import SettingsForm
from convnet_studio.ui.inspector.sharing_row import SharingRow
from convnet_studio.ui.inspector.table_editor import TableEditor
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.view import View
from convnet_studio.ui.views.filters import FiltersView
from convnet_studio.ui.views.maps import MapsView

LEARNING = "Learning"
SHAPE, PARAMETERS, ARITHMETIC = "Shape", "Parameters", "Multiply-adds"
CONNECTIONS, BYTES, FIELD = "Connections", "Bytes moved", "Receptive field"


class ModulePage(QWidget):
    """Shows one module; the choice between maps and filters is kept from module to module."""

    probes_changed = Signal()

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._open_project = open_project
        self._module: ModuleSpec | None = None
        self._known: ModuleSummary | None = None
        self._wanted_tab = MAPS
        self._dataset: Dataset | None = None
        self._marked: tuple[SettingsForm, NetworkSpec, Dataset] | None = None
        self.header = PageHeader("module")
        self.problems = ProblemList()
        self.form_caption = Caption("Settings")
        self.form = SettingsForm(())
        self.remark = Sentence()
        self.learning = SettingsForm(LEARNING_SETTINGS.values(), {LEARNING: tuple(LEARNING_SETTINGS)})
        self.table = TableEditor()
        self.sharing = SharingRow()
        maps, filters = MapsView(open_project), FiltersView(open_project)
        self.views: dict[str, View] = {MAPS: maps, FILTERS: filters}
        for view in (maps, filters):
            view.setContentsMargins(0, 0, 0, 0)
            view.panel.hug()
        self.facts = Facts((SHAPE, PARAMETERS, ARITHMETIC, CONNECTIONS, BYTES, FIELD))
        self.formula = Formula()
        self._arrange()
        maps.wishes_changed.connect(self.probes_changed)
        self.header.renamed.connect(self._rename)
        self.learning.entered.connect(self._set_learning)
        drawn = ChangeMark(Mark.NEW_WEIGHTS, "Reset draws them so.")
        self.learning.show_marks({"initializer": drawn, "scale": drawn})
        self.header.tab_chosen.connect(self._choose_tab)
        self.problems.mend_requested.connect(self._mend)
        self.sharing.chosen.connect(self._share)
        self.table.entered.connect(self._set_table)

    def _arrange(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        settings = (self.form_caption, self.form, self.table, self.remark, self.sharing, self.learning)
        above: list[QWidget] = [self.header, self.problems, *settings]
        below: list[QWidget] = [Caption("Cost"), self.facts, Caption("Formula"), self.formula]
        for widget in above:
            self._column.addWidget(widget)
        self._column.addSpacing(4)
        for view in self.views.values():
            self._column.addWidget(view)
        self._column.addSpacing(4)
        for widget in below:
            self._column.addWidget(widget)
        self._column.addStretch(1)

    # ---------------------------------------------------------------- what is shown

    def show_module(self, module: ModuleSpec, summary: Summary | None) -> None:
        """Show a module; the form is made anew only for another module, so that typing is never interrupted."""
        kind = find_kind(module.kind)
        if self._module is None or (module.id, module.kind) != (self._module.id, self._module.kind):
            self._renew_form(kind)
            self.formula.show_formula(kind.formula if kind else "")
        self._module = module
        self._known = summary.modules.get(module.id) if summary else None
        self.header.show_module(module, learns=has_parameters(kind))
        self.form.show_values(module.settings)
        self.table.show_module(module, self._known)
        if "table" in self.form.fields:  # where the editor below can show it, it is there, and there only
            self.form.fields["table"].setVisible(self.table.isHidden())
        self._show_remark(module)
        self.learning.show_values({name: getattr(module.learning, name) for name in LEARNING_SETTINGS})
        self.learning.setVisible(has_parameters(kind) and not module.shares)
        self._show_sharing(module)
        self._show_marks()
        self._show_facts(module)
        self._show_tab(self._wanted_tab if has_parameters(kind) else MAPS)

    def _renew_form(self, kind: type | None) -> None:
        old = self.form
        self.form = SettingsForm(settings_of(kind) if kind else ())
        self.form.entered.connect(self._set)
        self._column.replaceWidget(old, self.form)
        old.hide()
        old.deleteLater()
        self.form_caption.setVisible(bool(self.form.fields))
        self.form.setVisible(bool(self.form.fields))

    def _show_remark(self, module: ModuleSpec) -> None:
        made = build_module(module)
        text = made.remark() if isinstance(made, Module) else ""
        self.remark.show_text(text)
        self.remark.setVisible(bool(text))

    def _show_sharing(self, module: ModuleSpec) -> None:
        project = self._open_project.project
        if module.id in project.network:
            self.sharing.show_module(project, module)
            self.form_caption.setVisible(bool(self.form.fields) or not self.sharing.isHidden())

    def _show_facts(self, module: ModuleSpec) -> None:
        known = self._known
        self.problems.show_problems(known.problems if known else ())
        if known is not None and known.shape is None:
            for name in (SHAPE, PARAMETERS, ARITHMETIC, CONNECTIONS, BYTES, FIELD):
                self.facts.show_fact(name, NOT_COMPUTED)
            return
        self.facts.show_fact(SHAPE, shapes_line(known) if known else "")
        self.facts.show_fact(PARAMETERS, parameters_line(module, known) if known else "")
        self.facts.show_fact(ARITHMETIC, arithmetic_line(module, known) if known else "")
        self.facts.show_fact(CONNECTIONS, connections_line(known) if known else "")
        self.facts.show_fact(BYTES, f"{known.cost.bytes_moved:,}" if known else "")
        self.facts.show_fact(FIELD, field_line(known.receptive_field) if known else "")

    def set_dataset(self, dataset: Dataset) -> None:
        """Marks depend on the size of the pictures."""
        self._dataset = dataset
        self._show_marks()

    def _show_marks(self) -> None:
        project = self._open_project.project
        if self._dataset is None or self._module is None or self._module.id not in project.network:
            return
        places = {each.id: (0.0, 0.0) for each in project.network.modules}
        drawing = (self.form, move_modules(project, places).network, self._dataset)
        if drawing != self._marked:  # a card that is only dragged changes no mark
            self._marked = drawing
            shape, classes = self._dataset.input_shape, self._dataset.classes
            marks = marks_of_module(project, self._module.id, shape, classes)
            self.form.show_marks(marks)
            if "table" in marks:
                self.table.show_mark(marks["table"])

    def _choose_tab(self, tab: str) -> None:
        self._wanted_tab = tab
        self._show_tab(tab)
        self.probes_changed.emit()

    def _show_tab(self, tab: str) -> None:
        self.header.tabs.choose(tab)
        is_told = self._known is not None and self._known.shape is None and bool(self._known.problems)
        for name, view in self.views.items():
            view.setVisible(name == tab and not is_told)  # the box above says why there is nothing to see

    # ---------------------------------------------------------------- edits

    def _set(self, name: str, value: object) -> None:
        assert self._module
        module_id, label = self._module.id, self.form.fields[name].setting.label
        text = f"Set {label.lower()} of {title(self._module)}"
        if refusal := self._edit(text, lambda now: set_setting(now, module_id, name, value), f"{module_id}.{name}"):
            self.form.refuse(name, refusal)
        else:
            self.form.fields[name].show_value(self._module.settings.get(name, self.form.fields[name].setting.default))

    def _set_table(self, table: str) -> None:
        """Every click and every drag in the connection table is an entry of its own."""
        assert self._module
        module_id = self._module.id
        text = f"Connect the maps of {title(self._module)}"
        if refusal := self._edit(text, lambda now: set_setting(now, module_id, "table", table)):
            self.table.refuse(refusal)

    def _set_learning(self, name: str, value: object) -> None:
        assert self._module
        module_id, label = self._module.id, LEARNING_SETTINGS[name].label
        text, key = f"Set {label.lower()} of {title(self._module)}", f"{module_id}.learning.{name}"
        if refusal := self._edit(text, lambda now: set_learning(now, module_id, **{name: value}), key):
            self.learning.refuse(name, refusal)
        else:
            self.learning.fields[name].show_value(getattr(self._module.learning, name))

    def _share(self, owner: str) -> None:
        assert self._module
        module_id, name = self._module.id, title(self._module)
        if owner:
            self._edit(f"Share the weights of {name}", lambda now: share_weights(now, module_id, owner))
        else:
            self._edit(f"Give {name} weights of its own", lambda now: unshare_weights(now, module_id))

    def _rename(self, name: str) -> None:
        assert self._module
        module_id = self._module.id
        self._edit("Rename a module", lambda now: rename_module(now, module_id, name))
        self.header.name.show_name(title(self._module), self._module.kind)

    def _mend(self, problem: Problem) -> None:
        self._edit(f"Mend: {problem.what}", lambda now: mend(now, problem.where, problem.change, problem.before))

    def _edit(self, text: str, change: Callable[[Project], Project], merge_key: str = "") -> str:
        """Make an edit; the sentence why not, if it is refused."""
        try:
            after = change(self._open_project.project)
        except ValueError as refusal:
            return str(refusal)
        self._open_project.edit(text, after, merge_key)
        return ""


def has_parameters(kind: type | None) -> bool:
    """Whether modules of this kind learn something."""
    return kind is not None and issubclass(kind, Module) and bool(parameter_names(kind)) and not kind.is_fitted()


def parameter_names(kind: type[Module]) -> list[str]:
    """The learnable arrays that a module class declares."""
    fields = getattr(kind, "__dataclass_fields__", {})
    return [name for name, field in fields.items() if "parameter" in field.metadata]
