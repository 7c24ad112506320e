"""The Backprop view: steps, edits, marks and sentences, on cards of modules and on a chain of single numbers."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.backprop_inquiry import WholeWay
from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Grain, Kind, Position, Slot
from convnet_studio.engine.analysis.benches.backprop import Backprop
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.ui.backprop.cards import CardScene
from convnet_studio.ui.backprop.grid import Grid
from convnet_studio.ui.backprop.numbers_scene import NumbersScene
from convnet_studio.ui.backprop.ribbon import product_of
from convnet_studio.ui.backprop.words import sum_text
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.backprop import BackpropView

SECONDS = 20_000


def one_one_one() -> Project:
    """The mean of a picture through tanh(w1 tanh(w0 x)), compared with itself."""
    kinds = ("Input", "GlobalPool2d", "Flatten", "Linear", "Tanh", "Linear", "Tanh", "EuclideanLoss")
    settings = {"Linear": {"out_features": 1}, "EuclideanLoss": {"compared_with": "wire"}}
    modules = tuple(ModuleSpec(f"m{i}", kind, settings.get(kind, {})) for i, kind in enumerate(kinds, 1))
    links = (*(Link(f"m{i}", f"m{i + 1}") for i in range(1, 8)), Link("m3", "m8", 1))
    return replace(live("tiny-digits").project, network=NetworkSpec(modules, links))


def way_through(project: Project) -> WholeWay:
    dataset = live("tiny-digits").dataset
    network = build_network(project, dataset.input_shape, dataset.classes, np.float64)
    initialize(network, 3)
    stepper = Stepper(network, dataset.test.pictures[4], int(dataset.test.labels[4]))
    return WholeWay(stepper, stepper.go_to(stepper.start(), len(stepper.moves)))


def view_of(project: Project, qtbot: QtBot) -> BackpropView:
    view = BackpropView(OpenProject(project))
    qtbot.addWidget(view)
    view.resize(1440, 900)
    view.show()
    view.show_answer("stepper", Answer(1, 0, view.inquiries()["stepper"], way_through(project), is_final=True))
    QApplication.processEvents()
    return view


@pytest.fixture
def digits(qtbot: QtBot) -> BackpropView:
    """On cards."""
    return view_of(live("tiny-digits").project, qtbot)


@pytest.fixture
def chain(qtbot: QtBot) -> BackpropView:
    """On circles."""
    return view_of(one_one_one(), qtbot)


def point_of(view: BackpropView, slot: Slot, index: int = 0) -> QPoint:
    """Where a number stands in the viewport, scrolled into sight."""
    assert view.chain.scene is not None
    rect = view.chain.scene.place_of(slot.module)
    view.chain.horizontalScrollBar().setValue(int(rect.left()) - 8)
    cells = view.chain.scene.cells(view.chain._visible)
    cell = next(each for each in cells if each.number == (slot, index))
    return (cell.rect.center() - view.chain._offset).toPoint()


def test_it_opens_at_the_loss_and_says_how_it_comes_about(digits: BackpropView) -> None:
    walker = digits.walker
    assert isinstance(digits.chain.scene, CardScene)
    assert walker.stepper is not None
    assert walker.walk is not None
    assert walker.walk.position == Position(walker.stepper.turn)
    digits.explanation.show_now()
    assert digits.explanation.contract.lines[0].is_lit
    assert digits.explanation.numbers.text().startswith("out = ")


def test_a_chain_of_numbers_opens_before_its_first_weight(chain: BackpropView) -> None:
    assert isinstance(chain.chain.scene, NumbersScene)
    walker = chain.walker
    assert walker.value((Slot(Kind.GRAD_PARAMETER, "m6", "weight"), 0)) is not None
    assert walker.value((Slot(Kind.GRAD_PARAMETER, "m4", "weight"), 0)) is None
    chain.walker.step()
    assert walker.value((Slot(Kind.GRAD_PARAMETER, "m4", "weight"), 0)) is not None


def test_the_table_tells_each_step_with_its_numbers(chain: BackpropView) -> None:
    walker = chain.walker
    assert walker.stepper is not None
    tanh = walker.stepper.moves[3]
    x, y = (walker.value((Slot(Kind.OUT, each), 0)) for each in ("m4", "m5"))
    assert x is not None
    assert y == pytest.approx(math.tanh(x))
    name, formula, result = chain.table.row_texts(tanh)
    assert name == "Forward · Tanh"
    assert formula == f"out = tanh({x:.3f})".replace("-", "−")
    assert result == f"{y:.3f}".replace("-", "−")


@pytest.mark.parametrize("grain", list(Grain))
def test_keys_step_on_and_back(digits: BackpropView, grain: Grain) -> None:
    walker = digits.walker
    walker.go_to(0)
    walker.use_grain(grain)
    for _ in range(3):
        QTest.keyClick(digits.chain, Qt.Key.Key_Right)
    expected = {Grain.MODULE: Position(3), Grain.UNIT: Position(0, 3), Grain.PRODUCT: Position(0, 0, 3)}
    assert walker.walk is not None
    assert walker.walk.position == expected[grain]
    assert not digits.grab().isNull()
    for _ in range(3):
        QTest.keyClick(digits.chain, Qt.Key.Key_Left)
    assert walker.walk.position == Position()


def test_keys_make_steps_finer_and_go_to_loss_and_ends(digits: BackpropView) -> None:
    QTest.keyClick(digits.chain, Qt.Key.Key_Down)
    assert digits.walker.grain is Grain.UNIT
    assert digits.grain.choice == "Unit"
    assert digits.walker.stepper is not None
    moves = digits.walker.stepper.moves
    for key, move in (
        (Qt.Key.Key_End, len(moves)),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_L, digits.walker.stepper.turn),
    ):
        QTest.keyClick(digits.chain, key)
        assert digits.walker.walk is not None
        assert digits.walker.walk.position == Position(move)


def test_a_double_click_edits_and_what_depends_on_it_is_stale(chain: BackpropView) -> None:
    walker, weight = chain.walker, (Slot(Kind.PARAMETER, "m6", "weight"), 0)
    before, loss = walker.value(weight), walker.value((Slot(Kind.OUT, "m8"), 0))
    QTest.mouseDClick(chain.chain.viewport(), Qt.MouseButton.LeftButton, pos=point_of(chain, weight[0]))
    (field,) = chain.chain.findChildren(QLineEdit)
    field.setText("0,75")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert walker.value(weight) == 0.75
    assert not [each for each in chain.chain.findChildren(QLineEdit) if each.isVisible()]
    assert walker.walk is not None
    assert Slot(Kind.OUT, "m8") in walker.walk.stale
    assert Slot(Kind.OUT, "m5") not in walker.walk.stale
    refresh, undo = chain._buttons["refresh"], chain._buttons["undo"]
    assert refresh.isVisible()
    refresh.click()
    assert not walker.walk.stale
    assert walker.value((Slot(Kind.OUT, "m8"), 0)) != loss
    assert not refresh.isVisible()
    undo.click()
    assert not undo.isVisible()
    assert walker.value(weight) == before
    assert walker.value((Slot(Kind.OUT, "m8"), 0)) == loss


@pytest.mark.parametrize("port", ["in", "out", "weight", "gradIn", "gradWeight"])
def test_nothing_moves_under_a_double_click(digits: BackpropView, port: str) -> None:
    """The editor opens over the very cell that was pressed, on whatever card and at the edge of whatever window."""
    view, walker = digits.chain, digits.walker
    walker.to_end()
    digits.resize(500, 900)
    assert isinstance(view.scene, CardScene)
    for card in view.scene._cards.values():
        for block in card.blocks:
            if block.name != port:
                continue
            view.horizontalScrollBar().setValue(int(block.rect.left()) - 150)
            inside = QRectF(view._offset, view.viewport().size().toSizeF()).adjusted(2, 2, -2, -2)
            cells = [each for each in view.scene._cells(card, block) if inside.contains(each.rect.center())]
            if not cells:
                continue
            before, cell = view._offset, cells[-1]
            at = (cell.rect.center() - before).toPoint()
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
            QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
            assert view._offset == before
            assert view.cell_at(at.toPointF()) == cell
            assert walker.selected == cell.number
            field = next(each for each in view.findChildren(QLineEdit) if each.isVisible())
            assert (QPointF(field.geometry().center()) - at.toPointF()).manhattanLength() < 4
            QTest.keyClick(field, Qt.Key.Key_Return)
            assert view._offset == before, "nor when the number is put in"
            walker.undo()
            walker.to_end()
            QApplication.processEvents()


@pytest.mark.parametrize(("width", "height"), [(520, 600), (584, 780)])
def test_values_and_gradients_are_in_sight_where_it_is_low(qtbot: QtBot, width: int, height: int) -> None:
    """In the panel of a window of 1280×720, or of 1440×900: nothing is cut below, nor the loss at the right."""
    project = load_preset("lenet-5")
    network = build_network(project, (1, 28, 28), 10, np.float64)
    initialize(network, 3)
    stepper = Stepper(network, np.random.default_rng(2).uniform(0, 1, (1, 28, 28)), 5)
    view = BackpropView(OpenProject(project))
    qtbot.addWidget(view)
    view.resize(1400, 900)
    view.show()
    way = WholeWay(stepper, stepper.go_to(stepper.start(), len(stepper.moves)))
    view.show_answer("stepper", Answer(1, 0, view.inquiries()["stepper"], way, is_final=True))
    view.resize(width, height)
    QApplication.processEvents()
    assert isinstance(view.chain.scene, CardScene)
    assert view.chain.scene.size.height() <= view.chain.viewport().height()
    loss = view.chain.scene.place_of(stepper.losses[0])
    assert view.chain._visible.contains(loss)
    assert not view.grab().isNull()


def test_what_is_no_number_is_refused_in_words(chain: BackpropView) -> None:
    weight = Slot(Kind.PARAMETER, "m6", "weight")
    chain.walker.select((weight, 0))
    QTest.keyClick(chain.chain, Qt.Key.Key_Return)
    (field,) = chain.chain.findChildren(QLineEdit)
    field.setText("much")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert chain._notice.text() == "Type a number, such as -0.25."
    QTest.keyClick(field, Qt.Key.Key_Escape)
    QApplication.processEvents()
    assert not [each for each in chain.chain.findChildren(QLineEdit) if each.isVisible()]


def test_what_is_not_computed_can_not_be_edited(chain: BackpropView) -> None:
    chain.walker.go_to(0)
    QTest.mouseDClick(chain.chain.viewport(), Qt.MouseButton.LeftButton, pos=point_of(chain, Slot(Kind.OUT, "m5")))
    assert "not computed yet" in chain._notice.text()


def test_gradients_in_sight_are_measured(digits: BackpropView) -> None:
    digits.walker.to_end()
    digits.catch_up()
    checks = digits.walker.checks
    assert len(checks) > 50
    assert all(each.agrees or each.is_at_kink for each in checks.values())  # of equal pixels none is the largest
    assert sum(each.agrees for each in checks.values()) > 50
    assert digits._check.text().startswith("Numerical check ✓")


def test_a_gradient_that_was_edited_does_not_agree(chain: BackpropView) -> None:
    slot = Slot(Kind.GRAD_PARAMETER, "m6", "weight")
    chain.walker.edit((slot, 0), 5.0)
    chain.catch_up()
    assert not chain.walker.checks[slot, 0].agrees
    assert chain._check.text().startswith("Numerical check ✗")


def test_a_step_back_shows_what_is_still_there(digits: BackpropView) -> None:
    digits.walker.to_end()
    digits.walker.back()
    assert digits.walker.selected is not None
    assert digits.walker.selected[0].module == "m3"
    assert digits.walker.value(digits.walker.selected) is not None


def test_a_click_in_the_table_goes_there(chain: BackpropView) -> None:
    chain.table.verticalScrollBar().setValue(0)
    QTest.mouseClick(chain.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 28 * 2 + 8))
    assert chain.walker.walk is not None
    assert chain.walker.walk.position == Position(3)


def test_newer_weights_go_on_where_the_walk_was(digits: BackpropView) -> None:
    digits.walker.go_to(3)
    asked = digits.inquiries()["stepper"]
    digits._buttons["now"].click()
    assert digits.inquiries()["stepper"] != asked
    digits.show_answer("stepper", Answer(1, 9, asked, way_through(live("tiny-digits").project), is_final=True))
    assert digits.walker.walk is not None
    assert digits.walker.walk.position == Position(3)


def another_picture(view: BackpropView, project: Project) -> WholeWay:
    """What the worker sends when another view chose a picture."""
    way = way_through(project)
    dataset = live("tiny-digits").dataset
    stepper = Stepper(way.stepper.network, dataset.test.pictures[9], int(dataset.test.labels[9]))
    way = WholeWay(stepper, stepper.go_to(stepper.start(), len(stepper.moves)))
    view.show_answer("stepper", Answer(1, 0, view.inquiries()["stepper"], way, is_final=True))
    return way


def test_edits_are_not_lost_when_another_view_chooses_a_picture(chain: BackpropView) -> None:
    walker, weight = chain.walker, Slot(Kind.PARAMETER, "m4", "weight")
    before = walker.value((weight, 0))
    assert walker.edit((weight, 0), 5.0) == ""
    way = another_picture(chain, one_one_one())
    assert walker.value((weight, 0)) == 5.0
    assert walker.can_undo
    assert chain._notice.isVisible()
    assert "your edits belong to this one" in chain._notice.text()
    walker.undo()  # nothing is edited any more: now the other picture's way is taken
    assert walker.stepper is way.stepper
    assert walker.value((weight, 0)) == before
    assert not chain._notice.isVisible()


def test_weights_of_now_take_the_place_of_edits(chain: BackpropView) -> None:
    walker, weight = chain.walker, Slot(Kind.PARAMETER, "m4", "weight")
    walker.edit((weight, 0), 5.0)
    chain._buttons["now"].click()
    assert another_picture(chain, one_one_one()).stepper is walker.stepper
    assert walker.value((weight, 0)) != 5.0


def test_the_ribbon_says_the_sizes_of_the_chain_rule(digits: BackpropView) -> None:
    walker = digits.walker
    walker.to_end()
    assert walker.stepper is not None
    assert walker.walk is not None
    move = next(each for each in walker.stepper.moves if each.module == "m6")
    product = product_of(walker.stepper, walker.walk, move, None)
    assert product is not None
    assert product.sentence == "gradIn (1 × 72) = gradOut (1 × 10) × ∂out/∂in (10 × 72)"
    assert product.left is not None
    assert product.right is not None
    assert product.jacobian is not None
    np.testing.assert_allclose(product.right @ product.jacobian, product.left, atol=1e-15)


def test_a_problem_is_told_in_its_sentence(digits: BackpropView) -> None:
    problem = "Nothing in this network can compute yet: connect the picture to a module."
    digits.show_answer("stepper", Answer(1, 0, digits.inquiries()["stepper"], None, is_final=True, problem=problem))
    assert digits._sentence.text() == problem
    assert digits._sentence.isVisible()
    assert not digits.chain.isVisible()


@pytest.mark.parametrize(
    "shape", [(1,), (10,), (64,), (65,), (1, 8, 8), (8, 1, 3, 3), (16, 6, 5, 5), (120, 400), (3000,)]
)
@pytest.mark.parametrize("is_checked", [False, True])
def test_cells_of_any_array_lie_apart_and_inside(shape: tuple[int, ...], is_checked: bool) -> None:
    grid = Grid(shape, is_checked)
    at = QPointF(10, 20)
    for focus in (0, grid.count // 2, grid.count - 1):
        cells = grid.cells(Slot(Kind.OUT, "m"), at, focus)
        room = QRectF(at, grid.size).adjusted(-0.5, -0.5, 0.5, 0.5)
        assert all(room.contains(each.rect) for each in cells)
        corners = {(each.rect.x(), each.rect.y()) for each in cells}
        assert len(corners) == len({each.index for each in cells}) == len(cells)
        assert focus in {each.index for each in cells}
        assert grid.shows_all == (len(cells) == grid.count)
        if not grid.shows_all:
            assert grid.map_rect(at).adjusted(-3, -3, 3, 3).contains(grid.frame_on_map(at, focus))


def test_long_sums_are_shortened_and_still_right(digits: BackpropView) -> None:
    told = digits.walker.arithmetic((Slot(Kind.OUT, "m6"), 0))
    assert told is not None
    assert len(told.terms) == 72
    text = sum_text(told)
    assert "(69 more: " in text
    assert printed_sum(text) == pytest.approx(told.partial_sum(72), abs=0.01)


def printed_sum(text: str) -> float:
    """What a sum of products gives, read as a reader does it."""
    plain = re.sub(r"\([^():]*: ([^()]*)\)", r"\1", text.replace(" − ", " + −")).replace("−", "-")
    return sum(math.prod(float(each.strip("()")) for each in piece.split(" · ")) for piece in plain.split(" + "))


@pytest.mark.parametrize("kind", ["LogSoftmax", "Softmax", "DivisiveNorm", "LocalContrastNorm", "LocalResponseNorm"])
@pytest.mark.parametrize("size", [1.0, 80.0])
def test_printed_products_make_the_printed_gradient(kind: str, size: float) -> None:
    """Of modules where every input moves many outputs, also where it moves them by less than their last digit."""
    shape = (10,) if "Softmax" in kind else (2, 6, 6)
    modules: dict[str, Module | Loss] = {"x": Module.registry["Input"](), "m": Module.registry[kind]()}
    modules["loss"] = Loss.registry["NLLLoss" if "Softmax" in kind else "EuclideanLoss"]()
    links = [("x", "m", 0), ("m", "loss", 0)]
    if "Softmax" not in kind:
        modules["flat"] = Module.registry["Flatten"]()
        links = [("x", "m", 0), ("m", "flat", 0), ("flat", "loss", 0)]
    network = Network(modules, links, shape, 72 if len(shape) > 1 else 10, np.float64)
    stepper = Stepper(network, size * np.random.default_rng(5).standard_normal(shape), 5)
    walk = stepper.go_to(stepper.start(), len(stepper.moves))
    slot = Slot(Kind.GRAD_IN, "m")
    for index, value in enumerate(walk.values[slot].reshape(-1)):
        text = sum_text(stepper.arithmetic(walk, slot, index))
        terms = [abs(each.product) for each in stepper.arithmetic(walk, slot, index).terms]
        assert printed_sum(text) == pytest.approx(value, rel=0.06, abs=0.05 * max(terms, default=0.0)), text
        assert not value or re.search("[1-9]", text)


def test_numbers_that_are_not_finite_are_shown_as_they_are(qtbot: QtBot) -> None:
    project = live("tiny-digits").project
    way = way_through(project)
    way.stepper.network.parameters[::3] = np.nan
    way.stepper.network.parameters[1::3] = np.inf
    with np.errstate(all="ignore"):
        spoiled = way.stepper.go_to(way.stepper.start(), len(way.stepper.moves))
        view = BackpropView(OpenProject(project))
        qtbot.addWidget(view)
        view.resize(1200, 800)
        view.show()
        answer = Answer(1, 0, view.inquiries()["stepper"], WholeWay(way.stepper, spoiled), is_final=True)
        view.show_answer("stepper", answer)
        for move in range(len(way.stepper.moves) + 1):
            view.walker.go_to(move)
            view.explanation.show_now()
            assert not view.grab().isNull()
        view.catch_up()
    assert not any(each.agrees for each in view.walker.checks.values())


def test_in_the_window_the_worker_answers(window: MainWindow, qtbot: QtBot) -> None:
    window.view_panels.show("backprop")
    view = window.findChild(BackpropView)
    assert view is not None
    qtbot.waitUntil(lambda: view.walker.walk is not None, timeout=SECONDS)
    assert view.chain.isVisible()
    before = view.walker.stepper
    view._buttons["now"].click()
    qtbot.waitUntil(lambda: view.walker.stepper is not before, timeout=SECONDS)
    assert not view._notice.isVisible()


def test_stale_marks_go_when_the_numbers_are_computed_anew(digits: BackpropView) -> None:
    """Of a bank of filters one map: its cells are marked, those of the others are not; then none is."""
    walker = digits.walker
    assert walker.stepper is not None
    assert walker.walk is not None
    slot = next(each for each in walker.walk.values if each.kind is Kind.PARAMETER and each.key == "weight")
    made, count = Slot(Kind.OUT, slot.module), walker.stepper.shape(slot)[0]
    size = walker.stepper.size(made) // count
    assert walker.edit((slot, 0), 3.0) == ""
    marks = [walker.is_stale((made, index)) for index in range(size * count)]
    assert any(marks[:size])
    assert not any(marks[size:])
    assert walker.arithmetic((made, marks.index(True))) is None
    assert walker.arithmetic((made, size)) is not None
    row = next(each for each in walker.stepper.moves if each.module == slot.module)
    assert "stale" in digits.table.row_texts(row)[1]
    digits._buttons["refresh"].click()
    assert not any(walker.is_stale((made, index)) for index in range(size * count))
    assert walker.arithmetic((made, 0)) is not None
    assert "stale" not in digits.table.row_texts(row)[1]
    assert digits.grab().toImage().width() > 0


def test_where_it_is_narrow_the_table_is_on_a_tab(digits: BackpropView) -> None:
    assert not digits.page.isVisible()
    assert digits.table.isVisible()
    assert digits.explanation.isVisible()
    digits.resize(700, 900)
    assert digits.page.isVisible()
    assert digits.explanation.isVisible()
    assert not digits.table.isVisible()
    digits.page.segment("Step by step").click()
    assert digits.table.isVisible()
    assert not digits.explanation.isVisible()
    digits.resize(1440, 900)
    assert digits.table.isVisible()
    assert digits.explanation.isVisible()


def test_a_lesson_sets_the_walk_and_hears_of_every_step(digits: BackpropView, qtbot: QtBot) -> None:
    told: list[object] = []
    digits.bench_changed.connect(told.append)
    digits.set_bench(Backprop(2, "unit"))
    assert (digits.walker.walk is not None and digits.walker.walk.position) == Position(2)
    assert digits.walker.grain is Grain.UNIT
    assert told[-1] == digits.bench == Backprop(2, "unit")
    told.clear()
    digits.walker.step()
    assert told == [], "half a module is not one more"
    digits.set_bench(digits.bench)
    assert digits.walker.walk is not None
    assert digits.walker.walk.position == Position(2, 1), "what stands there already is not begun anew"
    digits.walker.use_grain(Grain.MODULE)
    digits.walker.step()
    assert told[-1] == digits.bench == Backprop(3, "module")
    digits.set_bench(Backprop(100_000))
    assert digits.walker.stepper is not None
    end = len(digits.walker.stepper.moves)
    assert digits.walker.walk.position == Position(end)
    assert told[-1] == Backprop(100_000), "a longer network may be yet to come"
    digits.walker.back()
    assert told[-1] == Backprop(end - 1)


def test_a_lesson_can_say_where_to_begin_before_there_is_a_network(qtbot: QtBot) -> None:
    view = BackpropView(OpenProject(one_one_one()))
    qtbot.addWidget(view)
    view.set_bench(Backprop(3))
    assert view.bench == Backprop(3)
    view.show_answer("stepper", Answer(1, 0, view.inquiries()["stepper"], way_through(one_one_one()), is_final=True))
    assert view.walker.walk is not None
    assert view.walker.walk.position == Position(3)
    assert view.control("moves") is view._buttons["step"]
    assert view.control("no such dial") is None
    modules = (ModuleSpec("n1", "Input"), ModuleSpec("n2", "Flatten"), ModuleSpec("n3", "Linear"))
    links = (Link("n1", "n2"), Link("n2", "n3"), Link("n3", "n4"))
    other = replace(one_one_one(), network=NetworkSpec((*modules, ModuleSpec("n4", "CrossEntropyLoss")), links))
    view.show_answer("stepper", Answer(1, 0, view.inquiries()["stepper"], way_through(other), is_final=True))
    assert view.walker.walk.position == Position(3), "the lesson's word holds for another network, too"
    view.set_bench(Backprop(12))
    assert view.walker.walk.position == Position(6)
    view.show_answer("stepper", Answer(1, 0, view.inquiries()["stepper"], way_through(one_one_one()), is_final=True))
    assert view.walker.walk.position == Position(12), "and for one that is longer than the one before"
    assert view.bench == Backprop(12)
    view.walker.step()
    view.show_answer("stepper", Answer(1, 0, view.inquiries()["stepper"], way_through(other), is_final=True))
    assert view.walker.stepper is not None
    assert view.walker.walk.position == Position(view.walker.stepper.turn), "until somebody steps on"
