"""StatRow: a few named numbers in even columns."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QWidget

from convnet_studio.ui.controls.label import Label, number_label
from convnet_studio.ui.theme import text_font


class StatRow(QWidget):
    """A small word above each number; the columns never move."""

    def __init__(self, name: str, words: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._words = tuple(words)
        self._numbers = [number_label() for _ in words]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        for column, word in enumerate(words):
            grid.addWidget(Label(word, "second_text", text_font(11)), 0, column)
            grid.addWidget(self._numbers[column], 1, column)
            grid.setColumnStretch(column, 1)
            grid.setColumnMinimumWidth(column, 58)

    def show_numbers(self, numbers: Sequence[str]) -> None:
        """Show one text under each word (empty sequence: none)."""
        texts = list(numbers) or ["–"] * len(self._words)
        for label, text in zip(self._numbers, texts, strict=True):
            label.show_text(text)
        self.setAccessibleDescription(
            ", ".join(f"{word} {text}" for word, text in zip(self._words, texts, strict=True))
        )

    @property
    def texts(self) -> list[str]:
        """The numbers shown."""
        return [label.text() for label in self._numbers]
