"""Numbers scene: a network whose modules are single numbers, as a chain of circles with the weights on its wires."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Kind, Slot
from convnet_studio.ui.backprop.cells import Cell, Emphasis, bold_number_font, scale_of_slot, shortened
from convnet_studio.ui.backprop.grid import grid_of
from convnet_studio.ui.backprop.scene import NameOf, Scene
from convnet_studio.ui.backprop.walker import Walker
from convnet_studio.ui.backprop.words import check_text, check_token, number
from convnet_studio.ui.canvas.bodies.body import hatch
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import number_font, text_font, theme

MOST_NODES = 12
_FEWEST_NUMBERS = 3
_RADIUS = 42.0
_PILL = QSizeF(84, 28)
_LABEL = QSizeF(104, 18)
_STEP, _SIDE = 156.0, 72.0
_BELOW = 20.0
_HEIGHT = 376.0
_OVER, _UNDER, _CORNER = 128.0, 172.0, 28.0
"""How far above and below the circles a wire passes that leaves some out, and how round its corners are."""
_DEEP = 150.0
_WIDEST_STEP = 240.0


def is_chain_of_numbers(stepper: Stepper) -> bool:
    """Whether it is small enough: nearly all modules give a single number, and none has more than a few weights."""
    sizes = [stepper.size(Slot(Kind.OUT, each)) for each in stepper.nodes]
    weights = [stepper.size(slot) for each in stepper.nodes for slot in stepper.parameter_slots(each)]
    singles = sizes.count(1)
    leading = len(sizes) - singles
    is_leading = all(size == 1 for size in sizes[leading:])
    return len(sizes) <= MOST_NODES and singles >= _FEWEST_NUMBERS and is_leading and max(weights, default=1) == 1


class NumbersScene(Scene):
    """Forward along the wires, and back along dashed curves below them."""

    def __init__(self, stepper: Stepper, name_of: NameOf) -> None:
        super().__init__(stepper, name_of)
        self._centers: dict[str, QPointF] = {}

    # ---------------------------------------------------------------- where it stands

    def arrange(self, room: QSizeF) -> None:
        """Evenly across the room, in the middle of its height."""
        count = len(self.stepper.nodes)
        step = min(_WIDEST_STEP, max(_STEP, (room.width() - 2 * _SIDE) / max(1, count - 1)))
        width = max(room.width(), (count - 1) * step + 2 * _SIDE)
        left = (width - (count - 1) * step) / 2
        height = max(room.height(), _HEIGHT)
        y = height * 0.43
        self._centers = {each: QPointF(left + place * step, y) for place, each in enumerate(self.stepper.nodes)}
        self.size = QSizeF(width, height)

    def place_of(self, module_id: str) -> QRectF:
        """Around its circle."""
        center = self._centers.get(module_id)
        return QRectF(center.x() - _STEP, center.y() - 90, 2 * _STEP, 180) if center else QRectF()

    def _is_number(self, module_id: str) -> bool:
        return self.stepper.size(Slot(Kind.OUT, module_id)) == 1

    def _circle(self, module_id: str) -> QRectF:
        center = self._centers[module_id]
        return QRectF(center.x() - _RADIUS, center.y() - _RADIUS, 2 * _RADIUS, 2 * _RADIUS)

    def _before(self, module_id: str) -> QPointF:
        """The middle of the wire that comes from the left."""
        order = list(self._centers)
        source = order[max(0, order.index(module_id) - 1)]
        return (self._centers[source] + self._centers[module_id]) / 2

    def cells(self, visible: QRectF) -> list[Cell]:
        """Circles, weights, and their gradients."""
        cells = []
        for module_id, center in self._centers.items():
            if self._is_number(module_id):
                cells.append(Cell(Slot(Kind.OUT, module_id), 0, self._circle(module_id)))
                if self._has_gradient(module_id):
                    below = QPointF(center.x(), center.y() + _RADIUS + _BELOW)
                    cells.append(Cell(Slot(Kind.GRAD_OUT, module_id), 0, _around(below, _LABEL)))
            cells += self._weights(module_id)
        return cells

    def _has_gradient(self, module_id: str) -> bool:
        return module_id in self.stepper.losses or bool(self.stepper.parts(Slot(Kind.GRAD_OUT, module_id)))

    def _weights(self, module_id: str) -> list[Cell]:
        """Above the wire each weight, below it its gradient; a bias above the weight, its gradient below."""
        if self._centers[module_id] == self._before(module_id):
            return []
        middle, cells = self._before(module_id), []
        gradients = {each for move in self.stepper.moves if not move.is_forward for each in self.stepper.results(move)}
        for place, slot in enumerate(self.stepper.parameter_slots(module_id)):
            above = middle - QPointF(0, 34 + place * 34)
            cells.append(Cell(slot, 0, _around(above, _PILL)))
            slope = Slot(Kind.GRAD_PARAMETER, module_id, slot.key)
            if slope in gradients:
                cells.append(Cell(slope, 0, _around(middle + QPointF(0, 20 + place * 36), _LABEL)))
        return cells

    # ---------------------------------------------------------------- how it looks

    def paint(self, painter: QPainter, visible: QRectF, walker: Walker, emphasis: Emphasis) -> None:
        """Wires, the way back, circles, weights and gradients."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for module_id in self._centers:
            self._paint_wires(painter, module_id, walker)
        for module_id in self._centers:
            if not self._is_number(module_id):
                self._paint_picture(painter, module_id, walker)
        for cell in self.cells(visible):
            paint = {Kind.OUT: self._paint_circle, Kind.PARAMETER: self._paint_weight}.get(
                cell.slot.kind, self._paint_gradient
            )
            paint(painter, cell, walker, emphasis)

    def _paint_wires(self, painter: QPainter, module_id: str, walker: Walker) -> None:
        order, here = list(self._centers), self._centers[module_id]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for port, source in enumerate(self.stepper.nodes[module_id].sources):
            there = self._centers[source]
            is_done = walker.value((Slot(Kind.OUT, module_id), 0)) is not None
            is_next = order.index(module_id) - order.index(source) == 1
            weight = walker.value((Slot(Kind.PARAMETER, self.stepper.owner(module_id), "weight"), 0))
            wide = 2.0 if weight is None else min(8.0, 2 + 3 * abs(weight))
            token = "accent" if is_done and weight is not None else "strong_line"
            painter.setPen(QPen(theme().color(token), wide))
            painter.drawPath(self._forward_path(there, here, is_next))
            came_back = walker.value((Slot(Kind.GRAD_IN, module_id, port), 0)) is not None
            if came_back:
                painter.setPen(QPen(theme().color("warn"), 2, Qt.PenStyle.DashLine))
                painter.drawPath(_back_path(here, there, is_next))
                self._paint_slope(painter, module_id, port, walker, is_next)

    def _forward_path(self, there: QPointF, here: QPointF, is_next: bool) -> QPainterPath:
        if not is_next:
            return _around_others(there, here, -_OVER)
        path = QPainterPath(there)
        path.lineTo(here)
        return path

    def _paint_slope(self, painter: QPainter, module_id: str, port: int, walker: Walker, is_next: bool) -> None:
        """The slope that the gradient is multiplied by on its way back."""
        slot = Slot(Kind.GRAD_IN, module_id, port)
        source = self.stepper.nodes[module_id].sources[port]
        told = walker.arithmetic((slot, 0)) if self._is_number(source) and is_next else None
        if told is None or len(told.terms) != 1:
            return
        middle = (self._centers[source] + self._centers[module_id]) / 2
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        place = _around(middle + QPointF(0, 0.75 * _DEEP + 26), QSizeF(_STEP, 18))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"slope {number(told.terms[0].right)}")

    def _paint_circle(self, painter: QPainter, cell: Cell, walker: Walker, emphasis: Emphasis) -> None:
        value = walker.value(cell.number)
        move = self.stepper.next_move(walker.walk) if walker.walk is not None else None
        is_next = move is not None and move.module == cell.slot.module
        ring = _ring(cell, walker, emphasis, "warn" if is_next else "missing")
        painter.setPen(QPen(ring, 3 if is_next or _is_chosen(cell, walker) else 2))
        painter.setBrush(theme().color("warn_soft" if _is_stale(cell, walker) else "surface"))
        painter.drawEllipse(cell.rect)
        name = self.name_of(cell.slot.module)
        if value is None:
            painter.save()
            clip = QPainterPath()
            clip.addEllipse(cell.rect.adjusted(3, 3, -3, -3))
            painter.setClipPath(clip)
            hatch(painter, cell.rect)
            painter.restore()
        else:
            painter.setFont(bold_number_font(17))
            painter.setPen(theme().color("warn_text" if _is_stale(cell, walker) else "text"))
            painter.drawText(cell.rect.adjusted(0, -8, 0, -8), Qt.AlignmentFlag.AlignCenter, number(value))
        painter.setFont(text_font(10))
        painter.setPen(theme().color("second_text"))
        line = cell.rect.adjusted(2, 18, -2, 18)
        if value is None:
            line = QRectF(cell.rect.x() - 20, cell.rect.y() - 20, cell.rect.width() + 40, 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, shortened(painter, name, line.width()))
        _paint_edited(painter, cell, walker)

    def _paint_weight(self, painter: QPainter, cell: Cell, walker: Walker, emphasis: Emphasis) -> None:
        painter.setPen(QPen(_ring(cell, walker, emphasis, "line"), 2 if _is_chosen(cell, walker) else 1))
        painter.setBrush(theme().color("surface"))
        painter.drawRoundedRect(cell.rect, 6, 6)
        value = walker.value(cell.number)
        letter = {"weight": "w", "bias": "b"}.get(str(cell.slot.key), str(cell.slot.key))
        painter.setFont(number_font(13))
        painter.setPen(theme().color("text"))
        painter.drawText(cell.rect, Qt.AlignmentFlag.AlignCenter, f"{letter} {number(value or 0.0)}")
        _paint_edited(painter, cell, walker)

    def _paint_gradient(self, painter: QPainter, cell: Cell, walker: Walker, emphasis: Emphasis) -> None:
        """The gradient, and below it the slope that was measured; a question mark while it is not computed."""
        value, rect = walker.value(cell.number), cell.rect
        letter = {"weight": "∂w", "bias": "∂b"}.get(str(cell.slot.key), "∂E")
        if cell.number in (walker.selected, walker.current) or cell.number in emphasis.sources | emphasis.product:
            painter.setPen(QPen(_ring(cell, walker, emphasis, "line"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, 4, 4)
        painter.setFont(number_font(13))
        painter.setPen(theme().color("warn_text"))
        if value is None:
            hatch(painter, QRectF(rect.center().x() - 4, rect.y() + 1, 36, rect.height() - 2))
            half = QRectF(rect.x(), rect.y(), rect.width() / 2 - 8, rect.height())
            painter.drawText(half, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, letter)
            return
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, f"{letter} {number(value)}")
        _paint_edited(painter, cell, walker)
        found, words, token = walker.checks.get(cell.number), "", "warn_text"
        if _is_stale(cell, walker):
            words = "stale"
        elif found is not None:
            words, token = check_text(found), check_token(found)
        painter.setFont(number_font(10))
        painter.setPen(theme().color(token))
        painter.drawText(rect.translated(0, 16).adjusted(-16, 0, 16, 0), Qt.AlignmentFlag.AlignCenter, words)

    def _paint_picture(self, painter: QPainter, module_id: str, walker: Walker) -> None:
        """What is more than a number, as a small map."""
        assert walker.walk is not None
        slot, place = Slot(Kind.OUT, module_id), self._circle(module_id)
        values, known = walker.walk.values.get(slot), self.stepper.known(walker.walk, slot)
        if values is None or not known:
            hatch(painter, place)
        else:
            shape = self.stepper.shape(slot)
            square = shape if len(shape) > 1 else (1, *_nearly_square(shape[0]))
            padded = np.full(int(np.prod(square)), np.nan)
            padded[: values.size] = values.reshape(-1)
            image = grid_of(square).image(padded, known, scale_of_slot(self.stepper, slot, np.asarray(values)), 0)
            draw_cells(painter, place, image)
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        line = QRectF(place.x() - 20, place.bottom() + 4, place.width() + 40, 16)
        name = shortened(painter, self.name_of(module_id), line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, name)


def _nearly_square(count: int) -> tuple[int, int]:
    side = int(np.ceil(np.sqrt(count)))
    return -(-count // side), side


def _around(center: QPointF, size: QSizeF) -> QRectF:
    return QRectF(center - QPointF(size.width() / 2, size.height() / 2), size)


def _back_path(here: QPointF, there: QPointF, is_next: bool) -> QPainterPath:
    """A curve below from a circle to the one that it had its input from, beside what is written under both."""
    side, low = 0.8 * _RADIUS, 0.62 * _RADIUS
    if not is_next:
        return _around_others(here + QPointF(side, low), there + QPointF(-side, low), _UNDER)
    start, end = here + QPointF(-side, low), there + QPointF(side, low)
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(0, _DEEP - low), end + QPointF(0, _DEEP - low), end)
    return path


def _around_others(start: QPointF, end: QPointF, by: float) -> QPainterPath:
    """Up or down `by`, across, and back, with round corners."""
    way = _CORNER if end.x() > start.x() else -_CORNER
    turn = _CORNER if by > 0 else -_CORNER
    level = start.y() + by
    path = QPainterPath(start)
    path.lineTo(start.x(), level - turn)
    path.quadTo(start.x(), level, start.x() + way, level)
    path.lineTo(end.x() - way, level)
    path.quadTo(end.x(), level, end.x(), level - turn)
    path.lineTo(end)
    return path


def _is_chosen(cell: Cell, walker: Walker) -> bool:
    return cell.number in (walker.selected, walker.current)


def _is_stale(cell: Cell, walker: Walker) -> bool:
    return walker.is_stale(cell.number)


def _ring(cell: Cell, walker: Walker, emphasis: Emphasis, token: str) -> QColor:
    if cell.number in emphasis.product:
        return theme().color("warn")
    if _is_chosen(cell, walker) or cell.number in emphasis.sources:
        return theme().color("accent")
    return theme().color("warn" if _is_stale(cell, walker) else token)


def _paint_edited(painter: QPainter, cell: Cell, walker: Walker) -> None:
    """A dot at its corner, for a number that somebody put there."""
    if walker.walk is not None and 0 in walker.walk.edited.get(cell.slot, ()):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("accent"))
        painter.drawEllipse(cell.rect.topLeft() + QPointF(5, 5), 3.5, 3.5)
