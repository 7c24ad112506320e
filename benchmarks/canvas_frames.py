"""What a frame of the canvas takes: panning, zooming and new snapshots, with live thumbnails of a network in training.

    python benchmarks/canvas_frames.py [--modules 13 200] [--frames 120] [--wires off activation gradient]

Each measurement opens a window of its own (offscreen unless QT_QPA_PLATFORM says otherwise) on a chain of so many
modules in rows, trains it, keeps some snapshots of the run, and rests; then frames are drawn one after the other:
moved or scaled, the next snapshot shown, what has changed repainted, all of it timed. Medians and 95th percentiles are
printed.
The goal: 200 modules at 30 frames a second (33 ms), 13 modules at 6 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["CONVNET_STUDIO_HOME"] = tempfile.mkdtemp()

SIZE = (1440, 900)
COLUMNS = 16
PITCH = (177.0, 300.0)
SNAPSHOTS = 8
GOALS = {13: 6.0, 200: 33.3}


def drawn(count: int) -> Any:
    """A chain of `count` modules in rows that shows maps on almost every card, and learns."""
    from dataclasses import replace

    from convnet_studio.engine.project.presets import load_preset
    from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec

    base = load_preset("two-stage-digits")
    if count == len(base.network.modules):
        return replace(base, training=replace(base.training, epochs=1000, schedule="constant", rate=0.005))
    middle = [("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": 1}), ("Tanh", {}), ("Abs", {})]
    kinds = [("Input", {}), *(middle[number % 3] for number in range(count - 5))]
    kinds += [("Flatten", {}), ("Linear", {"out_features": 10}), ("LogSoftmax", {}), ("NLLLoss", {})]
    modules = [
        ModuleSpec(
            f"m{number}", kind, settings, position=(PITCH[0] * (number % COLUMNS), PITCH[1] * (number // COLUMNS))
        )
        for number, (kind, settings) in enumerate(kinds, 1)
    ]
    links = tuple(Link(a.id, b.id) for a, b in pairwise(modules))
    training = replace(base.training, epochs=1000, schedule="constant", rate=0.001, batch_size=4)
    return replace(base, network=NetworkSpec(tuple(modules), links), next_id=count + 2, training=training)


def measure(count: int, frames: int, meaning: str) -> dict[str, list[float]]:
    """Milliseconds of each frame, by what is done between two."""
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    from convnet_studio.engine.training.control import Pause, Play
    from convnet_studio.ui.app import make_application
    from convnet_studio.ui.main_window import MainWindow
    from convnet_studio.ui.settings import Session, Settings

    make_application()
    window = MainWindow(drawn(count), None, None, Settings(marks_seen=True, wires=meaning), Session())
    for panel in window.panel_layout.panels:
        panel.hide()
    window.resize(*SIZE)
    window.show()
    kept: list[Any] = []

    def live(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and not until():
            QApplication.processEvents()
            time.sleep(0.001)

    live(30, lambda: window.live.snapshot is not None)
    window.canvas.fit()
    window.live.refresh_probes()
    window.session.snapshot_arrived.connect(kept.append)
    window.session.wish(Play())
    live(60, lambda: len(kept) >= SNAPSHOTS)
    window.session.wish(Pause())
    live(1)
    window.session.close()  # its thread would compete for the cores with what is measured
    area, canvas = window.canvas.area, window.canvas

    def timed(act: Callable[[int], object]) -> list[float]:
        times = []
        for frame in range(frames):
            start = time.perf_counter()
            act(frame)
            canvas.show_snapshot(kept[frame % len(kept)])
            QApplication.processEvents()  # Qt paints what has changed
            times.append(1000 * (time.perf_counter() - start))
        return times

    def pan(frame: int) -> None:
        bar = area.horizontalScrollBar()
        bar.setValue(bar.value() + (7 if frame % 60 < 30 else -7))

    def zoom(frame: int) -> None:
        middle, turn = QPointF(area.viewport().rect().center()), 15 if frame % 40 < 20 else -15
        none, control = Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier
        begun = Qt.ScrollPhase.NoScrollPhase
        wheel = QWheelEvent(middle, middle, QPoint(), QPoint(0, turn), none, control, begun, False)
        QApplication.sendEvent(area.viewport(), wheel)

    found = {"whole network, snapshots": timed(lambda _: None)}
    found["whole network, pan"] = timed(pan)
    found["whole network, zoom"] = timed(zoom)
    canvas.zoom_reset()
    found["actual size, snapshots"] = timed(lambda _: None)
    found["actual size, pan"] = timed(pan)
    found["actual size, zoom"] = timed(zoom)
    window.files.close()
    window.hide()
    window.deleteLater()
    QApplication.processEvents()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", type=int, nargs="+", default=[13, 200])
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--wires", nargs="+", default=["off", "activation"], choices=["off", "activation", "gradient"])
    arguments = parser.parse_args()
    for count in arguments.modules:
        for meaning in arguments.wires:
            goal = f", goal {GOALS[count]:g} ms" if count in GOALS else ""
            print(f"{count} modules, wires: {meaning}, {SIZE[0]}x{SIZE[1]}, {arguments.frames} frames each{goal}")
            for name, times in measure(count, arguments.frames, meaning).items():
                late = statistics.quantiles(times, n=20)[-1]
                print(f"  {name:26} median {statistics.median(times):7.2f} ms   95th percentile {late:7.2f} ms")


if __name__ == "__main__":
    main()
