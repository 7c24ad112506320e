"""Actions: one table of everything the window can be told, from which menus, buttons and shortcuts are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

import convnet_studio.engine.export.forms  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.export.form import Form
from convnet_studio.ui.theme import icon

EXPORT = "Export"
"""The menu, within File, of the forms that a network can be written in."""


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
    is_switch: bool = False
    """Switched on and off; it bears a mark while it is on."""


ACTIONS = (
    ActionRow("menu", "Menu", "", ("F10",), "", "Open the menu"),
    ActionRow("new", "New", "File", ("Ctrl+N",), "file-plus", "Start with an empty canvas"),
    ActionRow("open", "Open…", "File", ("Ctrl+O",), "folder-open", "Open a project, or a Torch7 listing (.lua)"),
    ActionRow("save", "Save", "File", ("Ctrl+S",), "save", "Save the project with its weights", True),
    ActionRow("save_as", "Save as…", "File", ("Ctrl+Shift+S",), "", "Save under another name"),
    *(
        ActionRow(f"export_{name}", f"{form.title}…", EXPORT, (), "", f"Write the network as {form.phrase}")
        for name, form in reversed(list(Form.registry.items()))
    ),
    ActionRow("rename_project", "Rename the project", "File", (), "", "Type another name at the inspector's head"),
    ActionRow("export_picture", "Export picture…", "File", ("Ctrl+E",), "image", "Write it as SVG, PDF or PNG"),
    ActionRow("quit", "Quit", "File", ("Ctrl+Q",), "", "", True),
    ActionRow("undo", "Undo", "Edit", ("Ctrl+Z",), "undo-2"),
    ActionRow("redo", "Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo-2"),
    ActionRow("select_all", "Select all", "Edit", (), "", "", True, "Ctrl+A"),
    ActionRow("cut", "Cut", "Edit", (), "scissors", "Copy what is selected and take it out", False, "Ctrl+X"),
    ActionRow("copy", "Copy", "Edit", (), "copy", "Copy what is selected, as text too", False, "Ctrl+C"),
    ActionRow("paste", "Paste", "Edit", (), "clipboard-paste", "Add the modules that were copied", False, "Ctrl+V"),
    ActionRow("duplicate", "Duplicate", "Edit", (), "", "Add a copy of what is selected", False, "Ctrl+D"),
    ActionRow(
        "rename", "Rename", "Edit", (), "", "Another name for the module, another text for the note", False, "F2"
    ),
    ActionRow("delete", "Delete", "Edit", (), "trash-2", "Take what is selected out; a chain heals", False, "Del"),
    ActionRow(
        "group_stage", "Group to a stage", "Edit", ("Ctrl+G",), "group", "Make the selected modules one stage", True
    ),
    ActionRow("ungroup_stage", "Ungroup", "Edit", ("Ctrl+Shift+G",), "ungroup", "Let a stage be single modules again"),
    ActionRow(
        "fold_stage", "Fold or unfold the stage", "Edit", ("Ctrl+.",), "", "Draw the stage as one card, or all of it"
    ),
    ActionRow("freeze", "Freeze, or learn again", "Edit", ("Ctrl+L",), "lock", "Keep the weights as they are", True),
    ActionRow("place_module", "Place a module…", "Edit", (), "plus", "Search for one and put it here", True, "Ins"),
    ActionRow("add_note", "Write a note", "Edit", (), "sticky-note", "Free text beside the network", False, "N"),
    ActionRow("tidy", "Tidy the layout", "Edit", (), "workflow", "Lay the network out from left to right", False, "T"),
    ActionRow("add_module", "Add a module…", "Edit", ("A",), "plus", "Behind the selected one, or into its wire", True),
    ActionRow("connect", "Connect…", "Edit", ("W",), "spline", "Choose the other end of a wire"),
    ActionRow("replace", "Replace…", "Edit", ("Ctrl+H",), "", "Put another module of its family in its place"),
    ActionRow("move_earlier", "Move up the chain", "Edit", ("Alt+Up",), "", "Change places with the module before"),
    ActionRow("move_later", "Move down the chain", "Edit", ("Alt+Down",), "", "Change places with the module behind"),
    ActionRow(
        "recurrent",
        "Make the wire recurrent, or not",
        "Edit",
        ("Ctrl+Shift+L",),
        "rotate-ccw",
        "Let it bring what was a step of time before",
    ),
    ActionRow("find_module", "Find a module", "Edit", ("/", "Ctrl+F"), "search", "Go to the palette's search", True),
    ActionRow("play", "Play or pause", "Train", ("F5", "Ctrl+Return"), "play", "Train until told otherwise"),
    ActionRow("step_sample", "Step sample", "Train", ("F7",), "", "One update on the next single sample", True),
    ActionRow("step_batch", "Step batch", "Train", ("F8",), "", "One update on the next mini-batch"),
    ActionRow("step_epoch", "Step epoch", "Train", ("F9",), "", "Train to the end of this pass over the data"),
    ActionRow("reset", "Reset", "Train", ("Ctrl+R",), "rotate-ccw", "Back to the same initial weights", True),
    ActionRow("new_weights", "New weights", "Train", ("Ctrl+Shift+R",), "dices", "Draw other initial weights"),
    ActionRow("learn", "Learn", "View", ("Ctrl+1",), "", "The course and its lessons", choice="workspace"),
    ActionRow("build", "Build", "View", ("Ctrl+2",), "", "Your network and its training", choice="workspace"),
    ActionRow("lab", "Lab", "View", ("Ctrl+3",), "", "Experiments, one bench each", choice="workspace"),
    ActionRow("lesson_next", "Next page", "Learn", ("PgDown",), "", "On in the lesson: what comes next"),
    ActionRow("lesson_back", "Page before", "Learn", ("PgUp",), "", "Back in the lesson"),
    ActionRow("lesson_return", "Return to lesson", "Learn", (), "", "Set the scene of the page up again"),
    ActionRow("present", "Present", "View", ("F11",), "maximize", "Full screen, for a class", True),
    ActionRow("zoom_in", "Zoom in", "View", ("Ctrl++", "Ctrl+="), "plus", "", True),
    ActionRow("zoom_out", "Zoom out", "View", ("Ctrl+-",), "minus"),
    ActionRow("zoom_reset", "Actual size", "View", ("Ctrl+0",)),
    ActionRow("fit", "Show the whole network", "View", ("F",), "maximize"),
    ActionRow("minimap", "Mini-map", "View", ("Ctrl+Shift+M",), "", "The whole network in small", is_switch=True),
    ActionRow(
        "code", "Code", "View", ("Ctrl+Shift+T",), "", "Show or hide the network as text: Torch7 or PyTorch", True
    ),
    ActionRow("copy_code", "Copy the code", "View", ("Ctrl+Shift+C",), "", "Copy the network as text"),
    ActionRow(
        "outline", "Outline", "View", ("Ctrl+Shift+O",), "list-checks", "Show or hide the network as a list", True
    ),
    ActionRow("inspect", "To the settings and back", "View", ("Ctrl+I",), "", "Go to the inspector, again: back"),
    ActionRow("next_panel", "Next panel", "View", ("F6",)),
    ActionRow("previous_panel", "Previous panel", "View", ("Shift+F6",)),
    ActionRow("wires_off", "Wires: off (where they lead)", "View", (), "", "Draw all alike", True, choice="wires"),
    ActionRow("wires_activation", "Wires: activation", "View", (), "", "Width and colour by outputs", choice="wires"),
    ActionRow("wires_gradient", "Wires: gradient", "View", (), "", "Width and colour by gradients", choice="wires"),
    ActionRow("cost_bars", "Cost bars on the cards", "View", (), "", "Where the counts live", True, is_switch=True),
    ActionRow("theme_light", "Light", "View", separator_before=True, choice="theme"),
    ActionRow("theme_dark", "Dark", "View", choice="theme"),
    ActionRow("theme_system", "As the system", "View", choice="theme"),
    ActionRow("restore_layout", "Restore the layout", "View", (), "", "Put all panels back to their places", True),
    ActionRow("commands", "Command palette…", "Help", ("Ctrl+K", "Ctrl+Shift+P"), "search", "All that can be done"),
    ActionRow("shortcuts", "Keyboard shortcuts", "Help", ("?", "F1"), "info", "All keys on one sheet"),
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
        self._refusals: dict[str, str] = {}
        groups: dict[str, QActionGroup] = {}
        for row in ACTIONS:
            action = QAction(row.text + (f"\t{row.canvas_key}" if row.canvas_key else ""), owner)
            action.setCheckable(row.is_switch or bool(row.choice))
            if row.choice:
                groups.setdefault(row.choice, QActionGroup(owner)).addAction(action)
            action.setShortcuts([QKeySequence(each) for each in row.shortcuts])
            action.setStatusTip(row.tip)
            action.setToolTip(self._tool_tip(row))
            action.triggered.connect(partial(call_ignoring_checked, handlers[row.name]))
            owner.addAction(action)
            self._by_name[row.name] = action
        self.recolor()

    @property
    def by_name(self) -> Mapping[str, QAction]:
        """All of them."""
        return self._by_name

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def allow(self, name: str, why_not: str = "") -> None:
        """Offer an action, or not: then for a reason in a sentence."""
        self._refusals[name] = why_not
        self[name].setEnabled(not why_not)

    def why_not(self, name: str) -> str:
        """Why an action can't be carried out now; empty where it can."""
        return "" if self[name].isEnabled() else self._refusals.get(name, "")

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
