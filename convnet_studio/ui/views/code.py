"""Code: the network as text, as it is now: a Torch7 listing or PyTorch code."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

import convnet_studio.engine.export.forms  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.export.form import Form, Written
from convnet_studio.engine.export.outline import outline_of
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.summary import Summary
from convnet_studio.ui.controls.code_text import CodeText, Language
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import icon, text_font, theme, theme_switch
from convnet_studio.ui.view import View

COPY, SAVE = "Copy", "Save…"
_WIDE = 344
_ICON_WIDTH = 40


class CodeView(View):
    """The text follows every edit; its lines and the cards on the canvas select each other."""

    name: ClassVar = "code"
    title: ClassVar = "Code"
    summary: ClassVar = "The network as text: a Torch7 listing or PyTorch code."

    save_requested = Signal(str)
    """The name of the form that is to be written into a file."""

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        forms = [each for each in Form.registry.values() if each.is_text]
        self._forms = {each.word: each for each in sorted(forms, key=lambda each: each.word, reverse=True)}
        self._is_stale = True
        self.language = SegmentedControl("Language", tuple(self._forms))
        self.language.chosen.connect(self._refresh)
        self.copy_button = self._button(COPY, "copy", "Copy the whole text")
        self.copy_button.clicked.connect(self.copy)
        self.save_button = self._button(SAVE, "save", "Write it into a file; PyTorch code with its weights")
        self.save_button.clicked.connect(lambda: self.save_requested.emit(self.form.name))
        self.text = CodeText("The network as text", self._family_color)
        self.text.line_chosen.connect(self._select)
        self.remarks = Sentence()
        self._arrange()
        open_project.changed.connect(self._note_change)
        open_project.replaced.connect(self._note_change)
        open_project.selection_changed.connect(self._mark_selection)
        theme_switch().changed.connect(self._recolor)

    def _arrange(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(8)
        tools.addWidget(self.language)
        tools.addStretch(1)
        tools.addWidget(self.copy_button)
        tools.addWidget(self.save_button)
        column = QVBoxLayout(self)
        self.setContentsMargins(12, 8, 12, 12)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(tools)
        column.addWidget(self.text, 1)
        column.addWidget(self.remarks)

    def _button(self, word: str, icon_name: str, tip: str) -> QPushButton:
        button = QPushButton(word)
        button.setFont(text_font(12))
        button.setIcon(icon(icon_name))
        button.setIconSize(QSize(14, 14))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setMinimumWidth(_ICON_WIDTH)  # its word is left out before the panel asks for more width
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, the buttons show their icons alone."""
        super().resizeEvent(event)
        is_wide = event.size().width() >= _WIDE
        for button, word in ((self.copy_button, COPY), (self.save_button, SAVE)):
            button.setText(word if is_wide else "")

    # ---------------------------------------------------------------- what comes in

    def set_summary(self, summary: Summary) -> None:
        """The network has changed, or its data."""
        self._note_change()

    def showEvent(self, event: QShowEvent) -> None:
        """Bring the text up to date; while nobody looks it is not written."""
        super().showEvent(event)
        if self._is_stale:
            self._refresh()

    def _note_change(self) -> None:
        was_stale, self._is_stale = self._is_stale, True
        if self.isVisible() and not was_stale:
            QTimer.singleShot(0, self, self._refresh_if_stale)

    def _refresh_if_stale(self) -> None:
        if self._is_stale and self.isVisible():
            self._refresh()

    # ---------------------------------------------------------------- what is shown

    @property
    def form(self) -> type[Form]:
        """The form that is shown."""
        return self._forms[self.language.choice]

    @property
    def code(self) -> str:
        """The text as it is now, shown or not."""
        return str(self._written().content)

    def copy(self) -> None:
        """Put the whole text onto the clipboard."""
        QGuiApplication.clipboard().setText(self.code)

    def _written(self) -> Written:
        return self.form().write(outline_of(self.open_project.project))

    def _refresh(self) -> None:
        self._is_stale = False
        written = self._written()
        form = self.form
        self.text.show_code(str(written.content), written.owners, Language(form.comment, form.keywords))
        remarks = written.gaps or written.notes
        more = f" ({len(remarks) - 1} more)" if len(remarks) > 1 else ""
        self.remarks.use_token("warn_text" if written.gaps else "second_text")
        self.remarks.show_text(f"{remarks[0]}{more}" if remarks else "")
        self.remarks.setToolTip("\n".join(remarks))
        self.remarks.setVisible(bool(remarks))
        self.text.mark(self.open_project.selection)

    def _mark_selection(self) -> None:
        self.text.mark(self.open_project.selection)

    def _select(self, module_id: str) -> None:
        if module_id in self.open_project.project.network:
            self.open_project.select(frozenset({module_id}))

    def _family_color(self, module_id: str) -> QColor | None:
        network = self.open_project.project.network
        kind = find_kind(network.module(module_id).kind) if module_id in network else None
        return theme().family_text(kind.family) if kind else None

    def _recolor(self) -> None:
        self.copy_button.setIcon(icon("copy"))
        self.save_button.setIcon(icon("save"))
