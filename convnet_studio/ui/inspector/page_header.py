"""PageHeader: name, plain word and family of what the inspector shows, and what to look at of it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.controls.label import ElidedLabel
from convnet_studio.ui.controls.name_field import NameField
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.theme import FAMILY_ICONS, icon_pixmap, text_font, theme, theme_switch

MAPS, FILTERS = "Maps", "Filters"
_BAR_WIDTH = 4
_WORD_INDENT = 24  # room for the icon


class PageHeader(QWidget):
    """The family's colour as a bar; beneath the name the plain word with the family's icon."""

    renamed = Signal(str)
    """The name that the user typed; empty for the kind's own."""
    tab_chosen = Signal(str)

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._family: Family | None = None
        self._icon = ""
        self._kind = ""
        self.name = NameField(f"Name of the {what}")
        self.word = ElidedLabel("", "second_text", text_font(12))
        self.word.setContentsMargins(_WORD_INDENT, 0, 0, 0)
        self.tabs = SegmentedControl("What is shown", (MAPS, FILTERS))
        names = QVBoxLayout()
        names.setContentsMargins(_BAR_WIDTH + 2, 0, 0, 0)
        names.setSpacing(2)
        names.addWidget(self.name)
        names.addWidget(self.word)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addLayout(names, 1)
        row.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignTop)
        self.name.entered.connect(lambda text: self.renamed.emit("" if text.strip() == self._kind else text))
        self.tabs.chosen.connect(self.tab_chosen)
        theme_switch().changed.connect(self.update)

    def show_module(self, module: ModuleSpec, learns: bool) -> None:
        """Show a module; `learns`: it has filters to look at."""
        kind = find_kind(module.kind)
        self._family = kind.family if kind else None
        self._icon = FAMILY_ICONS[kind.family] if kind else "circle-alert"
        self._kind = module.kind
        self.name.show_name(title(module), module.kind)
        word = kind.word if kind else "unknown to this version"
        self._show_word(f"{module.kind} · {word}" if module.name else word)
        self.setToolTip((kind.__doc__ or "").strip().split("\n")[0] if kind else "")
        self.tabs.setVisible(learns)

    def show_stage(self, name: str, placeholder: str, word: str) -> None:
        """Show a stage."""
        self._family, self._icon, self._kind = None, "group", placeholder
        self.name.show_name(name, placeholder)
        self._show_word(word)
        self.tabs.setVisible(False)

    def show_project(self, name: str) -> None:
        """Show the project."""
        self._family, self._icon = None, "folder-open"
        self.name.show_name(name)
        self._show_word("project")
        self.tabs.setVisible(False)

    def _show_word(self, word: str) -> None:
        self.word.show_text(word)
        self.word.setAccessibleDescription(self._family.value if self._family else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bar and icon."""
        if not self._icon:
            return
        now = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.family(self._family) if self._family else now.color("strong_line"))
        painter.drawRoundedRect(QRectF(0, 2, _BAR_WIDTH, self.height() - 4), 2, 2)
        color = now.family_text(self._family) if self._family else now.color("second_text")
        pixmap = icon_pixmap(self._icon, color, 14, self.devicePixelRatioF())
        painter.drawPixmap(_BAR_WIDTH + 8, self.word.y() + (self.word.height() - 14) // 2, pixmap)
