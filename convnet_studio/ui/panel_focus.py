"""PanelFocus: the keyboard goes from panel to panel, and to the inspector and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


class PanelFocus:
    """Knows the parts of the window in the order in which the keyboard visits them.

    Args:
        parts: asked anew each time; those that can't be seen are left out.
    """

    def __init__(self, parts: Callable[[], Sequence[QWidget]]) -> None:
        self._parts = parts
        self._origin: QWidget | None = None

    def step(self, forward: bool = True) -> None:
        """Go to the next part, or the one before."""
        parts = [part for part in self._parts() if part.isVisible() and first_field(part) is not None]
        here = [index for index, part in enumerate(parts) if _has_focus(part)]
        start = here[0] if here else (-1 if forward else 0)
        if parts:
            self.enter(parts[(start + (1 if forward else -1)) % len(parts)])

    def enter(self, part: QWidget) -> None:
        """Go to the first place in a part that takes keys."""
        field = first_field(part)
        if field is not None:
            field.setFocus(Qt.FocusReason.TabFocusReason)

    def visit(self, part: QWidget, first: QWidget) -> None:
        """Go to a part, to `first` in it where that takes keys; if the focus is there already, back where it was."""
        now = QApplication.focusWidget()
        if not _has_focus(part):
            self._origin = now
            self.enter(part if first_field(first) is None else first)
        elif self._origin is not None and self._origin.isVisible():
            self._origin.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.step()


def first_field(part: QWidget) -> QWidget | None:
    """The first visible widget in `part`, itself included, that the Tab key reaches."""
    start = part.focusProxy() or part
    here: QWidget | None = start
    while here is not None:
        if _takes_keys(here) and (here is start or part.isAncestorOf(here)):
            return here
        here = here.nextInFocusChain()
        if here is start:
            break
    return None


def _takes_keys(widget: QWidget) -> bool:
    takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(takes) and widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None


def _has_focus(part: QWidget) -> bool:
    now = QApplication.focusWidget()
    return now is not None and (now is part or part.isAncestorOf(now))
