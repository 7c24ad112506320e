from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPathStroker

from convnet_studio.ui.canvas.placement import align, free_place, is_one_row
from convnet_studio.ui.canvas.routing import free_band, route


def test_a_wire_to_the_right_is_one_curve():
    path = route(QPointF(0, 0), QPointF(100, 50))
    assert path.pointAtPercent(1) == QPointF(100, 50)
    assert path.boundingRect().right() <= 100.5


def test_a_wire_passes_the_cards_in_its_way_on_the_nearer_side():
    cards = [QRectF(20, 0, 100, 200), QRectF(140, 20, 100, 200)]
    above = route(QPointF(0, 60), QPointF(260, 60), cards)
    below = route(QPointF(0, 180), QPointF(260, 180), cards)
    for path in (above, below):
        points = [path.pointAtPercent(part / 200) for part in range(201)]
        assert not any(card.contains(point) for card in cards for point in points)
        assert (path.pointAtPercent(0).x(), path.pointAtPercent(1).x()) == (0, 260)
    assert above.boundingRect().top() == -12
    assert below.boundingRect().bottom() == 232


def test_wires_that_pass_side_by_side_keep_apart():
    cards, bands = [QRectF(20, 0, 100, 200)], []
    levels = [route(QPointF(0, 60 + y), QPointF(140, 60 + y), cards, bands).boundingRect().top() for y in (0, 8, 16)]
    assert levels == [-12, -24, -36]
    assert route(QPointF(400, 0), QPointF(500, 0), cards, bands).length() == 100


def test_a_curve_around_a_card_is_left_alone():
    """A curve is a line, not the area that it bounds."""
    card = QRectF(60, 110, 30, 40)
    assert route(QPointF(0, 0), QPointF(200, 160), [card]) == route(QPointF(0, 0), QPointF(200, 160))


def test_a_wire_back_runs_between_the_rows():
    upper, lower = QRectF(100, 0, 100, 200), QRectF(0, 250, 100, 200)
    path = route(QPointF(200, 70), QPointF(0, 320), [upper, lower])
    line = QPainterPathStroker().createStroke(path)
    assert not line.intersects(upper.adjusted(2, 2, -2, -2))
    assert not line.intersects(lower.adjusted(2, 2, -2, -2))
    assert free_band(70, 320, -26, 226, [upper, lower]) == 225


def test_a_wire_back_in_one_row_goes_below():
    cards = [QRectF(0, 0, 100, 200), QRectF(150, 0, 100, 200)]
    assert free_band(70, 70, -26, 276, cards) > 200


def test_a_wire_to_a_port_straight_below_has_no_hole():
    assert route(QPointF(50, 0), QPointF(50, 0)).length() >= 0
    assert route(QPointF(50, 0), QPointF(40, 0), []).length() > 0


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
