"""NoteItem: free text on the canvas, set like a remark in a margin: a hairline at its left, no box."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAbstractTextDocumentLayout, QPainter, QPalette, QPen, QTextDocument, QTextOption
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from convnet_studio.engine.project.spec import NoteSpec
from convnet_studio.ui.theme import SMALL_RADIUS, text_font, theme

TEXT_PIXELS = 13
LEFT, TOP, RIGHT, BOTTOM = 12.0, 6.0, 10.0, 6.0
"""Between the text and the edges."""
BAR = 3.0
EDGE = 8.0
"""Width of the band at the right edge by which a note is made wider."""
GROUND = 0.75
"""How opaque the ground below the text is."""
NOTE_Z = -0.5
"""Above the wires, below the cards."""


class NoteItem(QGraphicsItem):
    """The note `note`."""

    def __init__(self, note: NoteSpec) -> None:
        super().__init__()
        self._note = note
        self._document = QTextDocument()
        self._document.setDocumentMargin(0)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._document.setDefaultTextOption(option)
        self._document.setDefaultFont(text_font(TEXT_PIXELS))
        self._is_selected = self._is_hovered = False
        self.setZValue(NOTE_Z)
        self.setAcceptHoverEvents(True)
        self.setToolTip("Note: double-click to change it")
        self.set_note(note)

    @property
    def note(self) -> NoteSpec:
        """What it shows."""
        return self._note

    @property
    def rect(self) -> QRectF:
        """The note in scene coordinates."""
        return self._frame().translated(self.pos())

    @property
    def text_rect(self) -> QRectF:
        """Where the text stands, in scene coordinates."""
        return self.rect.adjusted(LEFT, TOP, -RIGHT, -BOTTOM)

    def set_note(self, note: NoteSpec) -> None:
        """Show another text, or at another width."""
        self.prepareGeometryChange()
        self._note = note
        self._document.setPlainText(note.text)
        self.set_width(note.width)

    def set_width(self, width: float) -> None:
        """Break the lines at another width, before the note itself has it."""
        self.prepareGeometryChange()
        self._document.setTextWidth(width - LEFT - RIGHT)
        self.update()

    @property
    def width(self) -> float:
        """At which it is drawn."""
        return self._document.textWidth() + LEFT + RIGHT

    def set_selected(self, is_selected: bool) -> None:
        """Show whether Delete would remove it."""
        if is_selected != self._is_selected:
            self._is_selected = is_selected
            self.update()

    def is_at_edge(self, at: QPointF) -> bool:
        """Whether the scene position `at` is where a note is made wider."""
        rect = self.rect
        return rect.right() - EDGE <= at.x() <= rect.right() + 2 and rect.top() <= at.y() <= rect.bottom()

    def boundingRect(self) -> QRectF:
        """The note with its ring."""
        return self._frame().adjusted(-2, -2, 2, 2)

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Show where it ends."""
        self._is_hovered = True
        self.update()

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """At the right edge it can be made wider."""
        if self.is_at_edge(event.scenePos()):
            self.setCursor(Qt.CursorShape.SizeHorCursor)
        else:
            self.unsetCursor()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Back to rest."""
        self._is_hovered = False
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The text on the ground of the canvas; dots and wires behind it are faint, but never cut."""
        now, frame = theme(), self._frame()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        ground = now.color("canvas")
        ground.setAlphaF(GROUND)
        painter.setBrush(ground)
        painter.drawRoundedRect(frame, SMALL_RADIUS, SMALL_RADIUS)
        painter.setBrush(now.color("strong_line"))
        painter.drawRoundedRect(QRectF(0, 3, BAR, frame.height() - 6), BAR / 2, BAR / 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._is_selected or self._is_hovered:
            painter.setPen(QPen(now.color("accent" if self._is_selected else "line"), 2 if self._is_selected else 1))
            painter.drawRoundedRect(frame, SMALL_RADIUS, SMALL_RADIUS)
        painter.translate(LEFT, TOP)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette.setColor(QPalette.ColorRole.Text, now.color("text"))
        self._document.documentLayout().draw(painter, context)

    def _frame(self) -> QRectF:
        return QRectF(0, 0, self.width, self._document.size().height() + TOP + BOTTOM)
