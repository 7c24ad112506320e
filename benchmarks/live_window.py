"""How live the window is, and what it costs: canvas repaints, how late the window's timer ever is, and how much
slower training runs under the window than without one, and with every view open and in sight than with none. Own
processes, in turn, several rounds; medians are printed.

    python benchmarks/live_window.py [--seconds 20] [--rounds 3] [--preset two-stage-digits]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

WARM_UP_SECONDS = 3.0


def endless(preset: str) -> Any:
    """The preset, planned for more epochs than any measurement lasts, at a rate that stays."""
    from convnet_studio.engine.project.presets import load_preset

    project = load_preset(preset)
    training = replace(project.training, epochs=10_000, schedule="constant", rate=project.training.rate / 4)
    return replace(project, training=training)


def headless(preset: str, seconds: float, threads: int) -> dict[str, float]:
    """Samples a second of the trainer in a plain loop (test passes after each epoch included, as in the window)."""
    from convnet_studio.engine.training.control import Control, Play, Stop
    from convnet_studio.engine.training.events import Stepped
    from convnet_studio.engine.training.trainer import Trainer

    control = Control()
    control.put(Play())
    begin, samples, started = None, 0, time.perf_counter()
    for event in Trainer(threads=threads).run(endless(preset), control):
        now = time.perf_counter()
        if now - started < WARM_UP_SECONDS:
            continue
        begin = begin or now
        if isinstance(event, Stepped):
            samples += event.samples
        if now - begin >= seconds:
            control.put(Stop())
            return {"samples_per_s": samples / (now - begin)}
    raise RuntimeError("training ended early")


def every_view(preset: str, seconds: float, threads: int) -> dict[str, float]:
    """As `window`, with all views open, each in a window of its own so that all are in sight."""
    return window(preset, seconds, threads, with_views=True)


def open_views(main: Any) -> None:
    """Open every view and the panel of the code, none in front of another."""
    for place, name in enumerate(main.view_panels.kinds):
        main.view_panels.show(name)
        panel = main.view_panels.panel(name)
        panel.setFloating(True)
        panel.resize(460, 340)
        panel.move(60 + 100 * (place % 12), 60 + 40 * (place // 12))
    main.panel_layout.beside.show()
    filters = [each.id for each in main.open_project.project.network.modules if each.kind == "Conv2d"]
    main.open_project.select(frozenset(filters[:1]))  # so that views of one module have something to show


def window(preset: str, seconds: float, threads: int, with_views: bool = False) -> dict[str, float]:
    """The same under the live window, with its repaints and the lateness of a 16 ms timer."""
    started = time.perf_counter()
    from PySide6.QtCore import QEvent, QObject, Qt, QTimer

    from convnet_studio.engine.training.control import Play
    from convnet_studio.engine.training.events import Stepped
    from convnet_studio.ui.app import make_application
    from convnet_studio.ui.main_window import MainWindow
    from convnet_studio.ui.settings import Session, Settings

    app = make_application()
    main = MainWindow(endless(preset), None, None, Settings(threads=threads, marks_seen=True), Session())
    main.resize(1920, 1080)
    main.show()

    class Counter(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.first_window = 0.0
            self.clear()

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                self.repaints += 1
                self.first_window = self.first_window or time.perf_counter() - started
            return False

        def clear(self) -> None:
            self.repaints = self.samples = 0
            self.steps: set[int] = set()
            self.times: list[float] = []

    counter = Counter()
    main.canvas.area.viewport().installEventFilter(counter)
    main.session.snapshot_arrived.connect(lambda snapshot: counter.steps.add(snapshot.step))

    def count(events: tuple[object, ...]) -> None:
        counter.samples += sum(event.samples for event in events if isinstance(event, Stepped))

    main.session.events_arrived.connect(count)
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: counter.times.append(time.perf_counter()))
    timer.start(16)

    def live(duration: float, until: Any = None) -> None:
        end = time.perf_counter() + duration
        while time.perf_counter() < end and not (until and until()):
            app.processEvents()
            time.sleep(0.0005)

    live(5.0, lambda: bool(counter.steps))
    if with_views:
        open_views(main)
        live(2.0)
    pressed = time.perf_counter()
    counter.steps.clear()
    main.session.wish(Play())
    live(5.0, lambda: any(step > 0 for step in counter.steps))
    first_change = time.perf_counter() - pressed
    live(WARM_UP_SECONDS)
    counter.clear()
    begin = time.perf_counter()
    live_by_event_loop(app, seconds)
    spent = time.perf_counter() - begin
    gaps = sorted(1000 * (b - a) for a, b in zip(counter.times, counter.times[1:], strict=False))
    result = {
        "samples_per_s": counter.samples / spent,
        "repaints_per_s": counter.repaints / spent,
        "snapshots_per_s": len(counter.steps) / spent,
        "timer_p50_ms": gaps[len(gaps) // 2],
        "timer_p99_ms": gaps[int(0.99 * len(gaps))],
        "timer_max_ms": gaps[-1],
        "first_window_s": counter.first_window,
        "first_changed_maps_s": first_change,
    }
    main.leave()
    main.hide()
    return result


def live_by_event_loop(app: Any, seconds: float) -> None:
    """The real event loop for `seconds`, as a user's window has it."""
    from PySide6.QtCore import QTimer

    QTimer.singleShot(round(1000 * seconds), lambda: app.exit(0))  # quit would ask about unsaved training
    app.exec()


MODES = {"headless": headless, "window": window, "views": every_view}


def measure(mode: str, arguments: argparse.Namespace, threads: int) -> dict[str, float]:
    """One mode in a process of its own."""
    command = [sys.executable, __file__, "--child", mode, "--seconds", str(arguments.seconds)]
    command += ["--preset", arguments.preset, "--threads", str(threads)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return dict(json.loads(output.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--preset", default="two-stage-digits")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--child", choices=MODES)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(MODES[arguments.child](arguments.preset, arguments.seconds, arguments.threads)))
        return
    for threads in (1, 2):
        rounds = []
        for _ in range(arguments.rounds):
            alone, live, full = (measure(mode, arguments, threads) for mode in MODES)
            rounds.append({**live, "window / headless": live["samples_per_s"] / alone["samples_per_s"]})
            rounds[-1]["headless samples_per_s"] = alone["samples_per_s"]
            rounds[-1] |= {f"views: {name}": full[name] for name in list(full)[:6]}
            rounds[-1]["views / window"] = full["samples_per_s"] / live["samples_per_s"]
        print(f"{threads} engine thread(s), {arguments.preset}, median of {arguments.rounds} x {arguments.seconds:g} s")
        for name in rounds[0]:
            print(f"  {name:24} {statistics.median(each[name] for each in rounds):12,.3f}")


if __name__ == "__main__":
    main()
