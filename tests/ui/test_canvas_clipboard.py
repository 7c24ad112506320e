"""Copy, cut and paste: within a window, from window to window, to and from text."""

from __future__ import annotations

import json

import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtTest import QTest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.notes_edits import add_note
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Link

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    QGuiApplication.clipboard().clear()
    return CanvasBench(qtbot)


def undo_texts(bench: CanvasBench) -> list[str]:
    stack = bench.open_project.undo_stack
    return [stack.text(index) for index in range(stack.count())]


def overlaps(bench: CanvasBench) -> bool:
    rects = bench.scene.taken_rects()
    return any(one.intersects(other) for index, one in enumerate(rects) for other in rects[index + 1 :])


def said_by(bench: CanvasBench) -> list[str]:
    said: list[str] = []
    bench.view.area.said.connect(said.append)
    return said


def test_paste_brings_modules_wires_and_notes_to_a_free_place_as_one_entry(bench):
    bench.open_project.open(add_note(bench.project, "a note", (560, 760))[0])
    bench.scene.select_only(frozenset({"m3", "m4", "m5"}), notes=frozenset(bench.scene.notes.items))
    bench.key(Qt.Key.Key_C, CTRL)
    assert undo_texts(bench) == []
    bench.key(Qt.Key.Key_V, CTRL)
    assert undo_texts(bench) == ["Paste"]
    new = bench.open_project.selection
    assert len(new) == 3
    assert not new & {"m3", "m4", "m5"}
    conv, tanh, absolute = (spec.id for spec in bench.project.network.modules if spec.id in new)
    assert {Link(conv, tanh), Link(tanh, absolute)} <= set(bench.project.network.links)
    assert [each.text for each in bench.project.notes] == ["a note", "a note"]
    assert len(bench.scene.notes.selected) == 1
    assert not overlaps(bench)
    first, second = (bench.project.network.module(each).position[0] for each in (conv, tanh))
    assert second - first == bench.scene.modules["m4"].x() - bench.scene.modules["m3"].x()
    bench.assert_in_step()
    bench.key(Qt.Key.Key_V, CTRL)
    assert not overlaps(bench)
    for _ in range(2):
        bench.open_project.undo_stack.undo()
    assert len(bench.project.network.modules) == 13
    bench.assert_in_step()


def test_paste_lands_at_the_pointer(bench, monkeypatch):
    bench.open_project.select(frozenset({"m4"}))
    bench.key(Qt.Key.Key_C, CTRL)
    wanted = QPointF(430, 690)
    monkeypatch.setattr(type(bench.viewport), "underMouse", lambda _: True)
    monkeypatch.setattr(QCursor, "pos", lambda: bench.viewport.mapToGlobal(bench.place(wanted)))
    bench.key(Qt.Key.Key_V, CTRL)
    (new,) = bench.open_project.selection
    assert (bench.scene.modules[new].pos() - wanted).manhattanLength() <= 2


def test_cut_heals_the_chain_and_comes_back(bench):
    bench.click(bench.card_place("m4"))
    bench.key(Qt.Key.Key_X, CTRL)
    assert Link("m3", "m5") in bench.project.network.links
    assert undo_texts(bench) == ["Cut Tanh"]
    bench.key(Qt.Key.Key_V, CTRL)
    (new,) = bench.open_project.selection
    assert bench.project.network.module(new).kind == "Tanh"
    assert new != "m4"


def test_copied_modules_are_text_that_another_window_pastes(bench, qtbot):
    bench.key(Qt.Key.Key_A, CTRL)
    bench.key(Qt.Key.Key_C, CTRL)
    text = QGuiApplication.clipboard().text()
    assert [each["kind"] for each in json.loads(text)["modules"]][:3] == ["Input", "LocalContrastNorm", "Conv2d"]
    other = CanvasBench(qtbot, load_preset("tiny-digits"))
    other.key(Qt.Key.Key_V, CTRL)
    assert len(other.project.network.modules) == 8 + 13
    assert len(other.project.network.links) == 7 + 12
    old = [other.scene.modules[f"m{number}"].rect for number in range(1, 9)]
    new = [other.scene.modules[each].rect for each in other.open_project.selection]
    assert not any(one.intersects(each) for one in new for each in old)
    other.assert_in_step()


def test_weights_stay_shared_in_this_project_but_never_with_strangers(bench, qtbot):
    tied = edits.replace_module(bench.project, "m3", "Conv2d")
    tied = edits.share_weights(tied, "m7", "m3")
    bench.open_project.edit("tie", tied)
    bench.open_project.select(frozenset({"m7"}))
    bench.key(Qt.Key.Key_C, CTRL)
    bench.key(Qt.Key.Key_V, CTRL)
    (new,) = bench.open_project.selection
    assert bench.project.network.module(new).shares == "m3"
    other = CanvasBench(qtbot)
    other.key(Qt.Key.Key_V, CTRL)
    (stranger,) = other.open_project.selection
    assert other.project.network.module(stranger).shares == ""
    bench.open_project.open(load_preset("two-stage-digits"))
    bench.key(Qt.Key.Key_V, CTRL)
    (later,) = bench.open_project.selection
    assert bench.project.network.module(later).shares == ""


@pytest.mark.parametrize(
    "text", ["", "Dear diary", '{"modules": 3, "format_version": 1}', '{"format_version": 99, "modules": []}']
)
def test_what_is_not_ours_gets_one_sentence_and_changes_nothing(bench, text):
    said = said_by(bench)
    QGuiApplication.clipboard().setText(text)
    bench.key(Qt.Key.Key_V, CTRL)
    (sentence,) = said
    assert "clipboard" in sentence
    assert "\n" not in sentence
    assert undo_texts(bench) == []


def test_a_picture_in_the_clipboard_gets_the_same_sentence(bench):
    said = said_by(bench)
    mime = QMimeData()
    mime.setData("image/png", b"\x89PNG")
    QGuiApplication.clipboard().setMimeData(mime)
    bench.key(Qt.Key.Key_V, CTRL)
    assert said[0].startswith("The clipboard holds no modules")


def test_copying_nothing_leaves_the_clipboard_alone(bench):
    QGuiApplication.clipboard().setText("mine")
    bench.open_project.select(frozenset())
    bench.key(Qt.Key.Key_C, CTRL)
    bench.key(Qt.Key.Key_X, CTRL)
    assert QGuiApplication.clipboard().text() == "mine"
    assert undo_texts(bench) == []


def test_the_other_usual_keys_work_too(bench):
    bench.click(bench.card_place("m4"))
    QTest.keyClick(bench.view.area, Qt.Key.Key_Insert, CTRL)
    QTest.keyClick(bench.view.area, Qt.Key.Key_Insert, Qt.KeyboardModifier.ShiftModifier)
    assert undo_texts(bench) == ["Paste"]
