"""StagePage: a selected stage: what it does, the modules in its slots, what it costs, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.edits import mend
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.validate import Problem
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.canvas.kind_menu import KindMenu
from convnet_studio.ui.canvas.stage_editor import StageEditor, kinds_of_family
from convnet_studio.ui.canvas.stage_face import PLACEHOLDER, StageFace
from convnet_studio.ui.controls.label import Caption, Label, Sentence
from convnet_studio.ui.controls.number_text import shape_text
from convnet_studio.ui.inspector.cost_text import NOT_COMPUTED, why_not_computed
from convnet_studio.ui.inspector.facts import Facts
from convnet_studio.ui.inspector.page_header import PageHeader
from convnet_studio.ui.inspector.problem_list import ProblemList
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import FAMILY_ICONS, icon, icon_pixmap, text_font, theme, theme_switch

SHAPE, PARAMETERS, ARITHMETIC = "Output", "Parameters", "Multiply-adds"
FAMILY_WIDTH = 100
ICON = 14
OTHERS = "others"
_BUTTON_PADDING = 13
"""Of all buttons, with their edge (`style.py`)."""
DEEDS = {
    Family.NORMALIZATION: "evens out brightness and contrast",
    Family.FILTER_BANK: "looks for patterns with a bank of filters",
    Family.NON_LINEARITY: "passes what it found through a non-linearity",
    Family.POOLING: "pools neighbours, so that small shifts matter less",
    Family.OUTPUT: "turns scores into an answer",
    Family.LOSS: "judges it",
}
"""What modules of a family do, as parts of one sentence."""


class StagePage(QWidget):
    """Shows one stage; every edit goes through the stage editor of the canvas."""

    def __init__(self, open_project: OpenProject, stages: StageEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._open_project = open_project
        self._stages = stages
        self._face: StageFace | None = None
        self._shown: tuple[object, ...] = ()
        self.header = PageHeader("stage")
        self.problems = ProblemList()
        self.about, self.reason = Sentence(), Sentence()
        self.slots = QWidget()
        self.buttons: dict[str, QPushButton] = {}
        """Of the modules by id, and of the empty slots by the words of their families."""
        self.totals = Facts((SHAPE, PARAMETERS, ARITHMETIC))
        self.freeze, self.fold, self.ungroup = (_button() for _ in range(3))
        self.kind_menu = KindMenu(self)
        self._arrange()
        self.header.renamed.connect(self._rename)
        self.problems.mend_requested.connect(self._mend)
        self.freeze.clicked.connect(lambda: self._on_stage(stages.freeze))
        self.fold.clicked.connect(self._fold)
        self.ungroup.clicked.connect(lambda: stages.ungroup())
        theme_switch().changed.connect(self._recolor)

    def _arrange(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        for widget in (self.header, self.problems, self.about, Caption("Slots"), self.slots):
            self._column.addWidget(widget)
        self._column.addSpacing(4)
        self._column.addWidget(Caption("Together, for one picture"))
        self._column.addWidget(self.totals)
        self._column.addWidget(self.reason)
        self._column.addSpacing(4)
        for button in (self.freeze, self.fold, self.ungroup):
            self._column.addWidget(button)
        self._column.addStretch(1)

    def show_stage(self, face: StageFace, project: Project, summary: Summary | None) -> None:
        """Show a stage of `project`; rows are made anew only where the slots hold something else."""
        self._face = face
        self.header.show_stage(face.name, PLACEHOLDER, f"stage of {len(face.modules)} modules")
        self.problems.show_problems(face.problems)
        self.about.show_text(sentence(families_of(project, face)))
        rows = rows_of(project, face)
        if (face.id, rows) != self._shown:
            self._shown = face.id, rows
            self._renew_rows(rows)
        reason = why_not_computed(face.modules, summary)
        self.reason.show_text(reason)
        self.reason.setVisible(bool(reason))
        self.totals.show_fact(SHAPE, shape_text(face.shape) if face.shape is not None else NOT_COMPUTED)
        self.totals.show_fact(PARAMETERS, NOT_COMPUTED if reason else f"{face.parameters:,}")
        self.totals.show_fact(ARITHMETIC, NOT_COMPUTED if reason else f"{face.multiply_accumulates:,}")
        self.freeze.setVisible(face.learning > 0)
        some = f" ({face.frozen} of {face.learning} are)" if face.is_half_frozen else ""
        _say(self.freeze, "Let learn" if face.is_frozen else f"Freeze all parameters{some}", face.lock_help)
        _say(self.fold, "Unfold" if face.is_folded else "Fold to one card", "Ctrl+.")
        _say(self.ungroup, "Ungroup", "Let its modules be single ones again (Ctrl+Shift+G)")
        self._recolor()

    def _renew_rows(self, rows: tuple[tuple[Family | None, tuple[tuple[str, str], ...]], ...]) -> None:
        old, self.slots, self.buttons = self.slots, QWidget(), {}
        column = QVBoxLayout(self.slots)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for family, modules in rows:
            column.addLayout(self._row(family, modules))
        self._column.replaceWidget(old, self.slots)
        old.hide()
        old.deleteLater()

    def _row(self, family: Family | None, modules: tuple[tuple[str, str], ...]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        word = family.value if family else OTHERS
        row.addWidget(_FamilyIcon(family), 0, Qt.AlignmentFlag.AlignTop)
        label = Label(word, "second_text", text_font(12))
        label.setFixedSize(FAMILY_WIDTH - ICON - 8, 24)
        row.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(4)
        for module_id, name in modules:
            button: QPushButton = _NameButton(name, f"Select {name} ({word})")
            button.clicked.connect(lambda _checked=False, each=module_id: self._open_project.select(frozenset((each,))))
            self.buttons[module_id] = button
            column.addWidget(button)
        if not modules and family is not None:
            button = _button("Add…", f"Put a module into the empty slot {word}")
            button.clicked.connect(lambda _checked=False, each=family: self._ask(each))
            self.buttons[word] = button
            column.addWidget(button)
        row.addLayout(column, 1)
        return row

    # ---------------------------------------------------------------- edits

    def _ask(self, family: Family) -> None:
        """Open the menu of what fits into an empty slot."""
        assert self._face is not None
        stage_id, button = self._face.id, self.buttons[family.value]
        fitting = [each for each in kinds_of_family(family) if self._stages.why_not_fill(stage_id, each) is None]
        at = button.mapToGlobal(QPoint(0, button.height() + 2))
        self.kind_menu.ask(fitting, at, lambda kind: self._stages.fill_slot(stage_id, kind))

    def _on_stage(self, act: Callable[[str], object]) -> None:
        if self._face is not None:
            act(self._face.id)

    def _fold(self) -> None:
        if self._face is not None:
            self._stages.fold(self._face.id, not self._face.is_folded)

    def _rename(self, name: str) -> None:
        if self._face is not None:
            self._stages.rename(self._face.id, name)

    def _mend(self, problem: Problem) -> None:
        after = mend(self._open_project.project, problem.where, problem.change, problem.before)
        self._open_project.edit(f"Mend: {problem.what}", after)

    def _recolor(self) -> None:
        is_frozen = self._face is not None and self._face.is_frozen
        is_folded = self._face is not None and self._face.is_folded
        self.freeze.setIcon(icon("lock-open" if is_frozen else "lock"))
        self.fold.setIcon(icon("chevron-down" if is_folded else "chevron-right"))
        self.ungroup.setIcon(icon("ungroup"))
        for family in Family:
            if family.value in self.buttons:
                self.buttons[family.value].setIcon(icon("plus"))


class _FamilyIcon(QWidget):
    """The icon of a family in its colour."""

    def __init__(self, family: Family | None) -> None:
        super().__init__()
        self._family = family
        self.setFixedSize(ICON, 24)
        theme_switch().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._family is not None:
            color = theme().family(self._family)
            pixmap = icon_pixmap(FAMILY_ICONS[self._family], color, ICON, self.devicePixelRatioF())
            QPainter(self).drawPixmap(0, (self.height() - ICON) // 2, pixmap)


class _NameButton(QPushButton):
    """A button whose words may be long: what has no room in the middle is left out; the tooltip has all of it."""

    def __init__(self, words: str, tip: str) -> None:
        super().__init__()
        _dress(self, words, tip)
        self._words = words

    def minimumSizeHint(self) -> QSize:
        """It never asks for more width than there is."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as there is room for."""
        super().resizeEvent(event)
        room = self.width() - 2 * _BUTTON_PADDING
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideMiddle, room))


