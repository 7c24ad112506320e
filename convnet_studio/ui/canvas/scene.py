"""CanvasScene: one item for each module and wire of the open project, kept in step by id."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsScene

from convnet_studio.engine.project.spec import Link, Project
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.card import cards_of, with_last_body
from convnet_studio.ui.canvas.link_item import GRASP, LinkItem
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.port_item import PortItem
from convnet_studio.ui.canvas.routing import loose_way, route
from convnet_studio.ui.canvas.stage_items import StageItems
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme, theme_switch

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
        self.stages = StageItems(self)
        self.guides: tuple[QLineF, ...] = ()
        self._summary: Summary | None = None
        self._class_names: tuple[str, ...] = ()
        self._last: Snapshot | None = None
        open_project.changed.connect(self._follow)
        open_project.replaced.connect(self.rebuild)
        open_project.selection_changed.connect(self._show_selection)
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

    def rebuild(self) -> None:
        """Begin anew with the open project."""
        for item in [*self.modules.values(), *self.links.values()]:
            self.removeItem(item)
        self.modules, self.links = {}, {}
        self.stages.clear()
        self._summary = self._last = None
        self._follow(None, self.open_project.project)

    def set_summary(self, summary: Summary) -> None:
        """Show shapes, counts and problems of the project's newest value."""
        self._summary = summary
        self._update_cards()

    def set_class_names(self, names: list[str]) -> None:
        """Call the classes so."""
        self._class_names = tuple(names)
        self._update_cards()

    def show_snapshot(self, snapshot: Snapshot, visible: frozenset[str]) -> None:
        """Show the newest numbers on the cards `visible`."""
        self._last = snapshot
        for module_id in visible & self.modules.keys():
            self.modules[module_id].show_snapshot(snapshot)
        self.stages.show_snapshot(snapshot)

    def cards(self) -> list[ModuleItem]:
        """The cards in sight: those of modules, and of folded stages in place of theirs."""
        return [*(item for item in self.modules.values() if item.isVisible()), *self.stages.folded.values()]

    def port_at(self, at: QPointF) -> PortItem | None:
        """The port nearest to `at`, within grasp."""
        ports = [port for item in self.cards() for port in item.ports if port.is_grasped_at(at)]
        return min(ports, key=lambda port: QLineF(port.scenePos(), at).length(), default=None)

    def module_at(self, at: QPointF) -> ModuleItem | None:
        """The topmost card under `at`."""
        under = [item for item in self.cards() if item.rect.contains(at)]
        return max(under, key=lambda item: item.zValue(), default=None)

    def link_at(self, at: QPointF, reach: float = GRASP / 2) -> LinkItem | None:
        """A wire within `reach` of `at`."""
        near = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
        seen = (item for item in self.links.values() if item.isVisible())
        return next((item for item in seen if item.shape().intersects(near)), None)

    def reroute(self) -> None:
        """Lead every wire from port to port around the cards as they lie now."""
        self.stages.place()
        cards, solid = [item.rect for item in self.cards()], self.stages.solid_rects()
        for link, item in self.links.items():
            start, end = self._ends(link)
            overlap = self.modules[link.source].rect.intersects(self.modules[link.target].rect)
            around = cards if self.stages.is_inside(link) else solid
            item.setPath(loose_way(start, end) if overlap else route(start, end, around))

    def place_cards(self) -> None:
        """Put every card where the project says."""
        for spec in self.open_project.project.network.modules:
            item = self.modules[spec.id]
            if (item.x(), item.y()) != spec.position:
                item.setPos(*spec.position)
        self.reroute()

    def set_guides(self, guides: tuple[QLineF, ...]) -> None:
        """Draw these lines of alignment."""
        if guides != self.guides:
            self.guides = guides
            self.update()

    def covered_rect(self) -> QRectF:
        """What cards and wires cover; empty without any."""
        covered = QRectF()
        wires = [item.path().boundingRect() for item in self.links.values() if item.isVisible()]
        for rect in [*self.stages.solid_rects(), *wires]:
            covered = covered.united(rect)
        return covered

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The lines of alignment."""
        if self.guides:
            pen = QPen(theme().color("accent"), 1)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawLines(list(self.guides))

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
        for module_id, card in cards_of(self.open_project.project, self._summary).items():
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
                self.addItem(self.links[link])
        sources, targets = {link.source for link in wanted}, {(link.target, link.port) for link in wanted}
        for item in [*self.modules.values(), *self.stages.folded.values()]:
            for port in item.ports:
                port.set_wired(port.module_id in sources if port.is_output else (port.module_id, port.index) in targets)

    def _ends(self, link: Link) -> tuple[QPointF, QPointF]:
        output = self.stages.output_of(link) or self.modules[link.source].output
        assert output is not None
        target = self.stages.input_of(link) or self.modules[link.target].inputs[link.port]
        return output.scenePos(), target.scenePos()

    def _show_selection(self) -> None:
        for module_id, item in self.modules.items():
            is_selected = module_id in self.open_project.selection
            item.set_state(is_selected=is_selected)
            item.setZValue(2 if is_selected else 1 if item.card.problems else 0)  # a mend must be in reach
        self.stages.show_selection(self.open_project.selection)

    def _recolor(self) -> None:
        for item in self.modules.values():
            item.recolor()
        self.stages.recolor()
        self.update()
