"""NoteEditor: the field over a note in which its text is edited."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QTextEdit

from convnet_studio.ui.canvas.note_item import BOTTOM, LEFT, RIGHT, TEXT_PIXELS, TOP
from convnet_studio.ui.theme import text_font, theme

SMALLEST_HEIGHT = 40
HINT = "Type a note…"
HELP = "Escape, Ctrl+Enter or a click elsewhere keeps the text; undo takes it back"


class NoteEditor(QTextEdit):
    """Leaving it, Escape or Ctrl+Enter takes the text; Enter begins a new line."""

    closed = Signal()

    def __init__(self, view: QGraphicsView) -> None:
        super().__init__(view.viewport())
        self._view = view
        self._take: Callable[[str], str] | None = None
        self._refused: str | None = None
        """The text that could not be taken: Escape once more gives it up."""
        self._place = QRectF()
        self.setObjectName("note_editor")
        self.setAccessibleName("Text of the note")
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setPlaceholderText(HINT)
        self.setToolTip(HELP)
        self.setAccessibleDescription(HELP)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.textChanged.connect(self._grow)
        self.hide()

    def ask(self, text: str, place: QRectF, take: Callable[[str], str]) -> None:
        """Edit `text` over the scene rectangle `place`; `take` gets the answer, and tells why it can't be."""
        self._take = self._refused = None
        self._place = place
        scale = self._view.transform().m11()
        self.setFont(text_font(max(10, round(TEXT_PIXELS * scale))))
        colors = theme().colors
        self.setStyleSheet(
            f"#note_editor {{ background: {colors['surface']}; color: {colors['text']};"
            f" border: 1px solid {colors['accent']}; border-radius: 8px; selection-background-color:"
            f" {colors['accent']}; selection-color: {colors['on_accent']};"
            f" padding: {round(TOP * scale)}px {round(RIGHT * scale)}px {round(BOTTOM * scale)}px"
            f" {round(LEFT * scale)}px; }}"
        )
        self.setPlainText(text)
        self.selectAll()
        self._take = take
        self._grow()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def finish(self) -> None:
        """Take the text; one that can't be stays in the field."""
        take, self._take = self._take, None
        if take is None:
            return
        if take(self.toPlainText()):
            self._take, self._refused = take, self.toPlainText()
        else:
            self._close()

    def cancel(self) -> None:
        """Leave the note as it was."""
        self._take = None
        if self.isVisible():
            self._close()

    def event(self, event: QEvent) -> bool:
        """Ctrl+Enter is meant for the note, though it is a shortcut of the window."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_done(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape and Ctrl+Enter take the text; Escape gives up one that was refused and not changed since."""
        is_escape = event.key() == Qt.Key.Key_Escape
        if is_escape and self._refused == self.toPlainText():
            self.cancel()
        elif is_escape or _is_done(event):
            self.finish()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Whoever goes elsewhere is done; its own menu is not elsewhere."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.finish()

    def _grow(self) -> None:
        """Be as high as the text, and stay in sight."""
        corner = self._view.mapFromScene(self._place.topLeft())
        width = round(self._place.width() * self._view.transform().m11())
        self.resize(width, self.height())
        margins = self.contentsMargins()
        height = self.document().size().height() + margins.top() + margins.bottom() + TOP + BOTTOM + 4
        room = self._view.viewport().rect()
        self.resize(width, round(min(max(height, SMALLEST_HEIGHT), room.height() - 8)))
        x = max(4, min(corner.x(), room.width() - self.width() - 4))
        y = max(4, min(corner.y(), room.height() - self.height() - 4))
        self.move(QPointF(x, y).toPoint())

    def _close(self) -> None:
        if self.hasFocus():  # first, else Qt hands the focus on as Tab would, and the selection with it
            self._view.setFocus()
        self.hide()
        self.closed.emit()


def _is_done(event: QKeyEvent) -> bool:
    is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    return is_enter and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
