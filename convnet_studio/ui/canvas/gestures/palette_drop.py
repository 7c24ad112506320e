"""PaletteDrop: a module dragged in from the palette lands on a wire, on a card of its family, or on free canvas."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QMimeData, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsRectItem, QMenu, QStyleOptionGraphicsItem, QWidget

from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.ui.canvas.card_layout import HEADER_HEIGHT
from convnet_studio.ui.canvas.editor import NEW_CARD
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.link_item import LinkItem
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.placement import MAGNET, align, free_place
from convnet_studio.ui.palette.kind_list import GHOST_GRASP, MODULE_MIME
from convnet_studio.ui.theme import LARGE_RADIUS, theme

LINK_REACH = 20.0
"""How near to a wire, in pixels of the screen, a module is held to go into it."""


class PaletteDrop:
    """Shows where the module under the mouse would go, and puts it there."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._kind = ""
        self._link: LinkItem | None = None
        self._card: ModuleItem | None = None
        self._ghost = _Ghost(QRectF(QPointF(), NEW_CARD))
        self._ghost.hide()
        canvas.scene.addItem(self._ghost)

    def enter(self, mime: QMimeData) -> bool:
        """Whether `mime` is a module that this version knows."""
        kind = bytes(mime.data(MODULE_MIME).data()).decode("utf-8", "replace") if mime.hasFormat(MODULE_MIME) else ""
        self._kind = kind if find_kind(kind) else ""
        return bool(self._kind)

    def move(self, at: QPointF) -> None:
        """Light up what the module would land on."""
        scene = self._canvas.scene
        link = scene.link_at(at, self._canvas.scaled(LINK_REACH))
        card = scene.module_at(at) if link is None else None
        refusal = ""
        if link and link.link:
            refusal = self._canvas.editor.why_not_insert(link.link, self._kind) or ""
        self._offer(None if refusal else link, card if card and self._replaces(card) else None)
        self._canvas.bubble.say(refusal, self._canvas.view.mapFromScene(at))
        is_free = self._link is None and self._card is None
        place, guides = self._place(at)
        self._ghost.setVisible(is_free)
        self._ghost.setPos(place)
        scene.set_guides(guides if is_free else ())

    def leave(self) -> None:
        """The module was carried away again."""
        self._offer(None, None)
        self._ghost.hide()
        self._canvas.scene.set_guides(())
        self._canvas.bubble.say("")

    def drop(self, at: QPointF) -> None:
        """Put the module into the wire, offer to replace the card, or put it onto the canvas."""
        link, card, kind = self._link, self._card, self._kind
        place, _ = self._place(at)
        self.leave()
        if link and link.link:
            self._show(self._canvas.editor.add_on_link(kind, link.link, place))
        elif card:
            self._offer_to_replace(card, kind, at, place)
        else:
            self._show(self._canvas.editor.add(kind, place))
        self._canvas.view.setFocus()

    def _show(self, module_id: str) -> None:
        self._canvas.view.ensureVisible(self._canvas.scene.modules[module_id].rect, 24, 24)

    def _offer_to_replace(self, card: ModuleItem, kind: str, at: QPointF, place: QPointF) -> None:
        editor, module_id = self._canvas.editor, card.card.id
        menu = QMenu(self._canvas.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(f"Replace {card.card.title} by {kind}", lambda: editor.replace(module_id, kind))
        menu.addAction(f"Add {kind} beside it", lambda: self._show(editor.add(kind, place)))
        menu.popup(self._canvas.to_screen(at))

    def _replaces(self, card: ModuleItem) -> bool:
        return self._canvas.editor.can_replace(card.card.id, self._kind)

    def _place(self, at: QPointF) -> tuple[QPointF, tuple[QLineF, ...]]:
        """Where the card would lie: its header under the mouse, in line with its neighbours and covering none.

        Second: the lines of alignment, where it lies in line.
        """
        wanted = QRectF(at - GHOST_GRASP, NEW_CARD)
        others = [item.rect for item in self._canvas.scene.modules.values()]
        alignment = align(wanted, others, self._canvas.scaled(MAGNET))
        aligned = wanted.translated(alignment.shift)
        place = free_place(aligned, others)
        return place, alignment.guides if place == aligned.topLeft() else ()

    def _offer(self, link: LinkItem | None, card: ModuleItem | None) -> None:
        if self._link is not link:
            if self._link:
                self._link.set_offered(False)
            if link:
                link.set_offered(True)
        if self._card is not card:
            if self._card:
                self._card.set_state(is_offered=False)
            if card:
                card.set_state(is_offered=True)
        self._link, self._card = link, card


class _Ghost(QGraphicsRectItem):
    """The outline of the card that would be added."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().color("accent"), 1.5, Qt.PenStyle.DashLine))
        rect = self.rect().adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(rect, LARGE_RADIUS, LARGE_RADIUS)
        painter.drawLine(QPointF(rect.left(), HEADER_HEIGHT), QPointF(rect.right(), HEADER_HEIGHT))
