"""RaceTransport: the buttons that let walkers go, step by step, back, and away, and how fast they go."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.theme import icon, text_font, theme_switch

SPEEDS = (1, 5, 20, 60, 150)
"""Steps a second."""
PLAY, PAUSE = "Play", "Pause"
_BUTTONS = {
    PLAY: ("play", "Let all balls go, or hold them"),
    "Step": ("step-forward", "One step of every ball"),
    "Back": ("undo-2", "Take the last step of every ball back"),
    "Restart": ("rotate-ccw", "Every ball back to where it was dropped"),
    "Clear": ("trash-2", "Take all balls away"),
}
_ICON_WIDTH = 36


class RaceTransport(QWidget):
    """A row of buttons; narrow, they show their icons alone."""

    pressed = Signal(str)
    """The word of a button: Play, Step, Back, Restart, Clear."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_playing, self._is_wide = False, True
        self.buttons = {word: self._button(word, tip) for word, (_, tip) in _BUTTONS.items()}
        self.speed = ChoiceField("Speed", [str(each) for each in SPEEDS], [f"{each} steps/s" for each in SPEEDS])
        self.speed.show_value("20")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addWidget(self.speed)
        row.addStretch(1)
        theme_switch().changed.connect(self._refresh)
        self._refresh()

    def _button(self, word: str, tip: str) -> QPushButton:
        button = QPushButton(word)
        button.setFont(text_font(12))
        button.setIconSize(QSize(14, 14))
        button.setToolTip(tip)
        button.setAccessibleName(f"{word}: {tip}")
        button.clicked.connect(lambda: self.pressed.emit(word))
        return button

    @property
    def steps_a_second(self) -> int:
        """How fast they go."""
        return int(self.speed.value)

    def show_state(self, is_playing: bool, has_any: bool, has_moved: bool) -> None:
        """Whether walkers go, whether there are any, whether any has left its place."""
        self._is_playing = is_playing
        for word, button in self.buttons.items():
            button.setEnabled(has_moved if word in ("Back", "Restart") else has_any)
        self._refresh()

    def show_wide(self, is_wide: bool) -> None:
        """Whether there is room for words."""
        self._is_wide = is_wide
        self._refresh()

    def _refresh(self) -> None:
        for word, button in self.buttons.items():
            is_pause = word == PLAY and self._is_playing
            shown = PAUSE if is_pause else word
            button.setText(shown if self._is_wide else "")
            button.setIcon(icon("pause" if is_pause else _BUTTONS[word][0]))
        play = self.buttons[PLAY]
        room = play.fontMetrics().horizontalAdvance(PAUSE) + 46  # both words: nothing moves when it is pressed
        play.setMinimumWidth(room if self._is_wide else _ICON_WIDTH)
