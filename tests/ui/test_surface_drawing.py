"""The surface's own renderer against a z-buffer, its colours, and the controls that show it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.one_one_one import OneOneOne
from convnet_studio.ui.controls.contour_map import ContourMap
from convnet_studio.ui.controls.surface import Surface
from convnet_studio.ui.controls.surface_marks import BALL, kept_within
from convnet_studio.ui.controls.surface_scene import Field, Scene, Way, path_through, subdivided
from convnet_studio.ui.controls.surface_slices import Camera, Slices, bilinear

WIDTH, HEIGHT = 150, 110
VIEWS = [(32, 40), (-120, 25), (0, 55), (90, 38), (180, 15), (-44, 80), (135.5, 30), (270, 90)]


def bumps(rows: int = 14, columns: int = 19) -> np.ndarray:
    """Hills high enough to hide what is behind them."""
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    return 0.5 + 0.5 * np.sin(4 * x + 1) * np.cos(3.5 * y - 0.4)


FINER = 5
"""Pixels of the z-buffer to one of the picture, each way: of these, the middle one is what lies at its centre."""


def z_buffer(heights: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """At the centre of each pixel the nearest of many points: (row, column) there, NaN where none fell."""
    rows, columns = heights.shape
    width, height = WIDTH * FINER, HEIGHT * FINER
    r, c = np.meshgrid(np.linspace(0, rows - 1, 2000), np.linspace(0, columns - 1, 2000), indexing="ij")
    x, y = (2 * c / (columns - 1) - 1).ravel(), (2 * r / (rows - 1) - 1).ravel()
    h = bilinear(heights, r, c).ravel()
    px, py = camera.project(x, y, h, width, height)
    turn, tilt = math.radians(camera.azimuth), math.radians(camera.elevation)
    depth = (x * math.sin(turn) + y * math.cos(turn)) * math.cos(tilt) - h * camera.relief * math.sin(tilt)
    i, j = np.floor(py).astype(int), np.floor(px).astype(int)
    middle = (i % FINER == FINER // 2) & (j % FINER == FINER // 2)
    inside = (i >= 0) & (i < height) & (j >= 0) & (j < width) & middle
    pixel = ((i // FINER) * WIDTH + j // FINER)[inside]
    order = np.argsort(-depth[inside], kind="stable")  # the nearest one is written last
    found = np.full((2, HEIGHT * WIDTH), np.nan)
    found[0, pixel[order]] = r.ravel()[inside][order]
    found[1, pixel[order]] = c.ravel()[inside][order]
    return found[0], found[1]


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_seen_is_what_a_z_buffer_finds(view: tuple[float, float]) -> None:
    heights, camera = bumps(), Camera(*view, 0.87)
    slices = Slices(heights, camera, WIDTH, HEIGHT)
    rows, columns = z_buffer(heights, camera)
    mine = np.full((2, HEIGHT * WIDTH), np.nan)
    mine[:, slices.pixels] = slices.rows, slices.columns
    both = np.isfinite(mine[0]) & np.isfinite(rows)
    assert both.sum() > 1500
    off = np.hypot(mine[0] - rows, mine[1] - columns)[both]
    assert np.median(off) < 0.1  # of a cell
    assert (off > 1.0).mean() < 0.015  # on the rim of a hill, where the next point lies far behind
    extra = np.isfinite(mine[0]) & ~np.isfinite(rows)
    assert extra.sum() < 0.02 * both.sum()
    walled = np.zeros(HEIGHT * WIDTH, bool)
    walled[slices.walls] = True
    missing = np.isfinite(rows) & ~np.isfinite(mine[0]) & ~walled
    assert missing.sum() < 0.01 * both.sum()


@pytest.mark.parametrize("view", VIEWS)
def test_points_are_in_sight_unless_something_stands_before_them(view: tuple[float, float]) -> None:
    """Against a walk from each point towards the viewer, which looks whether the surface rises above the line."""
    heights, camera = bumps(), Camera(*view, 0.87)
    slices = Slices(heights, camera, WIDTH, HEIGHT)
    random = np.random.default_rng(1)
    x, y = random.uniform(-0.98, 0.98, (2, 3000))

    def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return bilinear(heights, (y + 1) / 2 * (heights.shape[0] - 1), (x + 1) / 2 * (heights.shape[1] - 1))

    h = height(x, y)
    turn, tilt = math.radians(camera.azimuth), math.radians(camera.elevation)
    pixels = camera.relief * math.cos(tilt) * camera.unit(WIDTH, HEIGHT)  # of a height of 1
    above = np.full(len(x), -np.inf)
    for way in np.linspace(0.02, 3, 1500):
        there_x, there_y = x - way * math.sin(turn), y - way * math.cos(turn)
        line = h + way * math.tan(tilt) / camera.relief
        inside = (np.abs(there_x) <= 1) & (np.abs(there_y) <= 1)
        above = np.maximum(above, np.where(inside, (height(there_x, there_y) - line) * pixels, -np.inf))
    seen = slices.is_seen(x, y, *camera.project(x, y, h, WIDTH, HEIGHT), slack=1.5)
    assert seen[above < 0.5].mean() > 0.99
    if (above > 4).sum() > 20:
        assert seen[above > 4].mean() < 0.02


def test_some_of_it_is_hidden_and_hidden_points_are_told() -> None:
    heights = np.zeros((21, 21))
    heights[10] = 1.0  # a wall across the middle
    slices = Slices(heights, Camera(0, 20, 0.9), WIDTH, HEIGHT)
    x, y = np.zeros(3), np.array([-0.5, 0.0, 0.3])
    px, py = slices.camera.project(x, y, np.array([0.0, 1.0, 0.0]), WIDTH, HEIGHT)
    assert slices.is_seen(x, y, px, py).tolist() == [True, True, False]


def test_a_place_in_the_picture_leads_back_to_the_point() -> None:
    heights, camera = bumps(), Camera(20, 60)
    slices = Slices(heights, camera, WIDTH, HEIGHT)
    px, py = camera.project(
        np.array(0.2), np.array(-0.4), bilinear(heights, np.array(3.9), np.array(10.8)), WIDTH, HEIGHT
    )
    found = slices.at(float(px), float(py))
    assert found is not None
    assert found == pytest.approx((3.9, 10.8), abs=0.15)
    assert slices.at(1, 1) is None
    assert slices.at(-5, 9999) is None


def test_bilinear_is_exact_at_and_between_points() -> None:
    field = np.arange(12.0).reshape(3, 4)
    assert bilinear(field, np.array([0.0, 2.0, 0.5]), np.array([0.0, 3.0, 1.5])).tolist() == [0.0, 11.0, 3.5]
    assert bilinear(field, np.array([-1.0]), np.array([9.0])).tolist() == [3.0]


# ---------------------------------------------------------------- fields and ways


def field_of(net: OneOneOne | None = None, **more: object) -> Field:
    axis = np.linspace(-4, 4, 41)
    values = (net or OneOneOne()).loss(axis[None, :], axis[:, None])
    return Field(values, (-4, 4), (-4, 4), **more)  # type: ignore[arg-type]


def test_heights_go_from_0_to_1() -> None:
    field = field_of()
    assert field.heights.max() == 1
    assert field.heights.min() == pytest.approx(0, abs=0.01)
    low, high = field.ends
    assert low == 0
    assert float(field.height_of(np.array((low + high) / 2))) == pytest.approx(0.5)


def test_logarithmic_heights() -> None:
    field = field_of(is_log=True)
    low, high = field.ends
    assert float(field.height_of(np.array(math.sqrt(low * high)))) == pytest.approx(0.5, abs=1e-6)
    assert np.isfinite(field.heights).all()


def test_what_is_not_finite_stands_high_and_is_not_drawn_as_a_value() -> None:
    values = np.ones((5, 5))
    values[2, 2], values[0, 0] = np.inf, 0.5
    field = Field(values, (0, 1), (0, 1))
    assert field.ends[1] == 1
    assert field.heights[2, 2] == 1


def test_rows_are_y_and_columns_are_x() -> None:
    field = Field(np.zeros((3, 5)), (0, 8), (10, 20))
    assert field.point(2, 1) == (2.0, 20.0)
    column, row = field.cells(np.array([[2.0, 20.0]]))
    assert (column[0], row[0]) == (1.0, 2.0)


def test_long_ways_are_thinned_but_for_their_end() -> None:
    points = np.stack([np.arange(5000.0), np.zeros(5000)], 1)
    drawn = Way(points, QColor()).drawn
    assert len(drawn) < 700
    assert drawn[-1].tolist() == [4999, 0]


def test_subdividing_keeps_the_line() -> None:
    line = subdivided(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.5]]), 0.1)
    assert np.hypot(*np.diff(line, axis=0).T).max() <= 0.1 + 1e-12
    assert np.hypot(*np.diff(line, axis=0).T).sum() == pytest.approx(1.5)


def test_paths_are_interrupted_where_something_is_no_number() -> None:
    path = path_through(np.array([0.0, 1, np.nan, 3, 4]), np.arange(5.0), np.ones(5, bool))
    elements = [path.elementAt(number).type.value for number in range(path.elementCount())]
    assert elements.count(1) == 2  # two lines


# ---------------------------------------------------------------- the two controls


@pytest.fixture
def surface(qtbot: QtBot) -> Surface:
    made = Surface("A surface")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show_field(field_of())
    made.show()
    QApplication.processEvents()
    return made


@pytest.fixture
def map_(qtbot: QtBot) -> ContourMap:
    made = ContourMap("A map")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show_field(field_of())
    made.show()
    QApplication.processEvents()
    return made


def test_dragging_turns_and_does_not_pick(surface: Surface, qtbot: QtBot) -> None:
    before = surface.camera
    with qtbot.assertNotEmitted(surface.picked):
        QTest.mousePress(surface, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
        QTest.mouseMove(surface, QPoint(240, 150))
        QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, pos=QPoint(240, 150))
    near = np.array([[0.0, -3.9]])  # what is in front follows the pointer
    turned = surface.camera
    surface.camera = before
    start = surface._project(near)[0][0]
    surface.camera = turned
    assert surface._project(near)[0][0] > start
    assert turned.elevation == before.elevation


def test_a_click_picks_the_point_that_is_seen(surface: Surface, qtbot: QtBot) -> None:
    px, py, seen = surface._project(np.array([[-1.0, -1.5]]))
    assert seen[0]
    with qtbot.waitSignal(surface.picked) as caught:
        QTest.mouseClick(surface, Qt.MouseButton.LeftButton, pos=QPoint(int(px[0]), int(py[0])))
    assert caught.args == pytest.approx([-1.0, -1.5], abs=0.1)


def test_keys_turn_tilt_enlarge_and_put_back(surface: Surface) -> None:
    start = surface.camera
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Plus):
        QTest.keyClick(surface, key)
    turned = surface.camera
    assert turned.azimuth != start.azimuth
    assert turned.elevation > start.elevation
    assert turned.zoom > start.zoom
    for _ in range(60):
        QTest.keyClick(surface, Qt.Key.Key_Down)
    assert surface.camera.elevation >= 5
    QTest.keyClick(surface, Qt.Key.Key_0)
    assert surface.camera == Camera()


def test_it_is_drawn_quickly_while_it_moves_and_finely_at_rest(surface: Surface, qtbot: QtBot) -> None:
    surface.look_from(Camera(10), is_moving=True)
    surface.grab()
    assert surface._image is not None
    assert surface._image.width() == surface.width()
    qtbot.waitUntil(lambda: surface._is_fine)
    surface.grab()
    assert surface._image.width() == 2 * surface.width()


def test_a_way_behind_a_hill_is_drawn_otherwise(surface: Surface) -> None:
    """Seen from where a plateau is in front, the saddle behind it is hidden, and a line through it is dotted there."""
    surface.look_from(Camera(-35, 25))
    line = np.array([[-3.0, -0.5], [3.0, 0.5]])
    _, _, seen = surface._project(subdivided(line, 0.1))
    assert not seen.all()
    surface.show_scene(Scene([Way(line, QColor("red"), "1")]))
    shown = surface.grab().toImage()
    surface.show_scene(Scene())
    assert shown != surface.grab().toImage()


def test_the_map_picks_and_points_exactly(map_: ContourMap, qtbot: QtBot) -> None:
    place = map_.place_of(1.5, -2.0)
    assert map_.point_at(place) == pytest.approx((1.5, -2.0))
    with qtbot.waitSignal(map_.picked) as caught:
        QTest.mouseClick(map_, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert caught.args == pytest.approx([1.5, -2.0], abs=0.05)
    assert map_.point_at(QPointF(1, 1)) is None


def test_the_map_by_keys(map_: ContourMap, qtbot: QtBot) -> None:
    places: list[object] = []
    map_.pointed.connect(places.append)
    QTest.keyClick(map_, Qt.Key.Key_Right)
    assert places == [pytest.approx((0.2, 0.0))]
    map_.show_scene(Scene(pointer=(0.2, 0.0)))
    with qtbot.waitSignal(map_.picked) as caught:
        QTest.keyClick(map_, Qt.Key.Key_Return)
    assert caught.args == pytest.approx([0.2, 0.0])


def test_a_ball_beyond_the_border_is_marked_at_it() -> None:
    area = QRectF(10, 10, 200, 200)
    assert kept_within(QPointF(100, 60), area) == QPointF(100, 60)
    for place in (QPointF(-900, 60), QPointF(500, 500), QPointF(100, -3)):
        at = kept_within(place, area)
        assert area.adjusted(BALL, BALL, -BALL, -BALL).contains(at)
        toward = place - at
        assert toward.x() * (place.x() - area.center().x()) >= 0
        assert toward.y() * (place.y() - area.center().y()) >= 0
