"""ModuleItem: a module's card on the canvas: a picture of all that is still, and the live part painted over it."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QCursor, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QToolTip, QWidget

from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.bodies import make_body
from convnet_studio.ui.canvas.bodies.body import Body
from convnet_studio.ui.canvas.card import Card
from convnet_studio.ui.canvas.card_layout import (
    HEADER_HEIGHT,
    PORT_STEP,
    PORT_Y,
    CardLayout,
    footer_help,
    lay_out,
    problem_text,
)
from convnet_studio.ui.canvas.card_painter import SHADOW_REACH, CardState, paint_card
from convnet_studio.ui.canvas.item_picture import ItemPicture
from convnet_studio.ui.canvas.port_item import RING_REACH, PortHolder, PortItem
from convnet_studio.ui.pictures.vector import is_vector

_FROZEN_TIP = "Frozen: its weights stay as they are. Click to let it learn again (Ctrl+L)"
_LEARNING_TIP = "It learns. Click to freeze its weights (Ctrl+L)"


class ModuleItem(PortHolder):
    """The card of one module."""

    def __init__(self, card: Card, class_names: tuple[str, ...]) -> None:
        super().__init__()
        self._card = card
        self._state = CardState()
        self._picture = ItemPicture()
        self._body_picture = ItemPicture()
        self.inputs: list[PortItem] = []
        self.output: PortItem | None = None
        self._body = make_body(card, class_names)
        self._resting = QSizeF()
        self._layout = self._lay_out()
        self._body_place = QPointF()
        self._shaded = self._painted = QRectF()
        """The card with its shadow; and with the rings of its ports."""
        self._told_at: QPointF | None = None
        """Where the pointer is."""
        self.setAcceptHoverEvents(True)
        self._place_parts()

    @property
    def card(self) -> Card:
        """What it shows."""
        return self._card

    @property
    def layout(self) -> CardLayout:
        """Where what lies, in the item's coordinates."""
        return self._layout

    @property
    def body(self) -> Body:
        """The live part."""
        return self._body

    @property
    def state(self) -> CardState:
        """What the pointer does to it."""
        return self._state

    @property
    def rect(self) -> QRectF:
        """The card at rest in scene coordinates: nothing around it moves when its problem opens."""
        return QRectF(self.pos(), self._resting)

    @property
    def shown_rect(self) -> QRectF:
        """The card as it is drawn now, in scene coordinates."""
        return QRectF(self.pos(), self._layout.size)

    @property
    def is_open(self) -> bool:
        """Whether its problem is told in full."""
        return bool(self._card.problems) and (self._state.is_selected or self._state.is_hovered)

    @property
    def module_ids(self) -> frozenset[str]:
        """The modules that it stands for."""
        return frozenset((self._card.id,))

    @property
    def ports(self) -> list[PortItem]:
        """All its ports."""
        return [*self.inputs, self.output] if self.output else list(self.inputs)

    def set_card(self, card: Card, class_names: tuple[str, ...]) -> bool:
        """Show another card; the live part keeps its picture where it stays the same. True if the size changed."""
        before = self._card
        self._card = card
        if _body_facts(before) != _body_facts(card) or self._body.class_names != class_names:
            self._body = make_body(card, class_names)
        self._body.card = card
        if card.shape is None:
            self._body.clear()
        resting = self._resting
        self.lay_out_again()
        return self._resting != resting

    def lay_out_again(self) -> None:
        """Place everything for what it shows now, an open problem above the scene's floor."""
        self.prepareGeometryChange()
        self._layout = self._lay_out()
        self._place_parts()
        self._stack()
        self.renew()

    def _stack(self) -> None:
        """An open problem lies over everything else, for its mend must be in reach."""
        self.setZValue(3 if self.is_open else 2 if self._state.is_selected else 1 if self._card.problems else 0)

    def set_state(self, **changes: bool) -> None:
        """Change what the pointer does to it: is_selected, is_offered, ..."""
        if any(getattr(self._state, name) != value for name, value in changes.items()):
            was_open = self.is_open
            for name, value in changes.items():
                setattr(self._state, name, value)
            if self.is_open != was_open:
                self.lay_out_again()
            self._stack()
            self.renew()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what `snapshot` says of the module."""
        if self._body.show(snapshot):
            self._body_picture.forget()
            self.update(self._layout.body)
            self._keep_tip_true()

    def _keep_tip_true(self) -> None:
        """An open tip tells the number of now, as the views beside do."""
        if self._told_at is not None and QToolTip.isVisible() and QToolTip.text() == self.toolTip():
            self.setToolTip(self.tip_at(self._told_at))
            QToolTip.showText(QCursor.pos(), self.toolTip())

    def renew(self) -> None:
        """Something of it that is still looks different now."""
        self._picture.forget()
        self._body_picture.forget()
        self.update()

    def recolor(self) -> None:
        """Paint everything in the theme in force."""
        self._body.recolor()
        self.renew()

    def is_over_mend(self, at: QPointF) -> bool:
        """Whether the scene position `at` lies on the mend button."""
        return self._layout.mend.contains(at - self.pos())

    def is_over_lock(self, at: QPointF) -> bool:
        """Whether the scene position `at` lies on the padlock."""
        return self._layout.lock.contains(at - self.pos())

    def tip_at(self, at: QPointF) -> str:
        """Words for what lies at the item's position `at`."""
        card, layout = self._card, self._layout
        if layout.lock.contains(at):
            return _FROZEN_TIP if card.frozen else _LEARNING_TIP
        if at.y() < HEADER_HEIGHT:
            family = f"\nFamily: {card.family.value}" if card.family else ""
            return f"{card.title} · {card.word}{' · ' + card.caption if card.caption else ''}\n{card.help}{family}"
        if layout.body.contains(at):
            return self._body.tip_at(at - self._body_place)
        if not layout.problem.isEmpty() and at.y() >= layout.problem.top():
            return "\n".join(problem_text(each) for each in card.problems)
        return footer_help(card)

    def boundingRect(self) -> QRectF:
        """The card with its shadow and the rings of its ports."""
        return self._painted

    def shape(self) -> QPainterPath:
        """Where the pointer is over the card."""
        path = QPainterPath()
        path.addRect(self._shaded)
        return path

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Darken the outline."""
        self.set_state(is_hovered=True)

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Say what lies under the pointer."""
        layout = self._layout
        self.set_state(
            is_mend_hovered=layout.mend.contains(event.pos()), is_lock_hovered=layout.lock.contains(event.pos())
        )
        self._told_at = event.pos()
        self.setToolTip(self.tip_at(event.pos()))

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Back to rest."""
        self._told_at = None
        self.set_state(is_hovered=False, is_mend_hovered=False, is_lock_hovered=False)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The picture of what is still, and the live part."""
        is_draft = getattr(self.scene(), "is_draft", False)
        if is_vector(painter):  # no picture in between
            self.draw_still(painter, QPointF())
        else:
            self._picture.paint(painter, self._shaded, self.draw_still, is_draft, RING_REACH - SHADOW_REACH)
        if self.is_open and self._layout.problem.top() < self._layout.body.bottom():
            painter.setClipRect(QRectF(0, 0, self._layout.size.width(), self._layout.problem.top()))
        painter.translate(self._body_place)
        if is_draft and self._body.has_words:
            self._body_picture.paint(painter, QRectF(QPointF(), self._body.size), self._draw_body, is_draft, around=1.0)
        else:
            self._draw_body(painter, QPointF())

    def _draw_body(self, painter: QPainter, shift: QPointF) -> None:
        painter.translate(shift)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        self._body.paint(painter)

    def draw_still(self, painter: QPainter, shift: QPointF) -> None:
        """All but the live part; the card on whole pixels, the rings `shift` further: where wires end."""
        paint_card(painter, self._card, self._layout, self._state)
        painter.translate(shift)
        for port in self.ports:
            port.draw(painter)

    def _lay_out(self) -> CardLayout:
        size = self._least_body()
        at_rest = lay_out(self._card, size)
        self._resting = at_rest.size
        if not self.is_open:
            return at_rest
        return lay_out(self._card, size, True, getattr(self.scene(), "floor", math.inf) - self.y())

    def _least_body(self) -> QSizeF:
        """What the card has room for at least: the live part."""
        return self._body.size

    def _place_body(self) -> None:
        body = self._layout.body
        self._body_place = QPointF(round(body.center().x() - self._body.size.width() / 2), body.top())
        self._shaded = self._layout.card.adjusted(-SHADOW_REACH, -SHADOW_REACH, SHADOW_REACH, SHADOW_REACH)
        self._painted = self._layout.card.adjusted(-RING_REACH, -RING_REACH, RING_REACH, RING_REACH)

    def _place_parts(self) -> None:
        self._place_body()
        while len(self.inputs) > self._card.inputs:
            _remove(self.inputs.pop())
        while len(self.inputs) < self._card.inputs:
            self.inputs.append(PortItem(self._card.id, len(self.inputs), self))
        for index, port in enumerate(self.inputs):
            port.setPos(0, PORT_Y + index * PORT_STEP)
        if self.output and not self._card.has_output:
            _remove(self.output)
            self.output = None
        elif self.output is None and self._card.has_output:
            self.output = PortItem(self._card.id, None, self)
        if self.output:
            self.output.setPos(self._layout.size.width(), PORT_Y)


def _body_facts(card: Card) -> tuple[object, ...]:
    return card.id, card.body, card.body_shape, card.map_name, card.reading, card.filters, card.judges


def _remove(port: PortItem) -> None:
    if scene := port.scene():
        scene.removeItem(port)
