"""Undo keys in a field: they undo typing that was not entered yet; else they mean the project's undo, the window's."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeyEvent, QKeySequence


def is_undo_for_window(event: QEvent, is_typing: bool) -> bool:
    """Whether `event` asks if a field wants an undo or redo key that it should leave to the window.

    Qt lets a text field swallow these keys even where it has nothing to undo. A field hands each event here first, and
    where the answer is yes, ignores it and passes it on to nobody: then the window's shortcut takes it.

    Args:
        event: any event of the field.
        is_typing: whether the field holds text that nobody has taken yet.
    """
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride or is_typing:
        return False
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
