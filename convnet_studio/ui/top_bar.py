"""Top bar: menu, name, transport, metrics and data set in one row."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFont, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton

from convnet_studio.engine.data.dataset import DatasetFile
from convnet_studio.ui.actions import Actions
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.label import ElidedLabel
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.metrics import GAP, NARROW_GAP, Metrics
from convnet_studio.ui.theme import icon, text_font, theme, theme_switch

HEIGHT = 52
BUTTON_HEIGHT = 30
DATASET_WIDTH = 128
"""At most: a longer title must not press the other fields together; the tooltip has all of it."""
WIDE = 1520
"""From this width on there is room for words beside the icons."""
WIDER = 1720
"""From this width on every step button says what it is; below, one word before them does."""
WIDEST = 1880
"""From this width on there is room for all: the data set, which the inspector has too, and a long name."""

SPEEDS: tuple[tuple[str, float | None], ...] = (
    ("Full speed", None),
    ("100 steps/s", 100.0),
    ("10 steps/s", 10.0),
    ("1 step/s", 1.0),
)


class TopBar(QFrame):
    """The row above the canvas; what its buttons do are the window's actions."""

    speed_chosen = Signal(object)
    """Updates per second at most, or None for full speed."""
    dataset_chosen = Signal(str)
    workspace_chosen = Signal(str)
    """Its word, as on the switch."""

    def __init__(self, actions: Actions, menu: QMenu) -> None:
        super().__init__()
        self._actions = actions
        self._words: dict[QPushButton, tuple[str, str]] = {}
        self._buttons: dict[QAction, QAbstractButton] = {}
        self._undo: list[QToolButton] = []
        self._full_place = ""
        self._is_learning, self._has_network = False, True
        self._is_playing = False
        self._full_name = ""
        self.setObjectName("topBar")
        self.setFixedHeight(HEIGHT)
        self._menu_button = self._tool_button("menu", "Menu", menu)
        self._title = QLabel("ConvNet Studio")
        self._title.setFont(text_font(15, QFont.Weight.DemiBold))
        self._name = QLabel()
        self._name.setFont(text_font(13))
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self.workspace = SegmentedControl("Workspace", ("Learn", "Build", "Lab"))
        self.workspace.chosen.connect(self.workspace_chosen)
        self.workspace.choose("Build")
        self._place = ElidedLabel("", "second_text", text_font(13))
        self._return = QPushButton("Return to lesson")
        self._return.clicked.connect(actions["lesson_return"].trigger)
        self._return.hide()
        self.play = self._play_button()
        self._steps = [
            self._button(actions[name], word, wide_word)
            for name, word, wide_word in (
                ("step_sample", "Sample", "Step sample"),
                ("step_batch", "Batch", "Step batch"),
                ("step_epoch", "Epoch", "Step epoch"),
            )
        ]
        self._step_word = QLabel("Step")
        self._step_word.setFont(text_font(12))
        self._reset = self._button(actions["reset"], "", "Reset")
        self._new_weights = self._button(actions["new_weights"], "", "New weights")
        speeds = dict(SPEEDS)
        self._speed = ChoiceField("Speed of training", list(speeds), height=BUTTON_HEIGHT)
        self._speed.setMinimumWidth(104)
        self._speed.entered.connect(lambda name: self.speed_chosen.emit(speeds[name]))
        self.metrics = Metrics()
        titles = {name: each.title for name, each in DatasetFile.registry.items()}
        self._dataset = ChoiceField("Data set", list(titles), list(titles.values()), height=BUTTON_HEIGHT)
        self._dataset.setMaximumWidth(DATASET_WIDTH)
        self._dataset.entered.connect(self.dataset_chosen.emit)
        self._lay_out()
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    def _lay_out(self) -> None:
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 12, 0)
        row.setSpacing(8)
        for widget in (self._menu_button, self._title, self.workspace, self._name):
            row.addWidget(widget)
        row.addWidget(self._place, 1)
        row.addWidget(self._return)
        for name in ("undo", "redo"):
            self._undo.append(self._tool_button_for(self._actions[name]))
            row.addWidget(self._undo[-1])
        row.addStretch(1)
        for button in (self.play, self._step_word, *self._steps, self._reset, self._new_weights, self._speed):
            row.addWidget(button)
        row.addSpacing(4)
        row.addWidget(self.metrics)
        row.addSpacing(4)
        row.addWidget(self._dataset)
        row.addWidget(self._tool_button_for(self._actions["present"]))

    def button_of(self, name: str) -> QAbstractButton | None:
        """The button of an action by its name; None where it has none here."""
        return self._buttons.get(self._actions[name])

    def show_workspace(self, word: str, place: str, has_network: bool) -> None:
        """Mark the workspace that is seen; `place` says where in Learn; without a network, no transport."""
        self.workspace.choose(word)
        self._is_learning = word == "Learn"
        self._has_network = has_network or not self._is_learning
        self._full_place = place
        self._show_parts()

    def offer_return(self, is_offered: bool) -> None:
        """Show the way back to a lesson that is open, or hide it."""
        self._return.setVisible(is_offered)
        self._show_parts()

    def _show_parts(self) -> None:
        """In Learn the place stands where the name is, and what a lesson settles is not there."""
        learns, wide = self._is_learning, self.width()
        returns = not self._return.isHidden()
        self._return.setText("Return to lesson" if wide >= WIDER else "Lesson")
        self._name.setVisible(not learns and (wide >= WIDEST or not returns))  # the window's title has it too
        last = self._full_place.rpartition("›")[2].strip()
        has_room = not self._has_network or wide >= WIDER
        self._place.setText(self._full_place if has_room else last)
        for each in self._undo:
            each.setVisible(self._has_network)
        self._place.setVisible(learns)
        self._title.setVisible(wide >= WIDER)
        for widget in (self.play, *self._steps, self._reset, self.metrics):
            widget.setVisible(self._has_network)
        if learns and wide < WIDE:  # a lesson's name goes first
            self._reset.hide()
        for widget in (self._new_weights, self._speed):
            widget.setVisible(not learns)
        self._dataset.setVisible(not learns and not returns and wide >= WIDEST)
        self._step_word.setVisible(self._has_network and WIDE <= wide < WIDER)

    def show_name(self, name: str, is_unsaved: bool, path: Path | None) -> None:
        """The project's name, with a dot while it is unsaved, and where it lies."""
        self._full_name = f"{name} •" if is_unsaved else name
        place = str(path) if path else "In no file yet"
        self._name.setToolTip(f"{name}\n{place}\n{'Not saved since the last change' if is_unsaved else 'Saved'}")
        self._elide_name()

    def _elide_name(self) -> None:
        width = 170 if self.width() > WIDEST and self._return.isHidden() else 116
        self._name.setText(self._name.fontMetrics().elidedText(self._full_name, Qt.TextElideMode.ElideMiddle, width))

    def show_dataset(self, name: str) -> None:
        """Mark the data set in use."""
        self._dataset.show_value(name)
        self._dataset.setToolTip(self._dataset.currentText())

    def show_playing(self, playing: bool) -> None:
        """The primary button says what a click will do."""
        self._is_playing = playing
        self.play.setText("Pause" if playing else "Play")
        self.play.setIcon(icon("pause" if playing else "play", "on_accent"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words where there is room for them."""
        width = event.size().width()
        self._show_parts()
        self._row.setSpacing(8 if width >= WIDE else 6)
        self.metrics.set_gap(GAP if width >= WIDE else NARROW_GAP)
        for button, (short, long) in self._words.items():
            button.setText(long if width >= (WIDER if button in self._steps else WIDE) else short)
        self._elide_name()
        super().resizeEvent(event)

    def _play_button(self) -> QPushButton:
        button = QPushButton("Play")
        button.setProperty("primary", True)
        button.setFixedWidth(92)
        button.setIconSize(QSize(14, 14))
        button.setToolTip(self._actions["play"].toolTip())
        button.setAccessibleName("Play or pause")
        button.clicked.connect(self._actions["play"].trigger)
        self._buttons[self._actions["play"]] = button
        return button

    def _button(self, action: QAction, word: str, wide_word: str) -> QPushButton:
        button = QPushButton(word)
        button.setToolTip(action.toolTip())
        button.setAccessibleName(action.text())
        button.setIcon(action.icon())
        button.setIconSize(QSize(15, 15))
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(button.setEnabled)
        self._buttons[action] = button
        self._words[button] = (word, wide_word)
        return button

    def _tool_button_for(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        self._buttons[action] = button
        button.setIconSize(QSize(16, 16))
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _tool_button(self, icon_name: str, name: str, menu: QMenu) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(icon_name))
        button.setIconSize(QSize(18, 18))
        button.setAccessibleName(name)
        button.setToolTip(f"{name} (F10)")
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def open_menu(self) -> None:
        """Open the menu, as F10 does."""
        self._menu_button.showMenu()

    def _recolor(self) -> None:
        colors = theme().colors
        self.setStyleSheet(f"#topBar {{ background: {colors['surface']}; border-bottom: 1px solid {colors['line']}; }}")
        for quiet in (self._name, self._step_word):
            quiet.setStyleSheet(f"color: {colors['second_text']};")
        self._menu_button.setIcon(icon("menu"))
        self._reset.setIcon(icon("rotate-ccw"))
        self._new_weights.setIcon(icon("dices"))
        self.show_playing(self._is_playing)
