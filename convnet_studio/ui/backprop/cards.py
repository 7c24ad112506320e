"""Cards: one for each module: what goes in, what it learns, what comes out, and each one's gradient below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPen

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Kind, Move, Slot
from convnet_studio.engine.nn.graph import Node
from convnet_studio.ui.backprop.cells import CELL_WIDTH, Cell, Emphasis, paint_cell, scale_of_slot, shortened
from convnet_studio.ui.backprop.grid import Grid, grid_of
from convnet_studio.ui.backprop.scene import NameOf, Scene
from convnet_studio.ui.backprop.walker import Number, Walker
from convnet_studio.ui.backprop.words import check_text, check_token, slot_name, stale_text
from convnet_studio.ui.canvas.bodies.body import hatch
from convnet_studio.ui.controls.color_scope import largest
from convnet_studio.ui.controls.number_text import shape_text
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import LARGE_RADIUS, text_font, theme

_HEADER, _CAPTION, _PADDING = 36.0, 18.0, 12.0
_COLUMN_GAP, _BAND_GAP = 16.0, 16.0
_CARD_GAP, _MARGIN, _TOP = 36.0, 16.0, 28.0
_LOW_GAP, _LOW_TOP, _LOW_BOTTOM = 8.0, 16.0, 4.0
"""Where there is little room: between the bands, above the cards and below them."""
_NARROWEST = 2 * CELL_WIDTH


Pair = tuple[Slot, Slot | None]
"""An array of values, and that of the gradients by them."""


@dataclass(frozen=True)
class Block:
    """One array on a card: its caption at the top of `rect`, its grid below.

    `pair` is the array of values that a gradient stands under (itself, for values): both show the same window.
    """

    slot: Slot
    pair: Slot
    name: str
    grid: Grid
    rect: QRectF

    @property
    def origin(self) -> QPointF:
        """Where the grid begins."""
        return self.rect.topLeft() + QPointF(0, _CAPTION)


@dataclass(frozen=True)
class CardPlace:
    """A module's card."""

    node: Node
    rect: QRectF
    blocks: tuple[Block, ...]


