"""Key table: the keys and mouse gestures that are no actions of the window, for the shortcut sheet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyRow:
    """`keys`, each a shortcut or a gesture, do `text` while what is named by `where` has the focus."""

    where: str
    keys: tuple[str, ...]
    text: str


KEYS = (
    KeyRow("Canvas", ("Tab", "Shift+Tab"), "Walk along the wires"),
    KeyRow("Canvas", ("←", "→", "↑", "↓"), "Move the selected cards"),
    KeyRow("Canvas", ("Shift+←",), "Move them further"),
    KeyRow("Canvas", ("Backspace",), "Delete, as Del does"),
    KeyRow("Canvas", ("Esc",), "Stop what the mouse does; select nothing"),
    KeyRow("Canvas", ("Space+drag",), "Move the canvas"),
    KeyRow("Canvas", ("Ctrl+wheel",), "Zoom about the pointer"),
    KeyRow("Canvas", ("Shift+click",), "Select one more"),
    KeyRow("Outline", ("↑", "↓"), "Walk along the network"),
    KeyRow("Outline", ("→", "←"), "Show or hide what is inside"),
    KeyRow("Outline", ("Shift+↓",), "Select several"),
    KeyRow("Outline", ("Enter",), "Go to the settings"),
    KeyRow("Outline", ("Del",), "Take the module or the wire out"),
    KeyRow("Backprop", ("→", "←"), "One step on or back"),
    KeyRow("Backprop", ("↓", "↑"), "Finer or coarser steps"),
    KeyRow("Backprop", ("Home", "L", "End"), "Start, loss, last gradient"),
    KeyRow("Backprop", ("Ctrl+→",), "Select another number"),
    KeyRow("Backprop", ("Enter",), "Edit the selected number"),
    KeyRow("Lesson", ("Space", "PgDown"), "What comes next: a chunk, or a page"),
    KeyRow("Lesson", ("1", "9"), "Choose an answer"),
    KeyRow("Lesson", ("Enter",), "Check the answer"),
    KeyRow("Lesson", ("H",), "A hint"),
    KeyRow("Lesson", ("S",), "Show me"),
    KeyRow("Lesson", ("Alt+↑", "Alt+↓"), "Move an answer, to put all in order"),
    KeyRow("Presenting", ("Ctrl++", "Ctrl+-"), "Larger, smaller"),
    KeyRow("Presenting", ("B",), "Blank the screen"),
    KeyRow("Presenting", ("L",), "Spotlight about the pointer"),
    KeyRow("Presenting", ("Esc",), "Back to the window"),
    KeyRow("Lists and fields", ("↑", "↓"), "Change a number, choose a row"),
    KeyRow("Lists and fields", ("Enter",), "Take what was typed or chosen"),
    KeyRow("Lists and fields", ("Esc",), "Leave it as it was"),
)
