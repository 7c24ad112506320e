"""CanvasEditor: what gestures, keys and menus do to the project, each as one undo entry."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from PySide6.QtCore import QPointF, QRectF, QSizeF

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.clipping import clip, paste
from convnet_studio.engine.project.kinds import (
    find_kind,
    growing_setting,
    is_input,
    is_loss,
    port_count,
    takes_recurrent,
)  # fmt: skip
from convnet_studio.engine.project.notes_edits import delete_notes, move_notes
from convnet_studio.engine.project.spec import Link, ModuleSpec, Position, Project
from convnet_studio.engine.project.validate import Problem
from convnet_studio.engine.project.wire_fit import shape_misfit
from convnet_studio.engine.project.wiring import closes_loop, title
from convnet_studio.ui.canvas.card_layout import CARD_GAP, MAPS_WIDTH
from convnet_studio.ui.canvas.numbers import counted
from convnet_studio.ui.canvas.placement import free_place, is_one_row
from convnet_studio.ui.canvas.row_break import card_between_rows, make_room
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.canvas.stage_editor import NEW_HEIGHT, StageEditor
from convnet_studio.ui.canvas.stage_layout import FRAME_PADDING, frame_around
from convnet_studio.ui.open_project import OpenProject

FIRST_UNFOLD = 3
"""Steps of time with the first recurrent wire."""
COPY_OFFSET = (32.0, 32.0)
"""How far from a module its copy lies."""
NEW_CARD = QSizeF(MAPS_WIDTH, NEW_HEIGHT)
"""What is assumed of a new card's size before its output's shape is known."""


class CanvasEditor:
    """Makes the next value of the project with `engine.project.edits` and hands it to the open project."""

    def __init__(self, open_project: OpenProject, scene: CanvasScene) -> None:
        self._open = open_project
        self._scene = scene
        self.stages = StageEditor(open_project, scene)

    @property
    def project(self) -> Project:
        """The value now."""
        return self._open.project

    def add(self, kind: str, at: QPointF) -> str:
        """Put a new module at the free place nearest to `at`; its id."""
        place = free_place(QRectF(at, NEW_CARD), self._card_rects())
        after, new_id = edits.insert_module(self.project, kind, _position(place))
        return self._commit(f"Add {kind}", after, new_id)

    def add_on_link(self, kind: str, link: Link, at: QPointF) -> str:
        """Put a new module into a wire; its id. Where there is no row to make room, it goes to `at`."""
        after, new_id = self._inserted(kind, link, at)
        return self._commit(f"Insert {kind}", after, new_id)

    def _inserted(self, kind: str, link: Link, at: QPointF) -> tuple[Project, str]:
        before, position, room = self._room_on_link(link, NEW_CARD, at)
        return edits.insert_on_link(before, link, kind, position, make_room=room)

    def move_into_link(self, module_id: str, link: Link, at: QPointF) -> None:
        """Put a module that is there, without any wire, into a wire; its card goes where that of a new one would."""
        card = self._scene.modules[module_id].rect
        free = free_place(QRectF(at, card.size()), [each for each in self._card_rects() if each != card])
        before, position, room = self._room_on_link(link, card.size(), free, module_id)
        after = edits.move_into_link(before, link, module_id, position, room)
        self._commit(f"Insert {title(after.network.module(module_id))}", after, module_id)

    def _room_on_link(self, link: Link, size: QSizeF, at: QPointF, moved: str = "") -> tuple[Project, Position, float]:
        """Room for a card in a wire: the project with it, the card's position, the width that the row behind gives.

        Between two rows it stands at the end of the upper or at the start of the lower; else, out of a row, at `at`.
        The card `moved` itself takes none.
        """
        source, target = (self.project.network.module(each) for each in (link.source, link.target))
        is_row = is_one_row(source.position, target.position)
        if not is_row and (found := card_between_rows(self._scene, link, size, moved)):
            return make_room(self.project, self._scene, found), _position(found.at), 0.0
        room = size.width() + CARD_GAP
        inside = self.project.network.stage_of(link.target)
        if inside and link.source not in inside.modules:  # the new card stands before the frame
            room += FRAME_PADDING
        return self.project, target.position if is_row else _position(at), room

    def add_wired(self, kind: str, at: QPointF, source: str = "", target: str = "", port: int = 0) -> str:
        """Put a new module at `at`, fed by `source` or feeding input `port` of `target`, as one edit; its id."""
        after, new_id = edits.insert_module(self.project, kind, _position(at))
        ends = (source, new_id, 0) if source else (new_id, target, port)
        after = edits.connect(after, *ends)
        return self._commit(f"Add {kind}", after, new_id)

    def add_beside_selection(self, kind: str, centre: QPointF) -> str:
        """Put a new module behind the one selected, into its wire if it has one; without one at `centre`; its id."""
        selected = self._only_selected()
        if selected is None or is_loss(selected.kind) or is_input(kind):
            return self.add(kind, centre - QPointF(NEW_CARD.width() / 2, NEW_CARD.height() / 2))
        card = self._scene.modules[selected.id].rect
        beside = QPointF(card.right() + CARD_GAP, card.top())
        outgoing = [link for link in self.project.network.links if link.source == selected.id]
        if len(outgoing) == 1 and edits.can_insert(self.project, outgoing[0], kind) is None:
            return self.add_on_link(kind, outgoing[0], beside)
        place = free_place(QRectF(beside, NEW_CARD), self._card_rects())
        return self.add_wired(kind, place, source=selected.id)

    def fitting_kinds(self, kinds: list[str], source: str = "", target: str = "", port: int = 0) -> list[str]:
        """Those of `kinds` that can be fed by `source`, or can feed input `port` of `target`."""
        return [kind for kind in kinds if self._fits(kind, source, target, port)]

    def why_not(self, source: str, target: str, port: int) -> str | None:
        """None if a wire may run so, recurrent where it closes a loop, else in words why not."""
        is_recurrent = self.becomes_recurrent(source, target)
        return edits.can_connect(self.project, source, target, port, is_recurrent)

    def becomes_recurrent(self, source: str, target: str) -> bool:
        """Whether a wire would close a loop into a module that takes recurrent wires, so that it is drawn as one."""
        network = self.project.network
        if source not in network or target not in network or is_loss(network.module(source).kind):
            return False
        return takes_recurrent(network.module(target).kind) and closes_loop(self.project, source, target)

    def way_back(self, source: str, target: str, port: int) -> Link | None:
        """The wire into which an Add can be put that takes what a wire from `source` would bring back to `target`.

        None where that wire closes no loop, may run as it is, or brings something of another shape.
        """
        if self.why_not(source, target, port) is None or is_loss(self.project.network.module(source).kind):
            return None
        wires = [each for each in self.project.network.links if (each.target, each.port) == (target, port)]
        if not wires or wires[0].is_recurrent or not closes_loop(self.project, source, target):
            return None
        shapes = self._scene.shapes()
        return wires[0] if shapes.get(source) == shapes.get(wires[0].source) else None

    def connect_back(self, source: str, link: Link) -> None:
        """Put an Add into a wire, and draw a recurrent wire from `source` to it, as one edit."""
        after, new_id = self._inserted("Add", link, self._scene.modules[link.target].pos())
        self._commit_wire(edits.connect(after, source, new_id, 1, is_recurrent=True), "Connect back")

    def shape_misfit(self, source: str, target: str, port: int) -> str:
        """Why what `source` puts out would not fit that input; empty where it does, or nothing is known."""
        return shape_misfit(self.project, self._scene.shapes(), source, target, port, self._scene.class_count)

    def can_grow(self, target: str) -> bool:
        """Whether all inputs of a module have a wire and it could have one more."""
        module = self.project.network.module(target)
        inputs, ports = growing_setting(module.kind), port_count(module.kind, module.settings)
        fed = {link.port for link in self.project.network.links if link.target == target}
        return inputs is not None and inputs.maximum is not None and len(fed) == ports < inputs.maximum

    def why_not_insert(self, link: Link, kind: str) -> str | None:
        """None if a new module of `kind` may be put into `link`, else in words why not."""
        return edits.can_insert(self.project, link, kind)

    def connect(self, source: str, target: str, port: int) -> None:
        """Draw a wire, recurrent where it closes a loop."""
        is_recurrent = self.becomes_recurrent(source, target)
        self._commit_wire(edits.connect(self.project, source, target, port, is_recurrent))

    def connect_one_more(self, source: str, target: str) -> None:
        """Draw a wire to an input that the module gets for it."""
        is_recurrent = self.becomes_recurrent(source, target)
        self._commit_wire(edits.connect_one_more(self.project, source, target, is_recurrent))

    def set_recurrent(self, link: Link, is_recurrent: bool) -> None:
        """Make a wire carry what was a step of time before, or what is now."""
        self._commit_wire(edits.set_recurrent(self.project, link, is_recurrent), "Change a wire")

    def why_not_recurrent(self, link: Link, is_recurrent: bool) -> str | None:
        """None if a wire can be made so, else in words why not."""
        without = edits.delete_links(self.project, [link])
        return edits.can_connect(without, link.source, link.target, link.port, is_recurrent)

    def _commit_wire(self, after: Project, text: str = "Connect") -> None:
        """Take `after`; with its first recurrent wire the network is unfolded, without which that would do nothing."""
        before = self.project.network
        is_first = not any(link.is_recurrent for link in before.links)
        if is_first and before.unfold == 1 and any(link.is_recurrent for link in after.network.links):
            after = edits.set_unfold(after, FIRST_UNFOLD)
        self._open.edit(text, after)

    def can_replace(self, module_id: str, kind: str) -> bool:
        """Whether a module of `kind` can take the place of another: of its family, or of any that is unknown here."""
        old, new = find_kind(self.project.network.module(module_id).kind), find_kind(kind)
        if new is None or old is new:
            return False
        try:
            edits.replace_module(self.project, module_id, kind)
        except ValueError:  # of another family, or a wire starts where a loss has no output
            return False
        return True

    def can_take_place(self, module_id: str, kind: str) -> bool:
        """Whether a new module of `kind` can take the place of another, which may be of the same kind."""
        return self.project.network.module(module_id).kind == kind or self.can_replace(module_id, kind)

    def replace(self, module_id: str, kind: str) -> None:
        """Put a module of another kind, or a new one of the same, into the place of one."""
        old = self.project.network.module(module_id)
        if old.kind == kind:
            self._commit(f"Renew {title(old)}", *edits.renew_module(self.project, module_id))
        else:
            self._open.edit(f"Replace {old.kind} by {kind}", edits.replace_module(self.project, module_id, kind))
            self._open.select(frozenset((module_id,)))

    def delete_selection(self, verb: str = "Delete") -> None:
        """Take the selected modules (chains heal), wires and notes out."""
        ids, links, notes = self._open.selection, self._scene.selected_links, self._scene.notes.selected
        if not ids and not links and not notes:
            return
        after = edits.delete_links(self.project, links) if links else self.project
        after = edits.delete_modules(after, ids) if ids else after
        after = delete_notes(after, notes)
        one = title(self.project.network.module(next(iter(ids)))) if len(ids) == 1 else ""
        many = one or counted(len(ids), "module") if ids else _some(links, "wire") if links else _some(notes, "note")
        self._open.edit(f"{verb} {many}", after)

    def duplicate_selection(self) -> None:
        """Add a copy of the selected modules, their stages, the wires among them and the selected notes; select it."""
        ids, notes = self._open.selection, self._scene.notes.selected
        if ids or notes:
            after, new_ids, new_notes = paste(self.project, clip(self.project, ids, notes), self._offset_of_copy())
            self._open.edit("Duplicate", after)
            self._scene.select_only(frozenset(new_ids), notes=frozenset(new_notes))

    def can_freeze(self, ids: Collection[str]) -> bool:
        """Whether one of these modules learns something."""
        return bool(self._learning(ids))

    def toggle_frozen(self, ids: Collection[str]) -> None:
        """Freeze the weights of these modules; where all are frozen, let them learn again. Shared ones go along."""
        owners = self._learning(ids)
        freezes = not all(each.learning.frozen for each in owners)
        after = edits.freeze_modules(self.project, [each.id for each in owners], freezes)
        name = title(owners[0]) if len(owners) == 1 else counted(len(owners), "module")
        self._open.edit(f"{'Freeze' if freezes else 'Unfreeze'} {name}", after)

    def _offset_of_copy(self) -> Position:
        """How far from the selected modules their copy goes; that of a stage goes where its frame covers nothing."""
        faces = [each for each in self.stages.selected() if self._open.selection.issuperset(each.modules)]
        if not faces:
            return COPY_OFFSET
        frame = frame_around(self._scene.modules[each].rect for each in self._open.selection)
        below = frame.translated(0, frame.height() + CARD_GAP)
        return _position(free_place(below, self._card_rects()) - frame.topLeft())

    def rename(self, module_id: str, name: str) -> None:
        """Give a module a name of its own; that of its kind, or none, takes it away."""
        kind = self.project.network.module(module_id).kind
        self._open.edit("Rename", edits.rename_module(self.project, module_id, "" if name.strip() == kind else name))

    def move(
        self,
        positions: Mapping[str, QPointF],
        merge_key: str = "",
        notes: Mapping[str, QPointF] = MappingProxyType({}),
        text: str = "Move",
    ) -> None:
        """Move cards and notes; equal `merge_key` in a row make one undo entry."""
        after = edits.move_modules(self.project, {each: _position(at) for each, at in positions.items()})
        after = move_notes(after, {each: _position(at) for each, at in notes.items()})
        self._open.edit(text, after, merge_key)

    def nudge_selection(self, dx: float, dy: float) -> None:
        """Move the selected cards and notes a little."""
        scene, step = self._scene, QPointF(dx, dy)
        cards = {each: scene.modules[each].pos() + step for each in sorted(self._open.selection)}
        notes = {each: scene.notes.items[each].pos() + step for each in sorted(scene.notes.selected)}
        self.move(cards, f"nudge {' '.join((*cards, *notes))}", notes)

    def mend(self, problem: Problem) -> None:
        """Do what `problem` proposes."""
        name = title(self.project.network.module(problem.where))
        self._open.edit(f"Mend {name}", edits.mend(self.project, problem.where, problem.change, problem.before))

    def _commit(self, text: str, after: Project, new_id: str) -> str:
        self._open.edit(text, after)
        self._scene.select_only(frozenset((new_id,)))
        return new_id

    def _learning(self, ids: Collection[str]) -> list[ModuleSpec]:
        """Those of the modules `ids` that learn something, or whose weights they use."""
        modules = [self.project.network.module(each) for each in ids]
        owners = {each.shares or each.id for each in modules if self._scene.modules[each.id].card.learns}
        return [each for each in self.project.network.modules if each.id in owners]

    def _fits(self, kind: str, source: str, target: str, port: int) -> bool:
        after, new_id = edits.insert_module(self.project, kind, (0, 0))
        pair = (source, new_id, 0) if source else (new_id, target, port)
        return edits.can_connect(after, *pair) is None

    def _only_selected(self) -> ModuleSpec | None:
        ids = self._open.selection
        return self.project.network.module(next(iter(ids))) if len(ids) == 1 else None

    def _card_rects(self) -> list[QRectF]:
        return self._scene.stages.taken_rects()


def _some(things: Collection[object], word: str) -> str:
    return word if len(things) == 1 else counted(len(things), word)


def _position(at: QPointF) -> Position:
    return round(at.x()), round(at.y())
