"""What a frame of the 1-1-1 net's surface takes while it is turned: seen anew, coloured, painted, with ways over it.

    python benchmarks/surface_frames.py [--frames 120] [--points 101] [--size 640x480]

Frames are drawn one after the other (offscreen unless QT_QPA_PLATFORM says otherwise), in rounds that alternate with a
peer that knows nothing of hidden surfaces: Qt painting the same cells as flat quadrilaterals from back to front.
Medians, 95th percentiles and the ratio of the medians are printed. The goal: 101x101 points at 60 frames a second.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["CONVNET_STUDIO_HOME"] = tempfile.mkdtemp()

GOAL = 1000 / 60
ROUNDS = 8


def size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def painted_by_qt(field: Any, width: int, height: int) -> Callable[[float], object]:
    """Frames of the peer."""
    import numpy as np
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF

    from convnet_studio.ui.controls.surface_slices import Camera
    from convnet_studio.ui.map_images import colored
    from convnet_studio.ui.theme import theme

    heights = field.heights
    rows, columns = heights.shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    colors = colored(heights, field.scale)
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)

    def frame(azimuth: float) -> object:
        image.fill(theme().color("surface"))
        px, py = Camera(azimuth).project(x, y, heights, width, height)
        deep = x * np.sin(np.radians(azimuth)) + y * np.cos(np.radians(azimuth))
        order = np.argsort(-deep[:-1, :-1].ravel())
        painter = QPainter(image)
        for r, c in zip(*np.unravel_index(order, (rows - 1, columns - 1)), strict=True):
            corners = [QPointF(px[i, j], py[i, j]) for i, j in ((r, c), (r, c + 1), (r + 1, c + 1), (r + 1, c))]
            color = int(colors[r, c])
            painter.setBrush(QColor.fromRgb(color))
            painter.drawPolygon(QPolygonF(corners))
        painter.end()
        return image

    return frame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--points", type=int, default=101)
    parser.add_argument("--size", type=size, default=(640, 480))
    arguments = parser.parse_args()
    width, height = arguments.size

    import numpy as np
    from PySide6.QtGui import QColor
    from PySide6.QtWidgets import QApplication

    from convnet_studio.engine.analysis.one_one_one import OneOneOne
    from convnet_studio.engine.analysis.race import Race, rules
    from convnet_studio.ui.app import make_application
    from convnet_studio.ui.controls.surface import Surface
    from convnet_studio.ui.controls.surface_scene import Field, Scene, Way
    from convnet_studio.ui.controls.surface_slices import Camera

    make_application()
    net = OneOneOne()
    axis = np.linspace(-4, 4, arguments.points)
    field = Field(net.loss(axis[None, :], axis[:, None]), (-4, 4), (-4, 4))
    race = Race(net)
    for rule in rules():
        race.drop(rule, 0.5, (0.3, -1.2))
    race.advance(60)
    ways = [Way(each.path, QColor("black"), str(n)) for n, each in enumerate(race.walkers, 1)]
    surface = Surface("Surface")
    surface.resize(width, height)
    surface.show_field(field)
    surface.show()
    QApplication.processEvents()

    def turned(azimuth: float) -> object:
        surface.look_from(Camera(azimuth), is_moving=True)
        surface.repaint()
        return surface

    by_qt = painted_by_qt(field, width, height)
    times: dict[str, list[float]] = {"surface": [], "surface, 8 ways": [], "peer: Qt's polygons": []}
    each_round = max(1, arguments.frames // ROUNDS)
    for number in range(ROUNDS):
        for name, draw, scene, count in (
            ("surface", turned, Scene(), each_round),
            ("surface, 8 ways", turned, Scene(ways), each_round),
            ("peer: Qt's polygons", by_qt, Scene(), max(1, each_round // 5)),
        ):
            surface.show_scene(scene)
            for frame in range(count):
                start = time.perf_counter()
                draw(3.0 * (frame + number * each_round) % 360)
                times[name].append(1000 * (time.perf_counter() - start))
    print(f"{arguments.points}x{arguments.points} points, {width}x{height} pixels, goal {GOAL:.1f} ms")
    middle = {name: statistics.median(each) for name, each in times.items()}
    for name, each in times.items():
        late = statistics.quantiles(each, n=20)[-1]
        share = middle[name] / middle["peer: Qt's polygons"]
        print(f"  {name:20} median {middle[name]:7.2f} ms   95th percentile {late:7.2f} ms   {share:.2f} of the peer")


if __name__ == "__main__":
    main()
