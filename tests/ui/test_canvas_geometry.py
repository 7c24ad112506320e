from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPainterPathStroker

from convnet_studio.ui.canvas.card_layout import CARD_GAP, PORT_Y
from convnet_studio.ui.canvas.placement import align, free_place, is_one_row
from convnet_studio.ui.canvas.routing import Cards, route


def test_a_wire_to_the_right_is_one_curve():
    path = route(QPointF(0, 0), QPointF(100, 50), Cards())
    assert path.pointAtPercent(1) == QPointF(100, 50)
    assert path.boundingRect().right() <= 100.5


def test_a_wire_back_runs_between_the_rows():
    upper, lower = QRectF(100, 0, 100, 200), QRectF(0, 250, 100, 200)
    path = route(QPointF(200, 70), QPointF(0, 320), Cards([upper, lower]))
    line = QPainterPathStroker().createStroke(path)
    assert not line.intersects(upper.adjusted(2, 2, -2, -2))
    assert not line.intersects(lower.adjusted(2, 2, -2, -2))
    assert path.pointAtPercent(0.5).y() == pytest.approx(225), "in the middle between the rows"


def test_a_wire_back_in_one_row_goes_below():
    cards = Cards([QRectF(0, 0, 100, 200), QRectF(150, 0, 100, 200)])
    way = route(QPointF(250, 76), QPointF(0, 76), cards).boundingRect()
    assert way.bottom() > 200 or way.top() < 0


def test_a_wire_to_a_port_straight_below_has_no_hole():
    assert route(QPointF(50, 0), QPointF(50, 0), Cards()).length() >= 0
    assert route(QPointF(50, 0), QPointF(40, 0), Cards()).length() > 0


def crossed(path: QPainterPath, cards: list[QRectF]) -> list[QRectF]:
    """The cards that a wire runs behind."""
    stroker = QPainterPathStroker()
    stroker.setWidth(2)
    line = stroker.createStroke(path)
    return [card for card in cards if line.intersects(card.adjusted(2, 2, -2, -2))]


def scattered(random: np.random.Generator, count: int) -> list[QRectF]:
    """Cards of all sizes, anywhere, with the usual gap between them at least."""
    cards: list[QRectF] = []
    while len(cards) < count:
        width, height = random.integers(90, 210), random.integers(100, 260)
        card = QRectF(random.integers(0, 1000), random.integers(0, 700), width, height)
        if not any(card.adjusted(-CARD_GAP, -CARD_GAP, CARD_GAP, CARD_GAP).intersects(other) for other in cards):
            cards.append(card)
    return cards


@pytest.mark.parametrize("seed", range(20))
def test_no_wire_runs_behind_a_card_wherever_cards_lie(seed):
    random = np.random.default_rng(seed)
    rects = scattered(random, int(random.integers(2, 12)))
    cards = Cards(rects)
    for source in rects:
        for target in rects:
            if source is not target:
                start = QPointF(source.right(), source.top() + PORT_Y)
                end = QPointF(target.left(), target.top() + PORT_Y)
                path = route(start, end, cards)
                assert path.pointAtPercent(0) == start
                assert (path.pointAtPercent(1) - end).manhattanLength() < 1e-6
                assert not crossed(path, rects), (start, end)


def test_a_wire_past_a_card_in_its_row_goes_over_or_under_it():
    rects = [QRectF(200 * index, 0, 180, 200) for index in range(3)]
    path = route(QPointF(180, 76), QPointF(400, 100), Cards(rects))
    assert not crossed(path, rects)


def test_where_every_band_is_barred_the_way_winds():
    wall = [QRectF(300, y, 100, 180) for y in range(-400, 600, 200)]
    rects = [QRectF(0, 0, 100, 200), QRectF(700, 0, 100, 200), *wall, *(card.translated(200, 100) for card in wall)]
    path = route(QPointF(100, 76), QPointF(700, 76), Cards(rects))
    assert not crossed(path, rects)
    assert path.elementCount() > 12, "more corners than a band needs"


def test_free_place_is_the_nearest():
    cards = [QRectF(0, 0, 100, 100), QRectF(120, 0, 100, 100)]
    assert free_place(QRectF(10, 10, 50, 50), cards) == QPointF(10, 120)
    assert free_place(QRectF(190, 10, 50, 50), cards) == QPointF(240, 10)
    assert free_place(QRectF(500, 0, 50, 50), cards) == QPointF(500, 0)
    below = free_place(QRectF(10, 60, 50, 50), cards)
    assert below.x() == 10
    assert below.y() > 100
    beside = free_place(QRectF(200, 10, 50, 50), cards)
    assert beside.x() > 220
    assert beside.y() == 10
    row = [QRectF(120 * index, 0, 100, 200) for index in range(12)]
    assert free_place(QRectF(125, 20, 100, 200), row).x() < 300, "not behind the whole row"


def test_alignment_draws_to_tops_and_sides_with_guides():
    neighbour = QRectF(100, 100, 80, 80)
    alignment = align(QRectF(106, 300, 50, 50), [neighbour])
    assert alignment.shift == QPointF(-6, 0)
    assert len(alignment.guides) == 1
    assert align(QRectF(300, 105, 50, 50), [neighbour]).shift == QPointF(0, -5)
    assert align(QRectF(400, 400, 50, 50), [neighbour]).guides == ()


def test_a_nearly_horizontal_wire_becomes_horizontal_before_tops_align():
    moved, neighbour = QRectF(300, 113, 50, 50), QRectF(100, 100, 80, 80)
    wire = (QPointF(300, 190), QPointF(180, 200))
    alignment = align(moved, [neighbour], wires=[wire])
    assert alignment.shift.y() == 10
    assert [guide.y1() for guide in alignment.guides if guide.y1() == guide.y2()] == [200]
    assert align(moved, [neighbour], wires=[(QPointF(300, 190), QPointF(180, 240))]).shift.y() == -13


def test_the_magnet_reaches_20_pixels_and_no_further():
    neighbour = QRectF(100, 100, 80, 80)
    assert align(QRectF(400, 119, 50, 50), [neighbour]).shift == QPointF(0, -19)
    assert align(QRectF(400, 121, 50, 50), [neighbour]).shift == QPointF(0, 0)


def test_alignment_keeps_the_usual_gap():
    assert align(QRectF(203, 100, 50, 50), [QRectF(100, 100, 80, 80)]).shift == QPointF(-3, 0)


def test_rows():
    assert is_one_row((0, 0), (200, 30))
    assert not is_one_row((200, 0), (0, 0))
    assert not is_one_row((0, 0), (200, 280))
