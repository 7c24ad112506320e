"""ConnectPorts: a drag from a port draws a wire, from either end; the model says where it may go."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QMenu

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.project.spec import Link
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.canvas.card_layout import PORT_Y
from convnet_studio.ui.canvas.editor import NEW_CARD
from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer
from convnet_studio.ui.canvas.link_item import LinkItem
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.port_item import PortItem, PortState
from convnet_studio.ui.canvas.routing import loose_way
from convnet_studio.ui.theme import icon

JUMP = 20.0
"""The loose end jumps to a port within this distance, in pixels of the screen."""
_SAME_ENDS = {
    True: "Both are outputs: a wire runs from an output to an input.",
    False: "Both are inputs: a wire runs from an output to an input.",
}
"""Why a wire that began at an output (True) or an input may not end at a port of the same kind."""


class ConnectPorts(Gesture):
    """Draws a wire; let go over empty canvas, it asks for a module to put at its end."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._from: PortItem | None = None
        self._to: PortItem | None = None
        self._is_one_more = False
        self._reasons: dict[PortItem, str | None] = {}
        self._wire = LinkItem()
        self._wire.hide()
        canvas.scene.addItem(self._wire)

    def begins(self, press: Pointer) -> bool:
        """On a port."""
        port = self.canvas.scene.port_at(press.scene)
        if port is None or press.button != Qt.MouseButton.LeftButton:
            return False
        self._from, self._to = port, None
        self._judge_ports(port)
        self._wire.show()
        self.move(press)
        return True

    def move(self, pointer: Pointer) -> None:
        """Lead the loose end to the mouse, or to the port that it is near."""
        assert self._from is not None
        near = self._port_near(pointer.scene)
        reason = self._reasons[near] if near else None
        target = near if near and reason is None else None
        if target is not self._to:
            for port, state in ((self._to, PortState.COMPATIBLE), (target, PortState.TARGET)):
                if port:
                    port.set_state(state)
            self._to = target
        self._is_one_more = target is not None and self._asks_for_one_more(target, pointer.scene)
        is_joined = target is not None and not self._is_one_more
        self._wire.setPath(self._way(target.scenePos() if target and is_joined else pointer.scene))
        at = self.canvas.view.mapFromScene(pointer.scene)
        misfit = self._misfit(target)
        if reason:
            offer = " Let go to add one." if self._way_back(near) else ""
            self.canvas.bubble.say(reason + offer, at)
        elif misfit:
            self.canvas.bubble.say(misfit, at, "warn")
        else:
            self.canvas.bubble.say(self._note(target), at, "info")

    def release(self, pointer: Pointer) -> None:
        """Connect, or ask what to put at the loose end."""
        start, target, is_one_more = self._from, self._to, self._is_one_more
        is_over_card = self.canvas.scene.module_at(pointer.scene) or self._port_near(pointer.scene)
        is_drag = start is not None and QLineF(start.scenePos(), pointer.scene).length() > self.canvas.scaled(JUMP)
        near = self._port_near(pointer.scene) if start else None
        back = self._way_back(near)
        self.cancel()
        if start is None:
            return
        if near is not None and back is not None:
            self._offer_way_back(start, near, back, pointer.scene)
        if target is not None and is_one_more:
            source, module_id, _ = _ends(start, target)
            self.canvas.editor.connect_one_more(source, module_id)
        elif target is not None:
            self.canvas.editor.connect(*_ends(start, target))
        elif is_drag and not is_over_card:
            self._ask(start, pointer.scene)

    def cancel(self) -> None:
        """Take the loose wire away."""
        self._wire.hide()
        self.canvas.bubble.say("")
        for item in self.canvas.scene.cards():
            for port in item.ports:
                port.set_state(PortState.QUIET)
        self._from = self._to = None
        self._is_one_more = False
        self._reasons = {}

    def _judge_ports(self, start: PortItem) -> None:
        """Ask the model about every port at which the wire could end."""
        self._reasons = {}
        for item in self.canvas.scene.cards():
            for port in item.ports:
                if port is start:
                    continue
                if port.is_output == start.is_output:
                    self._reasons[port] = self._why_not_there(start, port, item)
                else:
                    self._reasons[port] = self.canvas.editor.why_not(*_ends(start, port))
                fits = self._reasons[port] is None
                port.set_state(PortState.COMPATIBLE if fits else PortState.INCOMPATIBLE)

    def _why_not_there(self, start: PortItem, port: PortItem, item: ModuleItem) -> str:
        """Why a wire may not end at a port of the kind that it began at: its module may have no other."""
        why_not = self.canvas.editor.why_not
        if start.is_output and not item.inputs:
            reason = why_not(start.module_id, port.module_id, 0)
        elif not start.is_output and item.output is None:
            reason = why_not(port.module_id, start.module_id, start.index or 0)
        else:
            reason = None
        return reason or _SAME_ENDS[start.is_output]

    def _asks_for_one_more(self, target: PortItem, at: QPointF) -> bool:
        """Whether the wire is held over a card, not a port, that has no free input and could have another."""
        is_at_port = QLineF(target.scenePos(), at).length() <= self.canvas.scaled(JUMP)
        return not target.is_output and not is_at_port and self.canvas.editor.can_grow(target.module_id)

    def _misfit(self, target: PortItem | None) -> str:
        """What of the shapes would not fit, though the wire may run (one click then mends most of it)."""
        if target is None or self._from is None or self._is_one_more:
            return ""
        reason = self.canvas.editor.shape_misfit(*_ends(self._from, target))
        return f"It would not fit. {reason}." if reason else ""

    def _note(self, target: PortItem | None) -> str:
        """What is worth knowing of the wire before it is let go; empty for an ordinary one."""
        if target is None or self._from is None:
            return ""
        source, module_id, _ = _ends(self._from, target)
        notes = ["One more input."] if self._is_one_more else []
        if self.canvas.editor.becomes_recurrent(source, module_id):
            notes.append("It closes a loop: a recurrent wire, which brings what was a step of time before.")
        return " ".join(notes)

    def _way_back(self, port: PortItem | None) -> Link | None:
        """The wire before a port into which an Add can be put, where the drawn one would close a loop."""
        if port is None or self._from is None or port.is_output == self._from.is_output or not self._reasons[port]:
            return None
        return self.canvas.editor.way_back(*_ends(self._from, port))

    def _offer_way_back(self, start: PortItem, port: PortItem, link: Link, at: QPointF) -> None:
        """Ask whether the loop shall be closed by a recurrent wire into an Add."""
        source, target, _ = _ends(start, port)
        words = f"Put an Add before {title(self.canvas.editor.project.network.module(target))}, with a recurrent wire"
        menu = QMenu(self.canvas.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("rotate-ccw"), words, lambda: self.canvas.editor.connect_back(source, link))
        menu.popup(self.canvas.to_screen(at))

    def _port_near(self, at: QPointF) -> PortItem | None:
        """The judged port within reach of `at`, or of the card under it."""
        assert self._from is not None
        reach = self.canvas.scaled(JUMP)
        distances = {port: QLineF(port.scenePos(), at).length() for port in self._reasons}
        near = min(distances, key=lambda port: distances[port], default=None)
        if near and distances[near] <= reach:
            return near
        item = self.canvas.scene.module_at(at)
        if item is None or self._from.module_id in item.module_ids:
            return None
        own = [port for port in item.ports if port in distances]
        return min(own, key=lambda port: (self._reasons[port] is not None, distances[port]), default=None)

    def _way(self, end: QPointF) -> QPainterPath:
        assert self._from is not None
        start = self._from.scenePos()
        return loose_way(start, end) if self._from.is_output else loose_way(end, start)

    def _ask(self, start: PortItem, at: QPointF) -> None:
        """Open the menu of what fits; the choice comes with its wire, which does not move."""
        ends = {"source": start.module_id} if start.is_output else {"target": start.module_id}
        port = start.index or 0
        editor = self.canvas.editor
        kinds = editor.fitting_kinds([*Module.registry, *Loss.registry], port=port, **ends)
        corner = at - QPointF(0 if start.is_output else NEW_CARD.width(), PORT_Y)

        def add(kind: str) -> None:
            editor.add_wired(kind, corner, port=port, **ends)

        self.canvas.kind_menu.ask(kinds, self.canvas.to_screen(at), add)


def _ends(one: PortItem, other: PortItem) -> tuple[str, str, int]:
    """(source, target, input port) of a wire between two ports, whichever was grasped first."""
    source, target = (one, other) if one.is_output else (other, one)
    return source.module_id, target.module_id, target.index or 0
