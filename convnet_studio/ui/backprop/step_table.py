"""Step table: the whole way as rows, forward, loss and back; the next one is marked, and a click goes there."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from convnet_studio.engine.analysis.backprop_walk import Kind, Move, Slot, Walk
from convnet_studio.ui.backprop.cells import shortened
from convnet_studio.ui.backprop.scene import NameOf
from convnet_studio.ui.backprop.walker import Walker
from convnet_studio.ui.backprop.words import number, slot_name, stale_text, sum_text
from convnet_studio.ui.controls.number_text import shape_text
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

ROW = 28
_NAME_SHARE, _VALUE_WIDTH = 0.30, 92


class StepTable(QAbstractScrollArea):
    """A row for each move: which, with what numbers, and what comes out where that is a single number."""

    chosen = Signal(int)
    """How many moves are to be made."""

    def __init__(self, walker: Walker, name_of: NameOf) -> None:
        super().__init__()
        self._walker = walker
        self._name_of = name_of
        self._texts: dict[Move, tuple[str, str]] = {}
        self.setAccessibleName("Step by step")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        walker.changed.connect(self._follow)
        theme_switch().changed.connect(self.viewport().update)

    def minimumSizeHint(self) -> QSize:
        """A few rows."""
        return QSize(120, 3 * ROW)

    def row_texts(self, move: Move) -> tuple[str, str, str]:
        """Name, formula with numbers, and result of a row; the last two are empty where it was not made."""
        stepper, walk = self._walker.stepper, self._walker.walk
        assert stepper is not None
        assert walk is not None
        is_loss = move.module in stepper.losses and move.is_forward
        word = "Loss" if is_loss else "Forward" if move.is_forward else "Back"
        formula, result = self._texts.get(move) or self._told(move)
        return f"{word} · {self._name_of(move.module)}", formula, result

    def _told(self, move: Move) -> tuple[str, str]:
        stepper, walk = self._walker.stepper, self._walker.walk
        assert stepper is not None
        assert walk is not None
        if stepper.moves.index(move) >= walk.position.move:
            return "", ""
        results = stepper.results(move)
        stale = sum(walk.stale_count(slot) for slot in results)
        if stale:
            words = stale_text(stale, sum(stepper.size(slot) for slot in results))
            return f"{words}: a number before was edited", ""
        slots = results
        if stepper.size(slots[0]) > 1:
            return "   ".join(
                f"{slot_name(slot)} {shape_text(stepper.shape(slot))}: {_span(walk, slot)}" for slot in slots
            ), ""
        main = next((each for each in slots if each.kind is Kind.GRAD_PARAMETER), slots[0])
        slot = slots[0] if stepper.size(main) > 1 else main
        told = self._walker.arithmetic((slot, 0))
        value = self._walker.value((slot, 0))
        formula = f"{slot_name(slot)} = {sum_text(told)}" if told is not None else ""
        return formula, number(value) if value is not None else ""

    def _follow(self) -> None:
        self._texts = {}
        self._set_range()
        self._bring_next()
        self.viewport().update()

    def _bring_next(self) -> None:
        """Scroll the next move into the middle where it is out of sight."""
        bar, at = self.verticalScrollBar(), self._walker.walk.position.move if self._walker.walk else 0
        if at * ROW < bar.value() or (at + 1) * ROW > bar.value() + self.viewport().height():
            bar.setValue(at * ROW - self.viewport().height() // 2)

    def _set_range(self) -> None:
        rows = len(self._walker.stepper.moves) if self._walker.stepper else 0
        self.verticalScrollBar().setRange(0, max(0, rows * ROW - self.viewport().height()))
        self.verticalScrollBar().setPageStep(self.viewport().height())
        self.verticalScrollBar().setSingleStep(ROW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More rows, or fewer."""
        self._set_range()
        self._bring_next()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows in sight."""
        stepper, walk = self._walker.stepper, self._walker.walk
        if stepper is None or walk is None:
            return
        painter = QPainter(self.viewport())
        top = self.verticalScrollBar().value()
        for row in range(top // ROW, min(len(stepper.moves), (top + self.viewport().height()) // ROW + 1)):
            move = stepper.moves[row]
            if move not in self._texts:
                self._texts[move] = self.row_texts(move)[1:]
            place = QRectF(0, row * ROW - top, self.viewport().width(), ROW)
            self._paint_row(painter, place, move, row - walk.position.move)

    def _paint_row(self, painter: QPainter, place: QRectF, move: Move, ahead: int) -> None:
        name, formula, result = self.row_texts(move)
        if ahead == 0:
            painter.fillRect(place, theme().color("warn_soft"))
        painter.setPen(theme().color("line"))
        painter.drawLine(place.bottomLeft(), place.bottomRight())
        line = place.adjusted(8, 0, -8, 0)
        wide = line.width() * _NAME_SHARE
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(text_font(12, QFont.Weight.DemiBold if ahead == 0 else QFont.Weight.Normal))
        painter.setPen(theme().color("text" if ahead <= 0 else "second_text"))
        painter.drawText(line, middle, shortened(painter, name, wide - 8))
        painter.setFont(number_font(12))
        room = line.adjusted(wide, 0, -_VALUE_WIDTH if result else 0, 0)
        painter.setPen(theme().color("second_text"))
        text = "next" if ahead == 0 and not formula else formula
        painter.drawText(room, middle, shortened(painter, text, room.width()))
        painter.setFont(number_font(12, QFont.Weight.DemiBold))
        painter.setPen(theme().color("text" if move.is_forward else "warn_text"))
        painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, result)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to where this row was just made; to the next one: make it."""
        row = int(event.position().y() + self.verticalScrollBar().value()) // ROW
        if self._walker.stepper is not None and 0 <= row < len(self._walker.stepper.moves):
            self.chosen.emit(row + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down walk the rows."""
        by = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        walk, stepper = self._walker.walk, self._walker.stepper
        if by is None or walk is None or stepper is None:
            super().keyPressEvent(event)
        else:
            self.chosen.emit(min(max(walk.position.move + by, 0), len(stepper.moves)))


def _span(walk: Walk, slot: Slot) -> str:
    """The least and the largest number of an array."""
    values = walk.values[slot]
    return f"{number(float(values.min()))} … {number(float(values.max()))}"
