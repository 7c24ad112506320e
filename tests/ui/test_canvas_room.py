"""Where cards and wires find room: nothing lands out of sight, nothing covers what it should not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QPointF, QRectF

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.ui.canvas.placement import free_place
from convnet_studio.ui.views.canvas import FREE_BELOW


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    return CanvasBench(qtbot)


def overlaps(bench: CanvasBench) -> list[tuple[str, str]]:
    items = list(bench.scene.modules.values())
    return [
        (a.card.title, b.card.title)
        for index, a in enumerate(items)
        for b in items[index + 1 :]
        if a.rect.intersects(b.rect)
    ]


def shows_all(bench: CanvasBench) -> bool:
    area = bench.view.area
    free = area.viewport().rect().adjusted(0, 0, 0, 12 - FREE_BELOW)
    return area.mapToScene(free).boundingRect().contains(bench.scene.covered_rect())


def test_a_free_place_is_near_in_any_direction() -> None:
    row = [QRectF(120 * index, 0, 100, 200) for index in range(9)]
    place = free_place(QRectF(490, 20, 100, 150), row)
    assert (place.x(), place.y()) == (490, 220)
    walled = [*row, *(rect.translated(0, 220) for rect in row)]
    above = free_place(QRectF(490, 20, 100, 150), walled)
    assert (above.x(), above.y()) == (490, -170)
    assert free_place(QRectF(900, 300, 10, 10), row) == QPointF(900, 300)


def test_what_is_dropped_on_a_card_of_another_family_lands_in_sight(bench) -> None:
    bench.view.fit()
    tanh = next(each for each, item in bench.scene.modules.items() if item.card.title == "Tanh")
    bench.carry("Conv2d", bench.place(bench.scene.modules[tanh].rect.center()))
    new_id = max(bench.scene.modules, key=lambda each: int(each[1:]))
    new = bench.scene.modules[new_id].rect
    assert not overlaps(bench)
    assert abs(new.center().x() - bench.scene.modules[tanh].rect.center().x()) < 240
    assert shows_all(bench)


def test_a_fitted_view_goes_on_showing_all_when_cards_are_inserted(bench) -> None:
    bench.view.fit()
    before = bench.view.zoom
    wire = bench.scene.links[Link("m3", "m4")].path().pointAtPercent(0.5)
    bench.carry("Conv2d", bench.place(wire))
    assert bench.view.zoom < before
    assert shows_all(bench)
    settled = bench.view.area.transform()
    first = bench.project.network.modules[0].id
    bench.open_project.edit("Move", edits.move_modules(bench.project, {first: (60, 60)}))
    assert bench.view.area.transform() == settled  # all is in view still, so nothing moves


def test_a_view_that_somebody_scaled_is_left_alone(bench) -> None:
    bench.view.zoom_reset()
    wire = bench.scene.links[Link("m3", "m4")].path().pointAtPercent(0.5)
    bench.carry("Conv2d", bench.place(wire))
    assert bench.view.zoom == 1.0


def test_a_short_wire_can_be_selected_and_its_ports_still_be_grasped(bench) -> None:
    bench.view.fit()
    for link, item in bench.scene.links.items():
        middle = item.path().pointAtPercent(0.5)
        bench.open_project.select(frozenset())
        bench.click(bench.place(middle))
        assert bench.scene.selected_links == {link}
        for port in (bench.output(link.source), bench.input(link.target, link.port)):
            assert bench.scene.port_at(port.scenePos()) is port
            inwards = QPointF(-9 if port.is_output else 9, 0)
            assert bench.scene.port_at(port.scenePos() + inwards) is port
    bench.open_project.edit("Cut", edits.delete_links(bench.project, {Link("m3", "m4")}))
    free = bench.output("m3").scenePos() + QPointF(9, 0)
    assert bench.scene.port_at(free) is bench.output("m3")


def test_a_wire_between_cards_that_overlap_stays_by_them(bench) -> None:
    source, target = (bench.scene.modules[each].rect for each in ("m3", "m4"))
    at = (source.left() + 40, source.top() + 30)
    bench.open_project.edit("Move", edits.move_modules(bench.project, {"m4": at}))
    way = bench.scene.links[Link("m3", "m4")].path().boundingRect()
    assert way.height() < 60
    assert target.width() == bench.scene.modules["m4"].rect.width()


def test_cards_keep_their_width_when_shapes_become_known(qtbot) -> None:
    """Building from left to right: what follows never pushes what is there."""
    kinds = ("Input", "Conv2d", "Flatten", "Linear", "LogSoftmax", "NLLLoss")
    modules = tuple(ModuleSpec(f"m{index}", kind, position=(200 * index, 40.0)) for index, kind in enumerate(kinds, 1))
    bench = CanvasBench(qtbot, Project(network=NetworkSpec(modules), next_id=7))
    loose = {each: item.rect.width() for each, item in bench.scene.modules.items()}
    project = bench.project
    for source, target in (("m1", "m2"), ("m2", "m3"), ("m3", "m4"), ("m4", "m5"), ("m5", "m6")):
        project = edits.connect(project, source, target)
        bench.open_project.edit("Connect", project)
        assert all(item.rect.width() <= loose[each] for each, item in bench.scene.modules.items())


def test_an_unknown_module_pushes_no_card_over_another(qtbot) -> None:
    project = load_preset("two-stage-digits")
    modules = tuple(replace(m, kind="Quantum2d") if m.id == "m3" else m for m in project.network.modules)
    bench = CanvasBench(qtbot, replace(project, network=replace(project.network, modules=modules)))
    assert overlaps(bench) == []


def test_any_kind_replaces_an_unknown_module_and_is_selected(qtbot) -> None:
    project = load_preset("two-stage-digits")
    modules = tuple(replace(m, kind="Quantum2d", settings={}) if m.id == "m3" else m for m in project.network.modules)
    bench = CanvasBench(qtbot, replace(project, network=replace(project.network, modules=modules)))
    assert bench.view.editor.can_replace("m3", "Tanh")
    assert not bench.view.editor.can_replace("m3", "NLLLoss")  # a wire starts here
    assert not bench.view.editor.can_replace("m4", "Conv2d")
    bench.view.editor.replace("m3", "Tanh")
    assert bench.project.network.module("m3").kind == "Tanh"
    assert bench.open_project.selection == {"m3"}


def test_a_problem_lies_above_its_neighbours(bench) -> None:
    below = (bench.scene.modules["m3"].x(), bench.scene.modules["m3"].rect.bottom() + 4)
    bench.open_project.edit("Move", edits.move_modules(bench.project, {"m7": below}))
    bench.open_project.edit("Too large", edits.apply_change(bench.project, "m3", {"kernel_size": 31}))
    item = bench.scene.modules["m3"]
    item.set_state(is_hovered=True)
    assert bench.scene.module_at(item.mapToScene(item.layout.mend.center())) is item


def test_one_click_puts_a_flatten_before_linear(bench) -> None:
    flatten = next(each for each in bench.project.network.modules if each.kind == "Flatten")
    bench.open_project.edit("Delete", edits.delete_modules(bench.project, {flatten.id}))
    linear = next(each.id for each in bench.project.network.modules if each.kind == "Linear")
    item = bench.scene.modules[linear]
    assert [problem.mend for problem in item.card.problems] == ["Insert Flatten"]
    item.set_state(is_hovered=True)
    bench.click(bench.place(item.mapToScene(item.layout.mend.center())))
    assert not bench.scene.modules[linear].card.problems
    (new,) = (each for each in bench.project.network.modules if each.kind == "Flatten")
    assert Link(new.id, linear) in bench.project.network.links
    assert overlaps(bench) == []
