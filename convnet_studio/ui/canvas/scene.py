"""CanvasScene: one item for each module and wire of the open project, kept in step by id."""

from __future__ import annotations

import math

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsScene

from convnet_studio.engine.nn.module import Shape
from convnet_studio.engine.project.joints import joint_problems
from convnet_studio.engine.project.spec import Link, Project
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.card import cards_of, with_last_body
from convnet_studio.ui.canvas.link_item import GRASP, LinkItem
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.note_layer import NoteLayer
from convnet_studio.ui.canvas.numbers import shape_text
from convnet_studio.ui.canvas.port_item import PortItem
from convnet_studio.ui.canvas.routing import Cards
from convnet_studio.ui.canvas.stage_items import StageItems
from convnet_studio.ui.canvas.stage_layout import FRAME_CLEARANCE, FRAME_PADDING
from convnet_studio.ui.canvas.wire_label import label_font, place_labels
from convnet_studio.ui.canvas.wire_tracks import lead
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme, theme_switch

CARDS_AT_ONCE = 64
"""Colouring the maps of more cards would hold up a frame; the others follow in the next ones."""
NEXT_FRAME = 16
"""Milliseconds: at once would be before the frame that the first ones are waiting for."""
EXTENT = 100_000.0
"""Half the side of the part of the canvas that can be scrolled to, in pixels."""