class CardScene(Scene):
    """Cards from left to right in the order of the walk."""

    def __init__(self, stepper: Stepper, name_of: NameOf) -> None:
        super().__init__(stepper, name_of)
        self._cards: dict[str, CardPlace] = {}
        self._band = 0.0
        self._is_low = False
        self._focus: dict[tuple[str, Slot], int] = {}
        """By module and array of values, the number that windows show."""

    # ---------------------------------------------------------------- where it stands

    def arrange(self, room: QSizeF) -> None:
        """Side by side; all values stand in one band, all gradients in another below it; lower where they must."""
        columns = {node.id: self._columns(node) for node in self.stepper.nodes.values()}
        for self._is_low in (False, True):
            self._place(columns)
            if self.size.height() <= room.height():
                break

    def _place(self, columns: Mapping[str, Sequence[Pair]]) -> None:
        self._cards.clear()
        gap, top, bottom = (_LOW_GAP, _LOW_TOP, _LOW_BOTTOM) if self._is_low else (_BAND_GAP, _TOP, _MARGIN)
        values, slopes = (
            max(
                (_height(self._grid(slot)) for each in columns.values() for pair in each if (slot := pair[band])),
                default=0.0,
            )
            for band in (0, 1)
        )
        self._band = _HEADER + values + gap
        height = self._band + slopes + _PADDING
        x = _MARGIN
        for node in self.stepper.nodes.values():
            card = self._card(node, columns[node.id], QPointF(x, top), height)
            self._cards[node.id] = card
            x = card.rect.right() + _CARD_GAP
        self.size = QSizeF(x - _CARD_GAP + _MARGIN, height + top + bottom)

    def _grid(self, slot: Slot) -> Grid:
        return grid_of(self.stepper.shape(slot), slot.kind.is_gradient, self._is_low)

    def _card(self, node: Node, columns: Sequence[Pair], at: QPointF, height: float) -> CardPlace:
        x, blocks = at.x() + _PADDING, list[Block]()
        for values, slope in columns:
            width = _NARROWEST
            for slot, y in ((values, _HEADER), (slope, self._band)):
                if slot is not None:
                    grid = self._grid(slot)
                    size = QSizeF(max(grid.size.width(), _NARROWEST), _height(grid))
                    rect = QRectF(QPointF(x, at.y() + y), size)
                    blocks.append(Block(slot, values, self._name(slot, node), grid, rect))
                    width = max(width, size.width())
            x += width + _COLUMN_GAP
        width = max(x - _COLUMN_GAP + _PADDING - at.x(), 200.0)
        return CardPlace(node, QRectF(at, QSizeF(width, height)), tuple(blocks))

    def _columns(self, node: Node) -> list[Pair]:
        """From left to right what goes in, what is learned, what comes out."""
        stepper, module = self.stepper, node.id
        found = set(stepper.results(Move(module, False))) if Move(module, False) in stepper.moves else set()
        gradient = Slot(Kind.GRAD_OUT, module)
        has_gradient = module in stepper.losses or bool(stepper.parts(gradient))
        ins = [(Slot(Kind.OUT, s), Slot(Kind.GRAD_IN, module, port)) for port, s in enumerate(node.sources)]
        learned = [(slot, Slot(Kind.GRAD_PARAMETER, module, slot.key)) for slot in stepper.parameter_slots(module)]
        pairs: list[Pair] = [(values, slope if slope in found else None) for values, slope in (*ins, *learned)]
        return [*pairs, (Slot(Kind.OUT, module), gradient if has_gradient else None)]

    def _name(self, slot: Slot, node: Node) -> str:
        if slot.kind is Kind.OUT and slot.module != node.id:
            ports = [port for port, source in enumerate(node.sources) if source == slot.module]
            return "in" if len(node.sources) == 1 else f"in {ports[0] + 1}"
        return slot_name(slot, len(node.sources))

    def place_of(self, module_id: str) -> QRectF:
        """Its card."""
        return self._cards[module_id].rect if module_id in self._cards else QRectF()

    def cells(self, visible: QRectF) -> list[Cell]:
        """All cells of the cards in sight."""
        return [cell for card in self._in_sight(visible) for block in card.blocks for cell in self._cells(card, block)]

    def _cells(self, card: CardPlace, block: Block) -> list[Cell]:
        return block.grid.cells(block.slot, block.origin, self._focus_of(card, block))

    def _focus_of(self, card: CardPlace, block: Block) -> int:
        return min(self._focus.get((card.node.id, block.pair), 0), block.grid.count - 1)

    def _in_sight(self, visible: QRectF) -> list[CardPlace]:
        inside = visible.adjusted(-1, -1, 1, 1)
        return [each for each in self._cards.values() if each.rect.intersects(inside)]

    def focus_on(self, numbers: Sequence[Number]) -> None:
        """Move the windows of all arrays that have one of these numbers."""
        wanted: dict[Slot, int] = {}
        for slot, index in numbers:
            wanted.setdefault(slot, index)
        for card in self._cards.values():
            for block in card.blocks:
                if block.slot in wanted:
                    self._focus[card.node.id, block.pair] = wanted[block.slot]

    def press(self, at: QPointF) -> bool:
        """On a map: its window goes there."""
        for card in self._in_sight(QRectF(at, at)):
            for block in card.blocks:
                index = block.grid.index_on_map(block.origin, at, self._focus_of(card, block))
                if index is not None:
                    self._focus[card.node.id, block.pair] = index
                    return True
        return False

    # ---------------------------------------------------------------- how it looks

    def paint(self, painter: QPainter, visible: QRectF, walker: Walker, emphasis: Emphasis) -> None:
        """Wires, then the cards in sight."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_wires(painter, walker)
        for card in self._in_sight(visible):
            self._paint_card(painter, card, walker, emphasis)

    def _paint_wires(self, painter: QPainter, walker: Walker) -> None:
        order = list(self._cards)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place, (module_id, card) in enumerate(self._cards.items()):
            for port, source in enumerate(card.node.sources):
                came_back = walker.value((Slot(Kind.GRAD_IN, module_id, port), 0)) is not None
                start, end = self._cards[source].rect, card.rect
                is_next = place > 0 and order[place - 1] == source
                painter.setPen(QPen(theme().color("strong_line"), 2))
                painter.drawPath(_wire(start, end, _HEADER / 2, is_next))
                if came_back and is_next:
                    painter.setPen(QPen(theme().color("warn"), 2, Qt.PenStyle.DashLine))
                    painter.drawPath(_wire(start, end, self._band + _CAPTION / 2, True))

    def _paint_card(self, painter: QPainter, card: CardPlace, walker: Walker, emphasis: Emphasis) -> None:
        move = self.stepper.next_move(walker.walk) if walker.walk is not None else None
        is_next = move is not None and move.module == card.node.id
        painter.setPen(QPen(theme().color("accent" if is_next else "line"), 2 if is_next else 1))
        painter.setBrush(theme().color("surface"))
        painter.drawRoundedRect(card.rect, LARGE_RADIUS, LARGE_RADIUS)
        self._paint_header(painter, card, walker)
        for block in card.blocks:
            self._paint_block(painter, card, block, walker, emphasis)

    def _paint_header(self, painter: QPainter, card: CardPlace, walker: Walker) -> None:
        family = type(card.node.module).family
        bar = QRectF(card.rect.x() + _PADDING, card.rect.y() + 11, 4, 14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().family(family))
        painter.drawRoundedRect(bar, 2, 2)
        line = QRectF(bar.right() + 6, card.rect.y(), card.rect.right() - bar.right() - 18, _HEADER)
        painter.setFont(text_font(13, QFont.Weight.DemiBold))
        painter.setPen(theme().color("text"))
        name = shortened(painter, self.name_of(card.node.id), line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, name)
        width = painter.fontMetrics().horizontalAdvance(name) + 8
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        rest = line.adjusted(width, 0, 0, 0)
        caption = "" if self._is_loss(card) else getattr(card.node.module, "caption", str)()
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, shortened(painter, caption, rest.width()))

    def _is_loss(self, card: CardPlace) -> bool:
        return card.node.id in self.stepper.losses

    def _paint_block(
        self, painter: QPainter, card: CardPlace, block: Block, walker: Walker, emphasis: Emphasis
    ) -> None:
        assert walker.walk is not None
        self._paint_caption(painter, block, walker)
        values, known = walker.walk.values.get(block.slot), self.stepper.known(walker.walk, block.slot)
        high = largest(np.asarray(values)) if values is not None and known else 0.0
        if not block.grid.shows_all:
            focus, place = self._focus_of(card, block), block.grid.map_rect(block.origin)
            if values is not None and known:
                scale = scale_of_slot(self.stepper, block.slot, np.asarray(values))
                draw_cells(painter, place, block.grid.image(values, known, scale, focus))
            else:
                hatch(painter, place)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("accent"), 1.5))
            painter.drawRect(block.grid.frame_on_map(block.origin, focus).adjusted(-1, -1, 1, 1))
        cells = self._cells(card, block)
        if not known and cells:
            hatch(painter, QRectF(cells[0].rect.topLeft(), cells[-1].rect.bottomRight()).united(cells[0].rect))
        for cell in cells if known else [each for each in cells if each.number == walker.current]:
            paint_cell(painter, cell, walker, high, emphasis)

    def _paint_caption(self, painter: QPainter, block: Block, walker: Walker) -> None:
        assert walker.walk is not None
        line = QRectF(block.rect.x(), block.rect.y(), block.rect.width(), _CAPTION - 2)
        is_gradient, stale = block.slot.kind.is_gradient, walker.walk.stale_count(block.slot)
        known = bool(stale) or bool(self.stepper.known(walker.walk, block.slot))
        painter.setFont(text_font(11, QFont.Weight.DemiBold))
        painter.setPen(theme().color("warn_text" if is_gradient or stale else "second_text"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, block.name)
        width = painter.fontMetrics().horizontalAdvance(block.name) + 6
        words, token = shape_text(self.stepper.shape(block.slot)), "second_text"
        worst = walker.worst(block.slot) if is_gradient else None
        if stale:
            words, token = stale_text(stale, self.stepper.size(block.slot)), "warn_text"
        elif not known:
            words = "not computed"
        elif worst is not None:
            words, token = check_text(worst), check_token(worst)
        painter.setFont(text_font(11))
        painter.setPen(theme().color(token))
        rest = line.adjusted(width, 0, 0, 0)
        if known or painter.fontMetrics().horizontalAdvance(words) <= rest.width():  # hatching says it too
            painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, shortened(painter, words, rest.width()))


def _height(grid: Grid) -> float:
    return _CAPTION + grid.size.height()


def _wire(start: QRectF, end: QRectF, height: float, is_next: bool) -> QPainterPath:
    """From card to card; over those in between."""
    one, other = QPointF(start.right(), start.y() + height), QPointF(end.left(), end.y() + height)
    path = QPainterPath(one)
    if is_next:
        path.lineTo(other)
        return path
    above = start.y() - 12
    path.cubicTo(one + QPointF(14, 0), QPointF(one.x() + 4, above), QPointF(one.x() + 24, above))
    path.lineTo(QPointF(other.x() - 24, above))
    path.cubicTo(QPointF(other.x() - 4, above), other - QPointF(14, 0), other)
    return path
