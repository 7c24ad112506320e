"""SelectionPage: several selected modules, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.nn.cost import Cost
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.summary import Summary, total_of
from convnet_studio.ui.controls.label import Caption, Label, Sentence
from convnet_studio.ui.inspector.cost_text import NOT_COMPUTED, why_not_computed
from convnet_studio.ui.inspector.facts import Facts
from convnet_studio.ui.theme import text_font

TOTALS = ("Parameters", "Multiply-adds", "Connections", "Bytes moved")
KIND_WIDTH = 150
"""Room for the longest names of modules."""


class SelectionPage(QWidget):
    """How many modules of which kind, and what they cost together."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = Label("", "text", text_font(15, QFont.Weight.DemiBold))
        self.kinds = Facts(())
        self.totals = Facts(TOTALS)
        self.reason = Sentence()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 4, 0, 0)
        self._column.setSpacing(8)
        for widget in (self.heading, self.kinds, Caption("Together, for one picture"), self.totals, self.reason):
            self._column.addWidget(widget)
        self._column.addStretch(1)

    def show_modules(self, modules: Sequence[ModuleSpec], summary: Summary | None) -> None:
        """Show a selection."""
        self.heading.show_text(f"{len(modules)} modules selected")
        counts = Counter(each.kind for each in modules)
        old = self.kinds
        self.kinds = Facts(tuple(counts), KIND_WIDTH)
        for kind, count in counts.items():
            self.kinds.show_fact(kind, f"{count}")
        self._column.replaceWidget(old, self.kinds)
        old.hide()
        old.deleteLater()
        ids = [each.id for each in modules]
        reason = why_not_computed(ids, summary)
        self.reason.show_text(reason)
        self.reason.setVisible(bool(reason))
        cost = total_of(summary, ids) if summary else Cost()
        counts_of_all = (cost.parameters, cost.multiply_accumulates, cost.connections, cost.bytes_moved)
        for name, count in zip(TOTALS, counts_of_all, strict=True):
            self.totals.show_fact(name, NOT_COMPUTED if reason else f"{count:,}")