class CanvasScene(QGraphicsScene):
    """Follows `open_project`: creates, moves and removes only what differs between before and after."""

    links_selected = Signal()
    """Other wires are selected (modules are selected in the open project)."""

    def __init__(self, open_project: OpenProject) -> None:
        super().__init__(-EXTENT, -EXTENT, 2 * EXTENT, 2 * EXTENT)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.open_project = open_project
        self.modules: dict[str, ModuleItem] = {}
        self.links: dict[Link, LinkItem] = {}
        self.notes = NoteLayer(self)
        self.stages = StageItems(self)
        self.guides: tuple[QLineF, ...] = ()
        self.aloft = ""
        """The module whose card is held over the wires and may go into one, so that they do not run around it."""
        self._is_choosing = False
        self.shows_bars = True
        self.is_draft = False
        """Whether the canvas is being scaled, so that cards may be shown as they were drawn last."""
        self.scale = 1.0
        """At which it is drawn on the canvas."""
        self._shows_words = True
        self._covered: QRectF | None = None
        """What cards, frames and wires cover; None when they were moved."""
        self.arrangement = 0
        """Another number whenever cards, frames or wires were moved."""
        self.floor = math.inf
        """Below this y something floats over the canvas, under which no open problem may lie."""
        self._summary: Summary | None = None
        self._class_names: tuple[str, ...] = ()
        self._last: Snapshot | None = None
        self._waiting: list[str] = []
        """Cards that have not shown the newest numbers yet."""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._show_some)
        open_project.changed.connect(self._follow)
        open_project.replaced.connect(self.rebuild)
        open_project.selection_changed.connect(self._on_selection)
        theme_switch().changed.connect(self._recolor)
        self.rebuild()

    @property
    def selected_links(self) -> frozenset[Link]:
        """The wires that Delete would remove."""
        return frozenset(link for link, item in self.links.items() if item.is_selected)

    def select_links(self, links: frozenset[Link]) -> None:
        """Select these wires."""
        if links != self.selected_links:
            for link, item in self.links.items():
                item.set_selected(link in links)
            self.links_selected.emit()

    def select_only(
        self,
        modules: frozenset[str] = frozenset(),
        links: frozenset[Link] = frozenset(),
        notes: frozenset[str] = frozenset(),
    ) -> None:
        """Select these and nothing else."""
        self._is_choosing = True
        self.open_project.select(modules)
        self._is_choosing = False
        self.select_links(links)
        self.notes.select(notes)

    def rebuild(self) -> None:
        """Begin anew with the open project."""
        for item in [*self.modules.values(), *self.links.values()]:
            self.removeItem(item)
        self.modules, self.links = {}, {}
        self.notes.clear()
        self.stages.clear()
        self._summary = self._last = None
        self._follow(None, self.open_project.project)

    def set_summary(self, summary: Summary) -> None:
        """Show shapes, counts and problems of the project's newest value."""
        self._summary = summary
        self._update_cards()
        self._label_wires()

    def show_bars(self, shows: bool) -> None:
        """Draw on each card where parameters and arithmetic live, or leave that out."""
        if shows != self.shows_bars:
            self.shows_bars = shows
            self._update_cards()

    def draw_draft(self, is_draft: bool) -> None:
        """Show cards as they were drawn last until further notice, or draw them anew."""
        if is_draft != self.is_draft:
            self.is_draft = is_draft
            self._show_words()
            if not is_draft:
                self.update()

    def show_scale(self, scale: float) -> None:
        """The canvas is drawn at this scale: what nobody could read is left out."""
        self.scale = scale
        self.stages.show_scale(scale)
        self._show_words()

    def set_floor(self, y: float) -> None:
        """Something floats over the canvas below `y`: problems that are open stand above it."""
        if y != self.floor:
            self.floor = y
            for item in [*self.modules.values(), *self.stages.folded.values()]:
                if item.is_open:
                    item.lay_out_again()

    def _show_words(self) -> None:
        """Labels of wires that can be read; in a draft, none."""
        are_in_sight = not self.is_draft and label_font(self.scale) is not None
        if are_in_sight is not self._shows_words:
            self._shows_words = are_in_sight
            for link in self.links.values():
                link.show_words(are_in_sight)

    def set_class_names(self, names: list[str]) -> None:
        """Call the classes so."""
        self._class_names = tuple(names)
        self._update_cards()

    def show_snapshot(self, snapshot: Snapshot, visible: frozenset[str]) -> None:
        """Show the newest numbers on the cards `visible`."""
        self._last = snapshot
        waiting = [each for each in self._waiting if each in visible]
        self._waiting = [*waiting, *(visible - set(waiting))]
        self._show_some()

    @property
    def class_count(self) -> int:
        """How many classes the data has."""
        return len(self._class_names)

    def shapes(self) -> dict[str, Shape | None]:
        """What each module puts out, as far as is known."""
        known = self._summary.modules if self._summary else {}
        return {module_id: summary.shape for module_id, summary in known.items()}

    def cards(self) -> list[ModuleItem]:
        """The cards in sight: those of modules, and of folded stages in place of theirs."""
        return [*(item for item in self.modules.values() if item.isVisible()), *self.stages.folded.values()]

    def card_of(self, module_id: str) -> ModuleItem:
        """The card in sight that stands for a module: its own, or that of its folded stage."""
        return self.stages.folded_of(module_id) or self.modules[module_id]

    def port_at(self, at: QPointF) -> PortItem | None:
        """The port nearest to `at`, within grasp."""
        ports = [port for item in self.cards() for port in item.ports if port.is_grasped_at(at)]
        return min(ports, key=lambda port: QLineF(port.scenePos(), at).length(), default=None)

    def module_at(self, at: QPointF) -> ModuleItem | None:
        """The topmost card under `at`."""
        under = [item for item in self.cards() if item.shown_rect.contains(at)]
        return max(under, key=lambda item: item.zValue(), default=None)

    def link_at(self, at: QPointF, reach: float = GRASP / 2) -> LinkItem | None:
        """The wire that lies nearest to `at`, within `reach`."""
        seen = [item for item in self.links.values() if item.isVisible()]
        for near in (reach / 8, reach / 4, reach / 2, reach):  # tracks lie closer together than a drop may miss by
            around = QRectF(at.x() - near, at.y() - near, 2 * near, 2 * near)
            if found := next((item for item in seen if item.shape().intersects(around)), None):
                return found
        return None

    def joint_at(self, at: QPointF) -> LinkItem | None:
        """The wire whose problem is marked at `at`."""
        return next((item for item in self.links.values() if item.is_over_joint(at)), None)

    def reroute(self) -> None:
        """Lead every wire from port to port around the cards as they lie now."""
        self.stages.place()
        self._covered = None
        self.arrangement += 1
        lying = (item.rect for item in self.cards() if item.card.id != self.aloft)
        cards = Cards([*lying, *self.stages.headers()])
        solid = Cards(self.stages.solid_rects(self.aloft), FRAME_PADDING, FRAME_CLEARANCE)
        seen = [link for link, item in self.links.items() if item.isVisible()]
        ways: list[tuple[QPointF, QPointF, Cards | None]] = []
        for link in seen:
            start, end = self.ends(link)
            overlap = self.card_of(link.source).rect.intersects(self.card_of(link.target).rect)
            if self.stages.is_inside(link):
                around = self.stages.cards_inside(link, cards)
            else:
                around = solid if self.stages.is_between_frames(link, start, end) else cards
            ways.append((start, end, None if overlap else around))
        for link, path in zip(seen, lead(ways), strict=True):
            self.links[link].setPath(path)
        self._label_wires()

    def place_cards(self) -> None:
        """Put every card where the project says."""
        for spec in self.open_project.project.network.modules:
            item = self.modules[spec.id]
            if (item.x(), item.y()) != spec.position:
                item.setPos(*spec.position)
                if item.is_open:
                    item.lay_out_again()
        self.notes.follow(self.open_project.project.notes)
        self.reroute()

    def set_guides(self, guides: tuple[QLineF, ...]) -> None:
        """Draw these lines of alignment."""
        if guides != self.guides:
            self.guides = guides
            self.update()

    def taken_rects(self) -> list[QRectF]:
        """Where frames, the cards in none, and notes lie, and where folded stages come back to."""
        taken = [*self.stages.solid_rects(), *(self.stages.unfolded_rect(each) for each in self.stages.folded)]
        return taken + [item.rect for item in self.notes.items.values()]

    def covered_rect(self) -> QRectF:
        """What cards, frames, wires and notes cover; empty without any."""
        if self._covered is None:
            self._covered = QRectF()
            wires = [item.path().boundingRect() for item in self.links.values() if item.isVisible()]
            for rect in [*self.stages.solid_rects(), *wires]:
                self._covered = self._covered.united(rect)
        return self.notes.covered_rect().united(self._covered)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The lines of alignment."""
        if self.guides:
            pen = QPen(theme().color("accent"), 1)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawLines(list(self.guides))

    def _show_some(self) -> None:
        """Show the newest numbers on the cards that have waited longest, and go on after the next frame."""
        now, self._waiting = self._waiting[:CARDS_AT_ONCE], self._waiting[CARDS_AT_ONCE:]
        for module_id in now:
            if self._last is not None and module_id in self.modules:
                self.modules[module_id].show_snapshot(self._last)
                if folded := self.stages.folded_of(module_id):
                    folded.show_snapshot(self._last)
        if self._waiting:
            self._rest.start(NEXT_FRAME)

    def _follow(self, before: Project | None, after: Project) -> None:
        """Make the items equal to `after`."""
        for link in self.links.keys() - set(after.network.links):
            self.removeItem(self.links.pop(link))
        ids = {spec.id for spec in after.network.modules}
        for module_id in self.modules.keys() - ids:
            self.removeItem(self.modules.pop(module_id))
        self._update_cards()
        self._update_links(after)
        self.place_cards()
        self._show_selection()

    def _update_cards(self) -> None:
        """Create cards that are missing, and change those that show something else now."""
        moved = False
        for module_id, card in cards_of(self.open_project.project, self._summary, self.shows_bars).items():
            item = self.modules.get(module_id)
            if item is None:
                item = ModuleItem(card, self._class_names)
                self.modules[module_id] = item
                self.addItem(item)
            else:
                card = with_last_body(card, item.card)
                if item.card == card and item.body.class_names == self._class_names:
                    continue
                moved = item.set_card(card, self._class_names) or moved
            if self._last is not None:
                item.show_snapshot(self._last)
        moved = self.stages.follow(self.open_project.project, self._summary, self._class_names) or moved
        if self._last is not None:
            self.stages.show_snapshot(self._last)
        if moved:
            self.reroute()
        self._show_selection()

    def _update_links(self, after: Project) -> None:
        wanted = {
            link
            for link in after.network.links
            if link.target in self.modules
            and self.modules[link.source].output
            and link.port < len(self.modules[link.target].inputs)
        }
        for link in self.links.keys() - wanted:
            self.removeItem(self.links.pop(link))
        for link in after.network.links:
            if link in wanted and link not in self.links:
                self.links[link] = LinkItem(link)
                self.links[link].show_words(self._shows_words)
                self.addItem(self.links[link])
        sources, targets = {link.source for link in wanted}, {(link.target, link.port) for link in wanted}
        for item in [*self.modules.values(), *self.stages.folded.values()]:
            for port in item.ports:
                port.set_wired(port.module_id in sources if port.is_output else (port.module_id, port.index) in targets)

    def _label_wires(self) -> None:
        """Write on each wire the shape that it carries, and mark those that do not fit where they end."""
        known = self._summary.modules if self._summary else {}
        shapes = {link: known[link.source].shape for link in self.links if link.source in known}
        words = {link: shape_text(shape) for link, shape in shapes.items() if shape}
        ways = {link: item.path() for link, item in self.links.items() if item.isVisible()}
        taken = [item.rect for item in self.cards()] + self.stages.painted_rects()
        places = place_labels(ways, words, taken, self.stages.shown_frames())
        problems = joint_problems(self.open_project.project.network, self._summary) if self._summary else {}
        for link, item in self.links.items():
            item.set_label(words.get(link, ""), places.get(link))
            item.set_problem(problems.get(link))

    def ends(self, link: Link) -> tuple[QPointF, QPointF]:
        """Where a wire starts and ends: at ports of its modules, or of the folded stages that they are in."""
        output = self.stages.output_of(link) or self.modules[link.source].output
        assert output is not None
        target = self.stages.input_of(link) or self.modules[link.target].inputs[link.port]
        return output.scenePos(), target.scenePos()

    def _on_selection(self) -> None:
        """Whoever selects modules elsewhere selects nothing else: Delete takes only what was chosen last."""
        self._show_selection()
        if not self._is_choosing:
            self.select_links(frozenset())
            self.notes.select(frozenset())

    def _show_selection(self) -> None:
        for module_id, item in self.modules.items():
            is_selected = module_id in self.open_project.selection
            item.set_state(is_selected=is_selected)
        self.stages.show_selection(self.open_project.selection)

    def _recolor(self) -> None:
        for item in self.modules.values():
            item.recolor()
        self.notes.recolor()
        for link in self.links.values():
            link.recolor()
        self.stages.recolor()
        self.update()
