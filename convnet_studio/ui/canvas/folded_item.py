"""FoldedItem: a stage folded to one card: the live maps of its last module, the ports at which its wires end."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsSceneHoverEvent

from convnet_studio.engine.nn.module import Family
from convnet_studio.ui.canvas.card import Card
from convnet_studio.ui.canvas.card_layout import (
    HEADER_HEIGHT,
    MAPS_WIDTH,
    PADDING,
    PORT_STEP,
    PORT_Y,
    footer_help,
    problem_text,
)
from convnet_studio.ui.canvas.card_painter import BAR_WIDTH, has_slots, is_far, scale_of
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.port_item import PortItem
from convnet_studio.ui.canvas.stage_face import StageFace
from convnet_studio.ui.canvas.stage_item import tip_of
from convnet_studio.ui.canvas.stage_layout import ICON, Part, StageLayout, chips_from
from convnet_studio.ui.canvas.stage_painter import StageState, paint_chevron, paint_chips, paint_lock
from convnet_studio.ui.theme import LARGE_RADIUS, theme

STACK = 4.0
"""How far the cards that lie below a folded one look out."""
CHIP_WIDTH = 20.0
CHIP_HEIGHT = 16.0


class FoldedItem(ModuleItem):
    """The card of a folded stage, at the position of its first module."""

    def __init__(self, face: StageFace, last: Card, class_names: tuple[str, ...]) -> None:
        self._face = face
        self._pointer = StageState()
        self._outputs: list[PortItem] = []
        super().__init__(folded_card(face, last), class_names)

    @property
    def face(self) -> StageFace:
        """What it shows."""
        return self._face

    @property
    def module_ids(self) -> frozenset[str]:
        """The modules that it stands for."""
        return frozenset(self._face.modules)

    @property
    def ports(self) -> list[PortItem]:
        """All its ports, each of which is that of a module inside."""
        return [*self.inputs, *self._outputs]

    @property
    def parts(self) -> StageLayout:
        """Where chevron, chips and padlock lie, in the item's coordinates."""
        right = self.layout.size.width() - PADDING
        line = HEADER_HEIGHT - CHIP_HEIGHT - 2
        chevron = QRectF(right - ICON + 2, line + 1, ICON, ICON)
        lock = QRectF(chevron.left() - ICON - 6, line + 1, ICON, ICON) if self._face.learning else QRectF()
        chips = chips_from(QPointF(PADDING, line), [CHIP_WIDTH] * len(self._face.slots), CHIP_HEIGHT)
        return StageLayout(chevron, self.layout.name, chips, lock)

    def show_face(self, face: StageFace, last: Card, class_names: tuple[str, ...]) -> bool:
        """Show another face; True if the size changed."""
        card = folded_card(face, last)
        if (face, card, class_names) == (self._face, self.card, self.body.class_names):
            return False
        self._face = face
        return self.set_card(card, class_names)

    def input_of(self, module_id: str, port: int) -> PortItem | None:
        """The port that stands for an input of a module inside."""
        return next((each for each in self.inputs if (each.module_id, each.index) == (module_id, port)), None)

    def output_of(self, module_id: str) -> PortItem | None:
        """The port that stands for the output of a module inside."""
        return next((each for each in self._outputs if each.module_id == module_id), None)

    def part_at(self, at: QPointF) -> tuple[Part, int]:
        """What of it lies at the scene position `at`; second: the number of the slot."""
        return self.parts.part_at(at - self.pos())

    @property
    def pointer(self) -> StageState:
        """What the pointer does to its parts."""
        return self._pointer

    def offer(self, family: Family | None) -> None:
        """Light up the slot of a family."""
        self._pointer.offered = family
        self.renew()

    def tip_at(self, at: QPointF) -> str:
        """Words for what lies at the item's position `at`."""
        if at.y() < HEADER_HEIGHT:
            part, index = self.parts.part_at(at)
            words = f"{self._face.title}: a stage of {len(self._face.modules)} modules. Double-click unfolds it."
            return words if part is Part.FRAME else tip_of(self._face, part, index)
        if not self.layout.problem.isEmpty() and at.y() >= self.layout.problem.top():
            return "\n".join(problem_text(each) for each in self.card.problems)
        return super().tip_at(at) if self.layout.body.contains(at) else footer_help(self.card)

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Light up the part under the pointer."""
        super().hoverMoveEvent(event)
        hovered = self.parts.part_at(event.pos())
        if hovered != self._pointer.hovered:
            self._pointer.hovered = hovered
            self.renew()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Back to rest."""
        super().hoverLeaveEvent(event)
        self._pointer.hovered = (Part.FRAME, -1)
        self.renew()

    def draw_still(self, painter: QPainter, shift: QPointF) -> None:
        """The card on a stack of others, with the slots in its head."""
        now = theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(shift)
        for step in (STACK, STACK / 2):
            painter.setPen(QPen(now.color("strong_line"), 1))
            painter.setBrush(now.color("raised"))
            below = self.layout.card.adjusted(step + 6, 6, step, step)
            painter.drawRoundedRect(below.adjusted(0, 0, -0.5, -0.5), LARGE_RADIUS, LARGE_RADIUS)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.translate(-shift)
        super().draw_still(painter, shift)  # which leaves the painter where wires end
        self._paint_bar(painter)
        parts = self.parts
        if not is_far(scale_of(painter)) or has_slots(self.card, scale_of(painter)):
            paint_chips(painter, self._face, parts, self._pointer)
        paint_chevron(painter, self._face, parts, self._pointer)
        paint_lock(painter, self._face, parts, self._pointer)

    def _paint_bar(self, painter: QPainter) -> None:
        """The colours of the slots that hold something, where a card has that of its family."""
        families = [slot.family for slot in self._face.slots if not slot.is_empty]
        frame = QPainterPath()
        frame.addRoundedRect(self.layout.card, LARGE_RADIUS, LARGE_RADIUS)
        for index, family in enumerate(families):
            painter.save()
            step = HEADER_HEIGHT / len(families)
            painter.setClipRect(QRectF(0, index * step, BAR_WIDTH, step))
            painter.fillPath(frame, theme().family(family))
            painter.restore()

    def _least_body(self) -> QSizeF:
        """As that of a card, and wide enough for what stands in its head."""
        size = self.body.size
        return QSizeF(max(size.width(), MAPS_WIDTH - 2 * PADDING), size.height())

    def _place_parts(self) -> None:
        self._place_body()
        self.inputs = self._renewed(self.inputs, list(self._face.inputs), 0.0)
        outputs: list[tuple[str, int | None]] = [(each, None) for each in self._face.outputs]
        self._outputs = self._renewed(self._outputs, outputs, self.layout.size.width())

    def _renewed(self, ports: list[PortItem], wanted: list[tuple[str, int | None]], x: float) -> list[PortItem]:
        """The ports `wanted`, those of `ports` among them, one below the other."""
        kept = {(each.module_id, each.index): each for each in ports}
        for key in kept.keys() - set(wanted):
            if scene := kept[key].scene():
                scene.removeItem(kept[key])
        found = [kept.get(key) or PortItem(*key, self) for key in wanted]
        for row, port in enumerate(found):
            port.setPos(x, PORT_Y + row * PORT_STEP)
        return found


def folded_card(face: StageFace, last: Card) -> Card:
    """The card of a folded stage: the live part of its last module, the sums of all."""
    return replace(
        last,
        title=face.title,
        word="",
        help="",
        family=None,
        caption="",
        inputs=max(len(face.inputs), len(face.outputs), 1),
        has_output=bool(face.outputs),
        shape=face.shape,
        parameters=face.parameters,
        multiply_accumulates=face.multiply_accumulates,
        problems=face.problems,
        filters=None,
        shares="",
        learns=False,  # its padlock, for all modules, is that of the stage
        frozen=face.is_frozen,
    )
