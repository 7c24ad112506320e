from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.project.validate import Problem
from convnet_studio.ui.canvas.bodies import make_body
from convnet_studio.ui.canvas.bodies.class_bars import probabilities
from convnet_studio.ui.canvas.bodies.maps import map_grid
from convnet_studio.ui.canvas.bodies.strip import strip_columns
from convnet_studio.ui.canvas.card import BodyKind, Card, Reading, cards_of, class_readings
from convnet_studio.ui.canvas.card_layout import (
    PADDING,
    footer_help,
    lay_out,
    small_number_font,
    title_font,
)
from convnet_studio.ui.canvas.card_painter import LINE_SPACING, CardState, is_far, legible, paint_card, shape_within
from convnet_studio.ui.canvas.numbers import counted, loss_text, shape_text, short_count
from convnet_studio.ui.theme import theme


@pytest.fixture
def project():
    return load_preset("two-stage-digits")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (208, "208"), (5994, "5,994"), (29_040, "29K"), (115_200, "115K"), (1_249_999, "1.2M"), (4e9, "4.0G")],
)
def test_short_counts(count, text):
    assert short_count(int(count)) == text


def test_shapes_and_losses_in_few_characters():
    assert shape_text((8, 24, 24)) == "8@24×24"
    assert shape_text((256,)) == "256 values"
    assert shape_text(None) == "not computed"
    assert loss_text(float("nan")) == "–"
    assert max(len(loss_text(each)) for each in (0.0, 99.999, 100.0, 5e4, 1e20, float("inf"))) <= 6
    assert counted(1, "parameter") == "1 parameter"


def test_only_the_last_filter_bank_and_what_follows_has_class_bars(project):
    assert class_readings(project) == {"m12": Reading.LOGARITHMS, "m11": Reading.VALUES}
    cards = cards_of(project, summarize(project, (1, 28, 28), 10))
    assert cards["m11"].body is BodyKind.CLASSES
    assert cards["m10"].body is BodyKind.STRIP
    assert cards["m3"].filters == (8, 5, 5)
    assert cards["m11"].filters is None
    assert cards["m1"].map_name == "picture"
    assert cards["m4"].map_name == "activation"
    assert cards["m5"].map_name == "non_negative"


def test_cards_without_a_summary_are_not_computed(project):
    cards = cards_of(project, None)
    assert cards["m3"].body is BodyKind.MISSING
    assert "Not computed" in footer_help(cards["m3"])


def test_a_loop_of_sources_ends(project):
    unlinked = edits.delete_links(project, [link for link in project.network.links if link.target == "m13"])
    assert class_readings(unlinked) == {}


def test_probabilities_follow_the_reading():
    scores = np.array([1.0, 2.0, 1000.0], np.float32)
    logs = np.log(np.array([0.25, 0.75], np.float32))
    assert probabilities(logs, Reading.LOGARITHMS) == pytest.approx([0.25, 0.75])
    assert probabilities(scores, Reading.VALUES) == pytest.approx(scores)


@pytest.mark.parametrize(("maps", "columns", "shown"), [(1, 1, 1), (2, 2, 2), (8, 3, 8), (16, 4, 16), (64, 4, 16)])
def test_maps_are_tiled(maps, columns, shown):
    grid = map_grid(maps, 12, 12)
    assert (grid.columns, grid.count) == (columns, shown)
    assert grid.size.width() < 160


def test_strips_fill_their_last_row_where_they_can():
    for count in (1, 10, 84, 100, 120, 256, 500):
        columns = strip_columns(count)
        assert count <= 24 or count % columns == 0
    assert strip_columns(257) > 0


def test_every_part_lies_inside_the_card(project, qapp):
    with_problem = edits.apply_change(project, "m7", {"kernel_size": 31})
    for value in (project, with_problem):
        for card in cards_of(value, summarize(value, (1, 28, 28), 10)).values():
            body = make_body(card, tuple("0123456789"))
            layout = lay_out(card, body.size)
            assert layout.card.contains(layout.body)
            assert layout.footer.isEmpty() or layout.card.contains(layout.footer)
            assert layout.problem.isEmpty() or layout.card.contains(layout.problem)
            assert layout.mend.isEmpty() or layout.problem.contains(layout.mend)
            assert body.size.width() <= layout.body.width() + 0.5


