"""LiveWires: lets the wires of a canvas tell what they carry, as widths, colours and dashes that move with training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from convnet_studio.engine.project.spec import Link
from convnet_studio.engine.project.unfold import carried_by
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.canvas.wire_flow import DASH, GAP, Carried, Flow, WireMeaning, WireScale
from convnet_studio.ui.motion import wants_motion

PIXELS_PER_STEP = 2.0
FASTEST = 0.45 * (DASH + GAP)
"""Pixels from one picture to the next at most: beyond half of the pattern it would seem to run backwards."""


class LiveWires(QObject):
    """Follows the snapshots of one scene; while it is off, nothing is asked for and nothing computed."""

    changed = Signal()
    """Another meaning was chosen, or the scale is another."""

    def __init__(self, scene: CanvasScene) -> None:
        super().__init__()
        self._scene = scene
        self._meaning = WireMeaning.OFF
        self._magnitudes: dict[Link, float] = {}
        self._run_and_step = (-1, -1)
        self._travel = 0.0
        scene.open_project.changed.connect(self._rename)

    @property
    def meaning(self) -> WireMeaning:
        """What the wires tell."""
        return self._meaning

    @property
    def scale(self) -> WireScale:
        """What the widths stand for; from 0 to 0 before anything is known."""
        return WireScale.over(self._magnitudes.values())

    def choose(self, meaning: WireMeaning) -> None:
        """Let the wires tell something else."""
        if meaning is not self._meaning:
            self._meaning = meaning
            self.forget()
            self.changed.emit()

    def forget(self) -> None:
        """Draw all wires as if nothing were known."""
        self._magnitudes = {}
        for link, item in self._scene.links.items():
            is_off = self._meaning is WireMeaning.OFF
            item.set_flow(None if is_off else Flow(self._meaning, None, ends=self._ends(link)))

    def probes(self, visible: frozenset[str]) -> Probes:
        """What the wires at the modules `visible` need."""
        if self._meaning is WireMeaning.OFF:
            return Probes()
        network = self._scene.open_project.project.network
        sources = frozenset(carried_by(network, link) for link in self._seen(visible))
        return Probes(gradients=sources) if self._meaning is WireMeaning.GRADIENT else Probes(outputs=sources)

    def show_snapshot(self, snapshot: Snapshot, visible: frozenset[str]) -> None:
        """Draw what the wires at the modules `visible` carry now."""
        if self._meaning is WireMeaning.OFF:
            return
        self._move_on(snapshot)
        network = self._scene.open_project.project.network
        arrays = snapshot.gradients if self._meaning is WireMeaning.GRADIENT else snapshot.outputs
        carried: dict[Link, Carried | None] = {}
        for link in self._seen(visible):
            values = arrays.get(carried_by(network, link))
            carried[link] = Carried.of(values) if values is not None else None
        before = self.scale
        shown = self._scene.links.keys() - {each for each in self._scene.links if self._scene.stages.hides(each)}
        self._magnitudes = {each: size for each, size in self._magnitudes.items() if each in shown}
        self._magnitudes |= {link: each.magnitude for link, each in carried.items() if each and each.magnitude >= 0}
        self._draw(carried)
        if self.scale != before:
            self.changed.emit()

    def _draw(self, carried: Mapping[Link, Carried | None]) -> None:
        scale = self.scale
        travel = -self._travel if self._meaning is WireMeaning.GRADIENT else self._travel
        for link, each in carried.items():
            ends = self._ends(link)
            if each is None:
                flow = Flow(self._meaning, None, ends=ends)
            else:
                flow = Flow(self._meaning, each, scale.width(each.magnitude), travel, ends)
            self._scene.links[link].set_flow(flow)

    def _move_on(self, snapshot: Snapshot) -> None:
        """Let the dashes go on by as many steps as were trained since the last picture."""
        run_id, step = self._run_and_step
        self._run_and_step = snapshot.run_id, snapshot.step
        if run_id != snapshot.run_id:
            self._magnitudes = {}
        if run_id == snapshot.run_id and step < snapshot.step and wants_motion():
            moved = min(FASTEST, PIXELS_PER_STEP * (snapshot.step - step))
            self._travel = (self._travel + moved) % (DASH + GAP)

    def _seen(self, visible: frozenset[str]) -> list[Link]:
        """The wires with an end in view."""
        shown = {each for item in self._scene.cards() if item.card.id in visible for each in item.module_ids}
        links = (each for each in self._scene.links if each.source in shown or each.target in shown)
        return [each for each in links if not self._scene.stages.hides(each)]

    def _ends(self, link: Link) -> str:
        """What the cards in sight at its ends are called."""
        return " → ".join(self._scene.card_of(each).card.title for each in (link.source, link.target))

    def _rename(self) -> None:
        """Name the cards at the ends of all wires as they are called, and folded, now."""
        for link, item in self._scene.links.items():
            if item.flow is not None:
                item.set_flow(replace(item.flow, ends=self._ends(link)))
