"""Actions: one table of everything the window can be told, from which menus, buttons and shortcuts are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from convnet_studio.ui.theme import icon


@dataclass(frozen=True)
class ActionRow:
    """One action: `name` for code, `text` for people, `menu` it stands in, `shortcuts` (the first is shown)."""

    name: str
    text: str
    menu: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    separator_before: bool = False
    canvas_key: str = ""
    """A key that the canvas takes while it has the focus; the menu only tells it."""
    choice: str = ""
    """Rows of one choice exclude each other; the one in force bears a mark."""


ACTIONS = (
    ActionRow("menu", "Menu", "", ("F10",), "", "Open the menu"),
    ActionRow("new", "New", "File", ("Ctrl+N",), "file-plus", "Start with an empty canvas"),
    ActionRow("open", "Open…", "File", ("Ctrl+O",), "folder-open", "Open a .cvstudio project"),
    ActionRow("save", "Save", "File", ("Ctrl+S",), "save", "Save the project with its weights", True),
    ActionRow("save_as", "Save as…", "File", ("Ctrl+Shift+S",), "", "Save under another name"),
    ActionRow("rename_project", "Rename the project", "File", (), "", "Type another name at the inspector's head"),
    ActionRow("quit", "Quit", "File", ("Ctrl+Q",), "", "", True),
    ActionRow("undo", "Undo", "Edit", ("Ctrl+Z",), "undo-2"),
    ActionRow("redo", "Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo-2"),
    ActionRow("select_all", "Select all", "Edit", (), "", "", True, "Ctrl+A"),
    ActionRow("duplicate", "Duplicate", "Edit", (), "copy", "Copy the selected modules", False, "Ctrl+D"),
    ActionRow("rename", "Rename", "Edit", (), "", "Give the selected module another name", False, "F2"),
    ActionRow("delete", "Delete", "Edit", (), "trash-2", "Take the selected modules and wires out", False, "Del"),
    ActionRow(
        "group_stage", "Group to a stage", "Edit", ("Ctrl+G",), "group", "Make the selected modules one stage", True
    ),
    ActionRow("ungroup_stage", "Ungroup", "Edit", ("Ctrl+Shift+G",), "ungroup", "Let a stage be single modules again"),
    ActionRow(
        "fold_stage", "Fold or unfold the stage", "Edit", ("Ctrl+.",), "", "Draw the stage as one card, or all of it"
    ),
    ActionRow("freeze", "Freeze or let learn", "Edit", ("Ctrl+L",), "lock", "Whether training changes the selection"),
    ActionRow("find_module", "Find a module", "Edit", ("/", "Ctrl+F"), "search", "Go to the palette's search", True),
    ActionRow("play", "Play or pause", "Train", ("F5", "Ctrl+Return"), "play", "Train until told otherwise"),
    ActionRow("step_sample", "Step sample", "Train", ("F7",), "", "One update on the next single sample", True),
    ActionRow("step_batch", "Step batch", "Train", ("F8",), "", "One update on the next mini-batch"),
    ActionRow("step_epoch", "Step epoch", "Train", ("F9",), "", "Train to the end of this pass over the data"),
    ActionRow("reset", "Reset", "Train", ("Ctrl+R",), "rotate-ccw", "Back to the same initial weights", True),
    ActionRow("new_weights", "New weights", "Train", ("Ctrl+Shift+R",), "dices", "Draw other initial weights"),
    ActionRow("zoom_in", "Zoom in", "View", ("Ctrl++", "Ctrl+="), "plus"),
    ActionRow("zoom_out", "Zoom out", "View", ("Ctrl+-",), "minus"),
    ActionRow("zoom_reset", "Actual size", "View", ("Ctrl+0",)),
    ActionRow("fit", "Show the whole network", "View", ("F",), "maximize"),
    ActionRow("theme_light", "Light", "View", separator_before=True, choice="theme"),
    ActionRow("theme_dark", "Dark", "View", choice="theme"),
    ActionRow("theme_system", "As the system", "View", choice="theme"),
    ActionRow("restore_layout", "Restore the layout", "View", (), "", "Put all panels back to their places", True),
    ActionRow("credits", "Credits", "Help", (), "", "Fonts, icons and data sets, with their licences"),
    ActionRow("about", "About ConvNet Studio", "Help"),
)


class Actions:
    """The QActions of the table by name.

    Args:
        owner: the window that the shortcuts belong to.
        handlers: what each action does, by its name; every row needs one.
    """

    def __init__(self, owner: QWidget, handlers: dict[str, Callable[[], object]]) -> None:
        self._by_name: dict[str, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        for row in ACTIONS:
            action = QAction(row.text + (f"\t{row.canvas_key}" if row.canvas_key else ""), owner)
            if row.choice:
                action.setCheckable(True)
                groups.setdefault(row.choice, QActionGroup(owner)).addAction(action)
            action.setShortcuts([QKeySequence(each) for each in row.shortcuts])
            action.setStatusTip(row.tip)
            action.setToolTip(self._tool_tip(row))
            action.triggered.connect(partial(call_ignoring_checked, handlers[row.name]))
            owner.addAction(action)
            self._by_name[row.name] = action
        self.recolor()

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def recolor(self) -> None:
        """Draw the icons anew in the colours of the theme in force."""
        for row in ACTIONS:
            if row.icon:
                self[row.name].setIcon(icon(row.icon))

    def fill_menu(self, menu: QMenu, name: str) -> None:
        """Add all actions that the table puts into the menu `name`."""
        for row in ACTIONS:
            if row.menu == name:
                if row.separator_before:
                    menu.addSeparator()
                menu.addAction(self[row.name])

    @staticmethod
    def _tool_tip(row: ActionRow) -> str:
        shortcut = (
            QKeySequence(row.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText) if row.shortcuts else ""
        )
        words = row.tip or row.text
        return f"{words} ({shortcut})" if shortcut else words


def call_ignoring_checked(act: Callable[[], object], _checked: bool = False) -> None:
    """Slot for `triggered`, which brings a bool that plain functions do not want."""
    act()
