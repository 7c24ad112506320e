"""Contract: what a module promises, as lines of code of which the one that is carried out lights up."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Kind, Move
from convnet_studio.ui.backprop.cells import shortened
from convnet_studio.ui.backprop.words import slot_name
from convnet_studio.ui.controls.number_text import shape_text
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_LINE = 24


@dataclass(frozen=True)
class Line:
    """A line of code, what it says in sizes, and whether it is the one that is carried out."""

    code: str
    remark: str
    is_lit: bool


def contract_lines(stepper: Stepper, move: Move, name: str) -> list[Line]:
    """The contract of the module of `move`; the line of `move` is lit."""
    node = stepper.nodes[move.module]
    variable = "".join(each if each.isalnum() else "_" for each in name.lower())
    ins = ", ".join(shape_text(each) for each in node.input_shapes)
    given = "in" if len(node.sources) == 1 else ", ".join(f"in{port + 1}" for port in range(len(node.sources)))
    lines = [Line(f"out = {variable}.forward({given})", f"{ins} → {shape_text(node.shape)}, stored", move.is_forward)]
    back = Move(move.module, False)
    if back not in stepper.moves:
        return [*lines, Line("no loss is reached from here", "so nothing comes back", False)]
    results = stepper.results(back)
    names = ", ".join(slot_name(each, len(node.sources)).replace(" ", "") for each in results)
    learns = any(each.kind is Kind.GRAD_PARAMETER for each in results)
    remark = "adds to the gradients by its parameters" if learns else "it has nothing to learn"
    return [*lines, Line(f"{names} = {variable}.backward({given}, gradOut)", remark, not move.is_forward)]


class Contract(QWidget):
    """The lines, one below the other."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Contract of the module")
        theme_switch().changed.connect(self.update)

    def show_lines(self, lines: list[Line]) -> None:
        """Show these."""
        if lines != self.lines:
            self.lines = lines
            self.setToolTip("\n".join(f"{each.code}: {each.remark}" for each in lines))
            self.setAccessibleDescription("; ".join(f"{each.code}{' (now)' * each.is_lit}" for each in lines))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Two lines of code."""
        return QSize(320, 2 * (_LINE + 4))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Code in the font of numbers, the lit line on a ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, line in enumerate(self.lines):
            place = QRectF(0, row * (_LINE + 2), self.width(), _LINE)
            if line.is_lit:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme().color("accent_soft"))
                painter.drawRoundedRect(place, 6, 6)
            room = place.adjusted(8, 0, -8, 0)
            painter.setFont(number_font(12, QFont.Weight.DemiBold if line.is_lit else QFont.Weight.Normal))
            painter.setPen(theme().color("text" if line.is_lit else "second_text"))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shortened(painter, line.code, room.width()))
            room.setLeft(room.left() + painter.fontMetrics().horizontalAdvance(line.code) + 16)
            painter.setFont(text_font(11))
            painter.setPen(theme().color("second_text"))
            if painter.fontMetrics().horizontalAdvance(line.remark) <= room.width():  # else there is no room for it
                where = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
                painter.drawText(room, where, line.remark)