def test_long_names_make_no_endless_cards(qapp):
    card = Card("m1", "x" * 80, "word", "", Family.WIRING, caption="9×9")
    assert lay_out(card, QSizeF(84, 24)).size.width() < 240
    assert lay_out(card, QSizeF(84, 24)).body.width() >= 84
    assert PADDING > 0


def test_mend_button_says_what_it_does():
    assert Problem("m1", "Too large", "use 5 or less", {"kernel_size": 5}).mend == "Use 5"
    assert Problem("m1", "Two things", "", {"a": 1, "b": 2}).mend == "Mend it"
    assert Problem("m1", "Maps", "put a Flatten before it", before="Flatten").mend == "Insert Flatten"
    assert Problem("m1", "No way out").mend == ""


@pytest.mark.parametrize("scale", [0.5, 0.62, 0.77, 1.0, 2.0])
def test_words_grow_where_cards_are_drawn_small_as_far_as_there_is_room(qapp, scale):
    base = title_font()
    room = QSizeF(130, 19)
    font = legible(base, "Conv2d", room, scale)
    assert base.pixelSize() <= font.pixelSize() <= max(base.pixelSize(), base.pixelSize() / scale + 0.5)
    assert (font.pixelSize() > base.pixelSize()) == (scale < 1)
    assert font.pixelSize() * LINE_SPACING <= room.height() + 1
    assert legible(base, "LocalContrastNormalization", room, scale).pixelSize() == base.pixelSize()


def inked_pixels(image, rect, scale):
    ground = theme().color("surface").rgb()
    columns = range(int(rect.left() * scale), int(rect.right() * scale))
    rows = range(int(rect.top() * scale), int(rect.bottom() * scale))
    return sum(image.pixel(x, y) != ground for x in columns for y in rows)


def test_far_away_only_name_bars_and_a_larger_shape_are_painted(project, qapp):
    card = cards_of(project, summarize(project, (1, 28, 28), 10))["m3"]
    layout = lay_out(card, make_body(card, ()).size)
    inked = {}
    for scale in (0.63, 0.5):
        image = QImage(200, 300, QImage.Format.Format_RGB32)
        image.fill(theme().color("surface"))
        painter = QPainter(image)
        painter.scale(scale, scale)
        paint_card(painter, card, layout, CardState())
        painter.end()
        count = QRectF(layout.footer.right() - 58, layout.footer.top(), 58, 13)
        shape = QRectF(layout.footer.left(), layout.footer.top(), 60, 36)
        inked[scale] = [inked_pixels(image, rect, scale) for rect in (count, shape)]
    assert is_far(0.5)
    assert not is_far(0.63)
    assert inked[0.63][0] > 0
    assert inked[0.5][0] == 0, "a count that could not be read is left out"
    assert inked[0.5][1] > 100, "the shape stays, in larger letters"


def test_the_shape_of_a_list_is_read_whole(project):
    for shape in ((1152,), None, (1,)):
        card = Card("m1", "Flatten", "maps to list", "", Family.WIRING, shape=shape, body_shape=(1152,))
        width = lay_out(card, make_body(card, ()).size).size.width()
        assert QFontMetricsF(small_number_font()).horizontalAdvance(shape_text(shape)) <= width - 2 * PADDING


def test_a_list_leaves_its_unit_out_where_there_is_no_room_and_never_ends_amid_a_word(qapp):
    width = QFontMetricsF(small_number_font()).horizontalAdvance("84 values")
    assert shape_within((84,), width) == "84 values"
    assert shape_within((84,), width - 1) == "84"
    assert shape_within((8, 24, 24), 1.0) == "8@24×24"
    assert shape_within(None, 1.0) == "not computed"
