"""DataStrip: thousands of pictures, of which a click or a key shows one to the network."""

from __future__ import annotations

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.ui.controls import picture_grid
from convnet_studio.ui.controls.picture_grid import shrunk, stacked_image
from convnet_studio.ui.data_strip import ALL_CLASSES, DataStrip


@pytest.fixture
def strip(qtbot: QtBot) -> DataStrip:
    made = DataStrip()
    qtbot.addWidget(made)
    made.set_dataset(live().dataset)
    made.resize(440, 180)
    made.show()
    return made


def test_a_click_hands_over_the_picture(strip: DataStrip, qtbot: QtBot) -> None:
    with qtbot.waitSignal(strip.picture_chosen) as caught:
        QTest.mouseClick(strip.grid.viewport(), Qt.MouseButton.LeftButton, pos=strip.grid.box(5).center())
    picture, index, split = caught.args
    assert isinstance(picture, ProbePicture)
    assert (index, split) == (5, "test")
    assert picture.label == live().dataset.test.labels[5]
    assert np.array_equal(picture.picture, live().dataset.test.pictures[5])


def test_arrows_move_the_probe(strip: DataStrip) -> None:
    chosen: list[int] = []
    strip.picture_chosen.connect(lambda _picture, index, _split: chosen.append(index))
    strip.choose(0)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_End):
        QTest.keyClick(strip.grid, key)
    columns = strip.grid.columns
    assert chosen == [0, 1, 1 + columns, columns, 0, len(live().dataset.test) - 1]


def test_a_class_and_a_part_can_be_chosen(strip: DataStrip) -> None:
    strip.class_field.entered.emit("3")
    assert np.all(live().dataset.test.labels[strip.shown_indices] == 3)
    strip.split_control.segment("Train").click()
    assert np.array_equal(strip.shown_indices, np.flatnonzero(live().dataset.train.labels == 3))
    strip.class_field.entered.emit(ALL_CLASSES)
    assert len(strip.shown_indices) == len(live().dataset.train)


def test_the_probe_stays_marked_through_a_filter(strip: DataStrip) -> None:
    label = int(live().dataset.test.labels[8])
    strip.choose(8)
    strip.class_field.entered.emit(live().dataset.class_names[label])
    assert strip.shown_indices[strip.grid._marked] == 8
    strip.class_field.entered.emit(live().dataset.class_names[(label + 1) % 10])
    assert strip.grid._marked == -1


def test_every_data_set_shows(strip: DataStrip) -> None:
    strip.set_dataset(live("tiny-digits").dataset)
    assert strip.grid.thumbnail == 32
    assert not strip.grab().isNull()
    strip.resize(240, 90)
    assert not strip.grab().isNull()


def test_of_ten_thousand_pictures_only_those_in_sight_are_drawn(
    strip: DataStrip, monkeypatch: pytest.MonkeyPatch
) -> None:
    strip.split_control.segment("Train").click()
    bar = strip.grid.verticalScrollBar()
    read: list[int] = []

    def note(pictures: np.ndarray) -> QImage:
        read.append(len(pictures))
        return stacked_image(pictures)

    monkeypatch.setattr(picture_grid, "stacked_image", note)
    for place in np.linspace(0, bar.maximum(), 10):
        bar.setValue(int(place))
        strip.grid.viewport().repaint()
    rows_in_sight = strip.grid.viewport().height() // strip.grid.cell.height() + 2
    assert len(read) == 10
    assert max(read) <= rows_in_sight * strip.grid.columns < 1000, "only what is in sight is drawn"


def test_colour_pictures_keep_their_colours() -> None:
    picture = np.zeros((2, 3, 4, 5), np.float32)
    picture[1, 0] = 1.0
    image = stacked_image(picture)
    assert (image.width(), image.height()) == (5, 8)
    assert image.pixelColor(2, 1).getRgb()[:3] == (0, 0, 0)
    assert image.pixelColor(2, 6).getRgb()[:3] == (255, 0, 0)


def test_bytes_and_numbers_look_the_same() -> None:
    levels = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    assert stacked_image(levels) == stacked_image(levels.astype(np.float32) / 255)


def test_of_a_stereo_pair_the_left_picture_is_shown() -> None:
    pair = np.zeros((1, 2, 4, 4), np.uint8)
    pair[0, 1] = 255
    assert stacked_image(pair).pixelColor(1, 1).getRgb()[:3] == (0, 0, 0)


def test_large_pictures_are_shrunk_by_means() -> None:
    board = np.indices((8, 9)).sum(axis=0) % 2 * 200
    small = shrunk(board.astype(np.uint8)[None, None], 4)
    np.testing.assert_array_equal(small, np.full((1, 1, 2, 2), 100))
    assert shrunk(small, 1) is small


@pytest.mark.parametrize("name", ["pedestrians_synth", "photos", "toys3d_stereo"])
def test_thumbnails_keep_the_shape_of_their_pictures(strip: DataStrip, name: str) -> None:
    strip.set_dataset(load_dataset(name))
    _, height, width = load_dataset(name).input_shape
    box = strip.grid.box(3)
    assert box.width() * height == box.height() * width
    assert strip.grid.place_at(box.center()) == 3
    assert not strip.grab().isNull()


def test_pictures_without_classes_offer_none(strip: DataStrip) -> None:
    strip.set_dataset(load_dataset("photos"))
    assert strip.class_field.isHidden()
    assert strip.chosen.text() == "test 0"
    strip.set_dataset(load_dataset("toys3d_stereo"))
    assert not strip.class_field.isHidden()
    assert strip.grid.accessibleDescription() == "test picture 0: animal, left of a stereo pair"


def test_a_picture_shown_by_something_else_is_marked_and_a_drawing_is_none(strip: DataStrip) -> None:
    part = live().dataset.test
    strip.mark_shown(ProbePicture(part.picture(7), int(part.labels[7])))
    assert strip.chosen.text().startswith("test 7")
    assert "picture 7" in strip.grid.accessibleDescription()
    strip.mark_shown(ProbePicture(np.zeros_like(part.picture(7)), -1))
    assert strip.chosen.text() == "drawn by hand"
    assert strip.grid._marked == -1
