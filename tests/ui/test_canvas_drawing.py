"""What is drawn when: pictures of cards, drafts while one zooms, names of one size, icons that can be read, the map."""

from __future__ import annotations

import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.summary import summarize
from convnet_studio.ui.canvas import card_painter, module_item
from convnet_studio.ui.canvas.card import cards_of
from convnet_studio.ui.canvas.card_painter import is_far, title_at, title_rows
from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.canvas.item_picture import ItemPicture
from convnet_studio.ui.canvas.stage_face import faces_of
from convnet_studio.ui.pictures.picture import canvas_picture

pytestmark = pytest.mark.usefixtures("qapp")
RECT = QRectF(0, 0, 40, 20)


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    return CanvasBench(qtbot)


def turn_wheel(bench: CanvasBench, angle: int) -> None:
    middle = QPointF(bench.viewport.rect().center())
    none, control = Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier
    phase = Qt.ScrollPhase.NoScrollPhase
    wheel = QWheelEvent(middle, middle, QPoint(), QPoint(0, angle), none, control, phase, False)
    QApplication.sendEvent(bench.viewport, wheel)


# ---------------------------------------------------------------- pictures of items


class Drawn:
    """Counts how often, and at which scale, an item was drawn."""

    def __init__(self) -> None:
        self.picture = ItemPicture()
        self.scales: list[float] = []

    def draw(self, painter: QPainter, shift: QPointF) -> None:
        self.scales.append(painter.worldTransform().m11())
        painter.fillRect(RECT, QColor("red"))

    def paint(self, scale: float, at: QPointF = QPointF(5, 5), is_draft: bool = False) -> QImage:  # noqa: B008
        image = QImage(200, 100, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        painter.translate(at)
        painter.scale(scale, scale)
        self.picture.paint(painter, RECT, self.draw, is_draft)
        painter.end()
        return image


def red_rect(image: QImage) -> tuple[int, int, int, int]:
    red = QColor("red").rgb()
    places = [(x, y) for x in range(image.width()) for y in range(image.height()) if image.pixel(x, y) == red]
    (xs, ys) = zip(*places, strict=True)
    return min(xs), min(ys), max(xs) + 1, max(ys) + 1


def test_an_item_that_moves_is_shown_and_not_drawn():
    item = Drawn()
    assert red_rect(item.paint(1.0)) == (5, 5, 45, 25)
    assert red_rect(item.paint(1.0, QPointF(30, 8))) == (30, 8, 70, 28)
    assert item.scales == [1.0]
    item.picture.forget()
    item.paint(1.0)
    assert item.scales == [1.0, 1.0]


def test_a_draft_shows_the_last_picture_larger_and_rest_draws_it_anew():
    item = Drawn()
    item.paint(1.0)
    assert red_rect(item.paint(2.0, is_draft=True)) == (5, 5, 85, 45)
    assert item.scales == [1.0]
    item.picture.forget()
    item.paint(2.0, is_draft=True)
    assert item.scales == [1.0, 1.0]  # letters of one size for the whole of a zoom
    item.paint(2.0)
    assert item.scales == [1.0, 1.0, 2.0]


def test_an_item_first_seen_in_a_draft_is_drawn():
    item = Drawn()
    item.paint(1.5, is_draft=True)
    assert item.scales == [1.5]


@pytest.mark.parametrize("place", [0.2, 0.5, 0.7])
def test_a_picture_lies_on_whole_pixels_and_tells_how_far_that_is_from_the_truth(place):
    item, shifts = Drawn(), []
    draw = item.draw
    item.draw = lambda painter, shift: (shifts.append(shift), draw(painter, shift))  # type: ignore[method-assign]
    left, *_ = red_rect(item.paint(1.0, QPointF(5 + place, 5)))
    assert left + shifts[0].x() == pytest.approx(5 + place)
    assert abs(shifts[0].x()) <= 0.5


# ---------------------------------------------------------------- drafts of the canvas


def test_a_turn_of_the_wheel_draws_no_card_until_the_canvas_rests(bench, qtbot, monkeypatch):
    drawn: list[str] = []
    paint_card = module_item.paint_card

    def count(painter, card, *rest):
        drawn.append(card.id)
        paint_card(painter, card, *rest)

    monkeypatch.setattr(module_item, "paint_card", count)
    bench.view.fit()
    bench.viewport.grab()
    drawn.clear()
    turn_wheel(bench, 30)
    bench.viewport.grab()
    assert bench.scene.is_draft
    assert drawn == []
    qtbot.waitUntil(lambda: not bench.scene.is_draft)
    bench.viewport.grab()
    assert set(drawn) == set(bench.scene.modules)


def test_a_zoom_ends_in_what_a_canvas_of_that_scale_shows(bench, qtbot):
    bench.view.fit()
    bench.viewport.grab()
    turn_wheel(bench, -60)
    bench.viewport.grab()
    qtbot.waitUntil(lambda: not bench.scene.is_draft)
    after = bench.viewport.grab().toImage()
    for item in bench.scene.cards():
        item.renew()
    bench.scene.update()
    assert bench.viewport.grab().toImage() == after


def test_a_picture_of_the_network_is_the_same_however_far_away_one_looks(bench):
    def picture() -> QImage:
        made = canvas_picture(bench.view)
        image = QImage(round(made.width), round(made.height), QImage.Format.Format_RGB32)
        painter = QPainter(image)
        made.paint(painter)
        painter.end()
        return image

    near = picture()
    bench.view.area.scale_to(0.3)
    bench.viewport.grab()
    assert picture() == near
    turn_wheel(bench, 15)
    assert bench.scene.is_draft
    assert picture() == near
    assert bench.scene.is_draft
    assert bench.scene.scale == bench.view.zoom


def test_labels_of_wires_are_in_sight_only_where_they_can_be_read(bench, qtbot):
    def shown() -> set[bool]:
        labels = [item.childItems()[0] for item in bench.scene.links.values() if item.label_place]
        return {not label.flags() & label.GraphicsItemFlag.ItemHasNoContents for label in labels}

    assert shown() == {True}
    turn_wheel(bench, 15)
    assert shown() == {False}
    qtbot.waitUntil(lambda: not bench.scene.is_draft)
    assert shown() == {True}
    bench.view.area.scale_to(0.4)
    assert shown() == {False}


def test_the_covered_part_follows_a_card_that_is_moved(bench):
    before = bench.scene.covered_rect()
    last = bench.scene.modules["m13"]
    spec = bench.project.network.module("m13")
    at = (spec.position[0] + 500, spec.position[1])
    bench.open_project.edit("move", edits.move_modules(bench.project, {"m13": at}))
    assert bench.scene.covered_rect().right() >= last.rect.right() > before.right()


def test_the_map_draws_the_network_again_only_when_that_is_another(bench, monkeypatch):
    minimap = bench.view.minimap
    drawn: list[int] = []
    paint_network = minimap._paint_network
    monkeypatch.setattr(minimap, "_paint_network", lambda painter: (drawn.append(1), paint_network(painter)))
    bench.view.area.scale_to(2.0)
    before = minimap.grab().toImage()
    count = len(drawn)
    bench.view.area.horizontalScrollBar().setValue(bench.view.area.horizontalScrollBar().value() + 300)
    scrolled = minimap.grab().toImage()
    assert len(drawn) == count
    assert scrolled != before
    spec = bench.project.network.module("m13")
    at = (spec.position[0], spec.position[1] + 300)
    bench.open_project.edit("move", edits.move_modules(bench.project, {"m13": at}))
    minimap.grab()
    assert len(drawn) > count


# ---------------------------------------------------------------- names and icons far away


@pytest.mark.parametrize("scale", [0.25, 0.4, 0.5, 0.7, 0.9])
def test_names_of_all_cards_have_one_size(bench, monkeypatch, scale):
    sizes: dict[str, set[int]] = {}
    paint_text = card_painter._text

    def note(painter, rect, words, font, *rest):
        sizes.setdefault(words, set()).add(font.pixelSize())
        paint_text(painter, rect, words, font, *rest)

    monkeypatch.setattr(card_painter, "_text", note)
    bench.view.area.scale_to(scale)
    bench.view.area.centerOn(bench.scene.covered_rect().center())
    bench.viewport.grab()
    titles = {"Conv2d", "Tanh", "LPPool2d"} & sizes.keys()
    assert len(titles) == 3
    assert len(set().union(*(sizes[each] for each in titles))) == 1


def test_names_grow_on_cards_that_are_drawn_smaller():
    sizes = [title_at(scale).pixelSize() for scale in (1.0, 0.5, 0.4, 0.3)]
    assert sizes == sorted(set(sizes))
    assert all(scale * title_at(scale).pixelSize() >= 7 for scale in (0.3, 0.4, 0.6, 1.0))
    assert is_far(0.5)


def test_a_long_name_is_cut_before_a_capital_where_two_rows_have_room():
    font, head = title_at(0.5), QRectF(0, 2, 100, 38)
    rows = title_rows("LocalContrastNorm", head, font)
    assert [words for words, _ in rows] in (["Local", "ContrastNorm"], ["LocalContrast", "Norm"])
    assert title_rows("Tanh", head, font) == [("Tanh", head)]
    assert len(title_rows("LocalContrastNorm", head, title_at(0.3))) == 1


@pytest.mark.parametrize(("scale", "is_drawn"), [(0.5, False), (0.55, False), (0.6, True), (1.0, True), (2.0, True)])
def test_an_icon_is_drawn_whole_or_not_at_all(scale, is_drawn):
    image = QImage(60, 60, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    blank = image.copy()
    painter = QPainter(image)
    painter.scale(scale, scale)
    draw_icon(painter, "lock", QColor("black"), QRectF(4, 4, 12, 12))
    painter.end()
    assert (image != blank) is is_drawn


# ---------------------------------------------------------------- padlocks of what learns nothing


def with_learned_power(project, module_id: str):
    return edits.set_setting(project, module_id, "learns_p", True)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_pooling_has_a_lock_only_where_it_learns_its_power(is_known):
    def learning(project) -> set[str]:
        summary = summarize(project, (1, 28, 28), 10) if is_known else None
        return {card.title for card in cards_of(project, summary).values() if card.learns}

    project = load_preset("two-stage-digits")
    assert learning(project) == {"Conv2d", "Linear"}
    pool = next(each.id for each in project.network.modules if each.kind == "LPPool2d")
    assert learning(with_learned_power(project, pool)) == {"Conv2d", "Linear", "LPPool2d"}


@pytest.mark.parametrize("is_known", [True, False])
def test_a_stage_counts_only_modules_that_learn(is_known):
    def first(project):
        summary = summarize(project, (1, 28, 28), 10) if is_known else None
        return next(iter(faces_of(project, summary).values()))

    project = load_preset("two-stage-digits")
    face = first(project)
    assert face.learning == 1
    members = {each: project.network.module(each).kind for each in face.modules}
    conv = next(each for each, kind in members.items() if kind == "Conv2d")
    pool = next(each for each, kind in members.items() if kind == "LPPool2d")
    frozen = edits.freeze_modules(project, [conv], True)
    assert first(frozen).is_frozen
    assert first(with_learned_power(frozen, pool)).lock_words == "1 of 2 frozen"


def test_the_lock_of_a_stage_that_is_all_frozen_lets_it_learn(bench):
    stage = bench.project.network.stages[0]
    conv = next(each for each in stage.modules if bench.project.network.module(each).kind == "Conv2d")
    bench.open_project.edit("freeze", edits.freeze_modules(bench.project, [conv], True))
    bench.view.editor.stages.freeze(stage.id)
    assert not any(each.learning.frozen for each in bench.project.network.modules)
    bench.view.editor.stages.freeze(stage.id)
    frozen = [each.id for each in bench.project.network.modules if each.learning.frozen]
    assert frozen == [conv]