def families_of(project: Project, face: StageFace) -> list[Family]:
    """The families of a stage's modules in the order of its wires, each once."""
    kinds = (find_kind(project.network.module(each).kind) for each in face.modules)
    return list(dict.fromkeys(kind.family for kind in kinds if kind is not None))


def sentence(families: list[Family]) -> str:
    """What a stage with modules of these families does, in one sentence."""
    deeds = [DEEDS[each] for each in families if each in DEEDS]
    if not deeds:
        return "Modules that are handled as one piece."
    told = deeds[0] if len(deeds) == 1 else f"{'; '.join(deeds[:-1])}; then it {deeds[-1]}"
    return f"It {told}."


def rows_of(project: Project, face: StageFace) -> tuple[tuple[Family | None, tuple[tuple[str, str], ...]], ...]:
    """The four slots, and last (family None) the modules in none; each with ids and names."""
    rows: list[tuple[Family | None, tuple[tuple[str, str], ...]]] = [
        (slot.family, tuple(zip(slot.modules, slot.names, strict=True))) for slot in face.slots
    ]
    placed = {each for slot in face.slots for each in slot.modules}
    others = tuple((each, title(project.network.module(each))) for each in face.modules if each not in placed)
    return (*rows, (None, others)) if others else tuple(rows)


def _button(words: str = "", tip: str = "") -> QPushButton:
    button = QPushButton()
    _dress(button, words, tip)
    return button


def _dress(button: QPushButton, words: str, tip: str) -> None:
    button.setFont(text_font(12))
    button.setIconSize(QSize(ICON, ICON))
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    _say(button, words, tip)


def _say(button: QPushButton, words: str, tip: str) -> None:
    button.setText(words)
    button.setToolTip(tip)
    button.setAccessibleName(words)
    button.setAccessibleDescription(tip)
