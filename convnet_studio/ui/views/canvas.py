"""CanvasView: the drawing of the network, in which every card shows what its module computes right now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPointF, QRect, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.analysis.explain import Reach, Reached
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.project.kinds import silences_units
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot, mask_of
from convnet_studio.ui.canvas.area import CanvasArea
from convnet_studio.ui.canvas.editor import CanvasEditor
from convnet_studio.ui.canvas.gestures.zoom import STEP
from convnet_studio.ui.canvas.live_wires import LiveWires
from convnet_studio.ui.canvas.minimap import MiniMap
from convnet_studio.ui.canvas.overlays import HEIGHT, StatusLine, ZoomControl, names_of, problem_text, status_text
from convnet_studio.ui.canvas.reach_overlay import CanvasPointing, ReachOverlay
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.canvas.stage_face import PLACEHOLDER
from convnet_studio.ui.canvas.view_memory import ViewMemory
from convnet_studio.ui.canvas.wire_flow import WireMeaning
from convnet_studio.ui.canvas.wire_legend import WireLegend
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_stage
from convnet_studio.ui.view import View

MARGIN = 12
FREE_BELOW = HEIGHT + MARGIN + 8


class CanvasView(View):
    """The canvas with the network's totals and the zoom over it."""

    name = "canvas"
    title = "Canvas"
    summary = "The network as it is drawn, each card with its live feature maps."
    is_fluent = True

    zoom_changed = Signal(float)
    """1 is actual size."""
    probes_changed = Signal()
    """The wires want to see something else, or another number is pointed at."""
    view_changed = Signal()
    """Other parts of the network are seen, or other things float over it."""

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self.scene = CanvasScene(open_project)
        self.editor = CanvasEditor(open_project, self.scene)
        self.area = CanvasArea(open_project, self.scene, self.editor, self)
        self.status = StatusLine(self)
        self.wires = LiveWires(self.scene)
        self.reach = ReachOverlay(self.scene)
        self.pointing = CanvasPointing(self.area, self.scene, open_project.pointed)
        self.legend = WireLegend(self.wires, self)
        self._zoom = ZoomControl(self)
        self.minimap = MiniMap(self.scene, self.area, self)
        self._wants_minimap = True
        self._summary: Summary | None = None
        self._class_count = 0
        self._covered_below = 0
        self._wants_fit = True
        """Until somebody moves or scales it, the canvas shows the whole network, whatever is edited or resized."""
        self._is_new = True
        """Whether the network was not yet shown as a whole since its shapes are known."""
        self._is_whole = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.area)
        self.setFocusProxy(self.area)
        self._zoom.zoomed_in.connect(self.zoom_in)
        self._zoom.zoomed_out.connect(self.zoom_out)
        self._zoom.reset.connect(self.zoom_reset)
        self._zoom.fitted.connect(self.fit)
        self.area.zoom_changed.connect(self._zoom.show_factor)
        self.area.zoom_changed.connect(self.zoom_changed)
        self._memory = ViewMemory(open_project, self.area)
        for bar in (self.area.horizontalScrollBar(), self.area.verticalScrollBar()):
            bar.valueChanged.connect(self._on_view)
        self.area.zoom_changed.connect(self._on_view)
        self.status.clicked.connect(self._go_to_problem)
        self.minimap.moved.connect(self._stop_fitting)
        self.area.tidy.arrived.connect(self.fit)
        self.scene.notes.selection_changed.connect(self._describe)
        self.area.zoom_changed.connect(self.scene.show_scale)
        open_project.replaced.connect(self._start_over)
        open_project.selection_changed.connect(self._describe)
        open_project.changed.connect(self._describe)
        self.area.touched.connect(self._stop_fitting)
        self.wires.changed.connect(self._place_overlays)
        open_project.pointed.changed.connect(self._on_pointed)
        self._describe()

    def set_summary(self, summary: Summary) -> None:
        """Show shapes, counts and problems of the project's newest value."""
        self._summary = summary
        self.scene.set_summary(summary)
        self._show_status()
        if self.open_project.goes_back:
            self._memory.go_back()
        if self._wants_fit and self.isVisible() and (self._is_new or not self._shows_all()):
            if not self._is_new and not self.open_project.goes_back:
                self._memory.note()
            self.fit()

    def set_dataset(self, dataset: Dataset) -> None:
        """Call the classes as the data set in use does."""
        self.set_class_names(list(dataset.class_names))

    def set_class_names(self, names: list[str]) -> None:
        """Call the classes of the data so."""
        self._class_count = len(names)
        self.scene.set_class_names(names)
        self._show_status()

    def probes(self) -> Probes:
        """Outputs of the cards in view, parameters of those that show filters."""
        visible = self.visible_modules()
        with_filters = frozenset(item.card.id for item in self.scene.cards() if item.card.filters) & visible
        network = self.open_project.project.network
        masks = {mask_of(each.id) for each in network.modules if each.id in visible and silences_units(each.kind)}
        return Probes(visible | masks, with_filters) | self.wires.probes(visible)

    def inquiries(self) -> Mapping[str, Inquiry]:
        """What the number pointed at is computed from, and what it can touch."""
        place = self.open_project.pointed.place
        return {"reach": Reach(place)} if place is not None else {}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Outline it, or nothing where the number is gone."""
        if isinstance(answer.inquiry, Reach) and answer.inquiry.place == self.open_project.pointed.place:
            self.reach.show_reached(answer.value if isinstance(answer.value, Reached) else None)

    def _on_pointed(self) -> None:
        if self.open_project.pointed.place is None:
            self.reach.show_reached(None)
        self.probes_changed.emit()

    def visible_modules(self) -> frozenset[str]:
        """Ids of the modules whose cards are in view."""
        if self._is_whole:
            return frozenset(self.scene.modules)
        in_view = self.area.visible_rect()
        return frozenset(item.card.id for item in self.scene.cards() if item.rect.intersects(in_view))

    def watch_all(self, is_whole: bool) -> None:
        """Whether cards out of view are kept up to date too, for a picture of the whole network."""
        self._is_whole = is_whole

    def known_modules(self) -> frozenset[str]:
        """Ids of the modules that compute something, as far as is known."""
        known = self._summary.modules.items() if self._summary else ()
        return frozenset(module_id for module_id, each in known if each.shape)

    def drawn_rects(self) -> list[QRect]:
        """Where frames and cards are in view, in this view's coordinates."""
        area, seen = self.area, self.area.geometry()
        places = [area.mapFromScene(each).boundingRect() for each in self.scene.stages.solid_rects()]
        return [each.translated(area.pos()) & seen for each in places if each.translated(area.pos()).intersects(seen)]

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint the newest numbers on the cards in view, and on their wires."""
        visible = self.visible_modules()
        self.scene.show_snapshot(snapshot, visible)
        self.wires.show_snapshot(snapshot, visible)

    def show_wires(self, meaning: WireMeaning) -> None:
        """Let the wires tell what they carry, or only where they lead."""
        self.wires.choose(meaning)
        if self._wants_fit and self.isVisible() and not self._shows_all():
            self.fit()
        self.probes_changed.emit()
        if self._wants_fit and self.isVisible() and not self._shows_all():  # rather now than with the next edit
            self.fit()

    def show_bars(self, shows: bool) -> None:
        """Draw on each card where parameters and arithmetic live, or leave that out."""
        self.scene.show_bars(shows)

    def add_kind(self, kind: str) -> str:
        """Add a module behind the selected one, or in the middle of the view; its id."""
        new_id = self.editor.add_beside_selection(kind, self.area.visible_rect().center())
        self.show_module(new_id)
        return new_id

    def show_module(self, module_id: str) -> None:
        """Bring a module's card into view."""
        self.area.ensureVisible(self.scene.card_of(module_id).rect, 24, 24)

    def add_stage(self, name: str) -> None:
        """Add a ready stage behind what is selected, or in the middle of the view."""
        self.editor.stages.add_ready_beside_selection(name, self.area.visible_rect().center())
        for module_id in self.open_project.selection:
            self.show_module(module_id)

    def delete_selection(self) -> None:
        """Delete what is selected."""
        self.editor.delete_selection()

    def duplicate_selection(self) -> None:
        """Copy what is selected."""
        self.editor.duplicate_selection()

    def rename_selection(self) -> None:
        """Edit the name of the one selected module or stage, or the text of the one selected note."""
        self.area.commands.rename_selection()

    def select_all(self) -> None:
        """Select all modules and notes."""
        self.area.commands.select_all()

    @property
    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the canvas does, by the names of the action table."""
        return self.area.commands.handlers | {
            "zoom_in": self.zoom_in,
            "zoom_out": self.zoom_out,
            "zoom_reset": self.zoom_reset,
            "fit": self.fit,
        }

    @property
    def has_minimap(self) -> bool:
        """Whether a map is shown while the network is larger than the view."""
        return self._wants_minimap

    def set_minimap(self, is_wanted: bool) -> None:
        """Show a map while the network is larger than the view, or never."""
        self._wants_minimap = is_wanted
        self._on_view()

    @property
    def zoom(self) -> float:
        """How large the canvas is drawn; 1 is actual size."""
        return self.area.zoom.factor

    def zoom_in(self) -> None:
        """Draw larger."""
        self._stop_fitting()
        self.area.scale_to(self.zoom * STEP)

    def zoom_out(self) -> None:
        """Draw smaller."""
        self._stop_fitting()
        self.area.scale_to(self.zoom / STEP)

    def zoom_reset(self) -> None:
        """Draw at actual size."""
        self._stop_fitting()
        self.area.scale_to(1.0)

    def fit(self) -> None:
        """Show the whole network, and go on doing so."""
        self._wants_fit = True
        self._is_new = self._summary is None or not self.isVisible()
        self.area.fit(self._free_below())

    def look_of_now(self) -> tuple[bool, float, QPointF]:
        """What of the network is seen: whether all of it, whatever happens; the zoom; what is in the middle."""
        return self._wants_fit, self.zoom, self.area.visible_rect().center()

    def look_again(self, look: tuple[bool, float, QPointF]) -> None:
        """Show what `look_of_now` told."""
        self._wants_fit = look[0]
        if self._wants_fit:
            self.fit()
        else:
            self.area.show_view(look[1], look[2])

    def showEvent(self, event: QShowEvent) -> None:
        """The first time, show the whole network."""
        super().showEvent(event)
        self._place_overlays()
        if self._wants_fit:
            self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what floats in its corners."""
        super().resizeEvent(event)
        self._place_overlays()
        if self._wants_fit:
            self.fit()

    def keep_free_below(self, pixels: int) -> None:
        """Something covers so much of the lower edge: the zoom and problems move up, what is drawn stays."""
        if pixels != self._covered_below:
            self._covered_below = pixels
            self._place_overlays()

    def _place_overlays(self) -> None:
        self._zoom.adjustSize()
        bottom = self.height() - self._covered_below - MARGIN - HEIGHT
        self._zoom.move(self.width() - self._zoom.width() - MARGIN, bottom)
        room = self._zoom.x() - 2 * MARGIN
        self.minimap.move(self.width() - self.minimap.width() - MARGIN, bottom - self.minimap.height() - 8)
        self._on_view()
        self.status.setVisible(self._shows_status())
        self.status.setGeometry(MARGIN, bottom, min(room, self.status.wanted_width()), HEIGHT)
        self.legend.setFixedWidth(min(self.legend.wanted_width(), self.width() - 2 * MARGIN))
        is_above = self._is_legend_above()
        beside = self.status.geometry().right() + 1 + MARGIN if self._shows_status() else MARGIN
        self.legend.move(MARGIN if is_above else beside, bottom - (HEIGHT + MARGIN // 2 if is_above else 0))

    def _shows_status(self) -> bool:
        """Above a notice there is room only for what is missing."""
        return bool(self.status.text()) and (not self._covered_below or self.status.is_problem)

    def _is_legend_above(self) -> bool:
        """Whether the legend stands above the status, for want of room beside it."""
        taken = self.status.wanted_width() + MARGIN if self._shows_status() else 0
        return 2 * MARGIN + taken + self.legend.wanted_width() > self._zoom.x()

    def _on_view(self) -> None:
        """The mini-map is there only while there is something out of view, and room for it."""
        if not self.isVisible():
            return
        has_room = self.height() > 3 * self.minimap.height() and self.width() > 3 * self.minimap.width()
        below = self._covered_below + self._free_below()
        self.scene.set_floor(self.area.mapToScene(0, self.area.height() - below).y())
        self.minimap.setVisible(self._wants_minimap and has_room and self.minimap.is_needed())
        self.view_changed.emit()

    def _show_status(self) -> None:
        if self._summary is None:
            return
        words, more = problem_text(self._summary, names_of(self.open_project.project.network))
        self.status.say(words or status_text(self._summary, self._class_count), bool(words), more)
        self._place_overlays()

    def _go_to_problem(self) -> None:
        """Select the module that has a problem, at a second click the next one; the inspector tells more of it.

        What stands at no module is told where nothing is selected.
        """
        modules = self._summary.modules.items() if self._summary and not self._summary.problems else ()
        ids = [module_id for module_id, each in modules if each.problems]
        chosen = self.open_project.selection
        at = next((ids.index(each) for each in ids if chosen == {each}), -1)
        self.scene.select_only(frozenset(ids and (ids[(at + 1) % len(ids)],)))
        for each in ids and self.open_project.selection:
            self.show_module(each)

    def _start_over(self) -> None:
        self._summary = None
        self._is_new = True
        self._memory.clear()
        self.wires.forget()
        self.status.say("", False)
        self.fit()

    def _shows_all(self) -> bool:
        """Whether every card is in view and clear of what floats below; then nothing moves under the user's hands."""
        covered = self.area.mapFromScene(self.scene.covered_rect()).boundingRect()
        return self.area.viewport().rect().adjusted(0, 0, 0, MARGIN - self._free_below()).contains(covered)

    def _free_below(self) -> int:
        """What floats over the lower edge; the legend has a row, into which a notice may lift it."""
        return FREE_BELOW + (HEIGHT + MARGIN // 2 if self.wires.meaning is not WireMeaning.OFF else 0)

    def _stop_fitting(self) -> None:
        """Whoever moves or scales the canvas decides what it shows."""
        self._wants_fit = False
        self._memory.clear()

    def _describe(self) -> None:
        """Tell screen readers what is selected."""
        project = self.open_project.project
        names = [title(spec) for spec in project.network.modules if spec.id in self.open_project.selection]
        names += [f"note “{each.text[:60]}”" for each in project.notes if each.id in self.scene.notes.selected]
        chosen = f"Selected: {', '.join(names)}." if names else "Nothing is selected."
        if stage := shown_stage(self.open_project):
            folded = ", folded" if stage.is_folded else ""
            chosen = f"Selected: {stage.name or PLACEHOLDER}{folded}, a stage of {', '.join(names)}."
        count = len(project.network.modules)
        self._on_view()
        self.area.setAccessibleDescription(f"{count} module{'' if count == 1 else 's'}. {chosen}")
        self.setAccessibleName("Canvas")
