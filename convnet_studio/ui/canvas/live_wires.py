"""LiveWires: lets the wires of a canvas tell what they carry, as widths, colours and dashes that move with training."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from convnet_studio.engine.project.spec import Link
from convnet_studio.engine.project.unfold import carried_by
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.canvas.wire_flow import DASH, GAP, Carried, Flow, WireMeaning, width_of
from convnet_studio.ui.motion import wants_motion

PIXELS_PER_STEP = 2.0
FASTEST = 0.45 * (DASH + GAP)
"""Pixels from one picture to the next at most: beyond half of the pattern it would seem to run backwards."""


class LiveWires(QObject):
    """Follows the snapshots of one scene; while it is off, nothing is asked for and nothing computed."""

    changed = Signal()
    """Another meaning was chosen, or the largest magnitude is another."""

    def __init__(self, scene: CanvasScene) -> None:
        super().__init__()
        self._scene = scene
        self._meaning = WireMeaning.OFF
        self._magnitudes: dict[Link, float] = {}
        self._run_and_step = (-1, -1)
        self._travel = 0.0

    @property
    def meaning(self) -> WireMeaning:
        """What the wires tell."""
        return self._meaning

    @property
    def largest(self) -> float:
        """The mean absolute value that the widest wire stands for; 0 before anything is known."""
        return max(self._magnitudes.values(), default=0.0)

    def choose(self, meaning: WireMeaning) -> None:
        """Let the wires tell something else."""
        if meaning is not self._meaning:
            self._meaning = meaning
            self.forget()
            self.changed.emit()

    def forget(self) -> None:
        """Draw all wires as if nothing were known."""
        self._magnitudes = {}
        for item in self._scene.links.values():
            item.set_flow(self._unknown(item.link) if item.link else None)

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
        before = self.largest
        self._magnitudes = {each: size for each, size in self._magnitudes.items() if each in self._scene.links}
        self._magnitudes |= {link: each.magnitude for link, each in carried.items() if each and each.magnitude >= 0}
        self._draw(carried)
        if self.largest != before:
            self.changed.emit()

    def _draw(self, carried: Mapping[Link, Carried | None]) -> None:
        largest = self.largest
        backwards = -1 if self._meaning is WireMeaning.GRADIENT else 1
        for link, each in carried.items():
            if each is None:
                self._scene.links[link].set_flow(self._unknown(link))
                continue
            width = width_of(each.magnitude, largest, self._meaning)
            words = self._told(link, each.words(self._meaning.value))
            flow = Flow(self._meaning, each, width, backwards * self._travel, words)
            self._scene.links[link].set_flow(flow)

    def _move_on(self, snapshot: Snapshot) -> None:
        """Let the dashes go on by as many steps as were trained since the last picture."""
        run_id, step = self._run_and_step
        self._run_and_step = snapshot.run_id, snapshot.step
        if run_id == snapshot.run_id and step < snapshot.step and wants_motion():
            moved = min(FASTEST, PIXELS_PER_STEP * (snapshot.step - step))
            self._travel = (self._travel + moved) % (DASH + GAP)

    def _seen(self, visible: frozenset[str]) -> list[Link]:
        """The wires with an end in view."""
        return [each for each in self._scene.links if each.source in visible or each.target in visible]

    def _unknown(self, link: Link) -> Flow | None:
        if self._meaning is WireMeaning.OFF:
            return None
        reason = "is not computed: it needs a loss that it reaches and a picture with a label"
        what = f"gradient {reason}" if self._meaning is WireMeaning.GRADIENT else "activation is not computed"
        return Flow(self._meaning, None, words=self._told(link, f"The {what}."))

    def _told(self, link: Link, words: str) -> str:
        """`words` under a heading that says which wire it is."""
        network = self._scene.open_project.project.network
        ends = f"{title(network.module(link.source))} → {title(network.module(link.target))}"
        if self._meaning is WireMeaning.GRADIENT:
            ends += "\nGradient of the loss by the source's output, over all its wires"
        return f"{ends}\n{words}"
