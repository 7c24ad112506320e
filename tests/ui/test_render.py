"""Pictures by the command line: of whole epochs, without a trace of anybody at work."""

from __future__ import annotations

import gc
from collections.abc import Hashable
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training import events as news
from convnet_studio.engine.training.events import Event, Stepped
from convnet_studio.ui import render
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.render import RenderRequest, render_all
from convnet_studio.ui.view import View
from convnet_studio.ui.views import learning_curves
from convnet_studio.ui.views.learning_curves import LearningCurvesView


def test_epochs_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Event] = []
    axes: list[float] = []

    def note(window: object, request: RenderRequest, events: list[Event]) -> object:
        seen.extend(events)
        view = standalone(window, request, events)
        assert isinstance(view, LearningCurvesView)
        view.resize(600, 300)
        view.show()
        axes.append(view._ranges[0])
        return view

    standalone = render._standalone
    monkeypatch.setattr(render, "_standalone", note)
    output = tmp_path / "curves.png"
    render_all([RenderRequest("learning_curves", "tiny-digits", str(output), epochs=2, width=600, height=300)])
    gc.collect()
    assert [event.epoch for event in seen if isinstance(event, news.Tested)] == [0.0, 1.0, 2.0]
    assert max(event.epoch for event in seen if isinstance(event, Stepped)) == 2.0
    assert axes == [2.0]
    assert QImage(str(output)).width() == 600


def test_a_window_too_small_to_be_whole_is_refused() -> None:
    with pytest.raises(ValueError, match=r"can't be 800x600: at least 1024x640\."):
        render_all([RenderRequest("main", "tiny-digits", "x.png", width=800, height=600)])


def test_a_picture_shows_the_very_last_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The curves of the window wait a moment before they draw what has come in; a picture does not wait for them."""
    monkeypatch.setattr(learning_curves, "REDRAW_MILLISECONDS", 3_600_000)
    drawn: list[list[float]] = []

    def note(picture: object, path: Path, scale: float) -> None:
        (window,) = (each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow))
        drawn.append(list(window.curves._curves["test"].getData()[0]))

    monkeypatch.setattr(render, "write_picture", note)
    render_all([RenderRequest("main", "tiny-digits", str(tmp_path / "a.png"), epochs=2)])
    assert drawn == [[0.0, 1.0, 2.0]]


@pytest.mark.parametrize("view", ["maps", "filters"])
def test_a_picture_of_maps_ends_where_they_end(tmp_path: Path, view: str) -> None:
    render_all([RenderRequest(view, "two-stage-digits", str(tmp_path / "a.png"))])
    image = QImage(str(tmp_path / "a.png"))
    assert image.width() == 1440
    ground = image.pixel(2, 2)
    rows = [y for y in range(image.height()) if any(image.pixel(x, y) != ground for x in range(0, 1440, 3))]
    gaps = [after - before for before, after in zip(rows, [*rows[1:], image.height()], strict=True)]
    assert max(gaps) <= 32


def test_a_picture_of_the_canvas_is_as_large_as_the_network(tmp_path: Path) -> None:
    sizes = {}
    for name, width, height in (("a.png", 0, 0), ("b.png", 640, 400), ("c.svg", 0, 0)):
        render_all([RenderRequest("canvas", "tiny-digits", str(tmp_path / name), width=width, height=height)])
        image = QImage(str(tmp_path / name))
        sizes[name] = (image.width(), image.height())
    assert sizes["b.png"] == (640, 400)
    assert sizes["a.png"][0] > 640
    assert abs(sizes["a.png"][0] - sizes["c.svg"][0]) <= 1


def test_a_picture_of_the_loss_surface_waits_until_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[float | None] = []

    def note(view: View, answered: set[Hashable]) -> None:
        assert view.progress() == 0
        wait(view, answered)
        done.append(view.progress())

    wait = render._wait_for_answers
    monkeypatch.setattr(render, "_wait_for_answers", note)
    render_all([RenderRequest("loss_surface", "one-one-one", str(tmp_path / "a.png"))])
    assert done == [1]
    assert "Loss surface" in capsys.readouterr().err


class Working(View):
    """Asks nothing, and gets on by a tenth at each look."""

    title = "Working"
    looks = 0

    def progress(self) -> float:
        """0, 0.1, ... 1."""
        self.looks += 1
        return min(1.0, (self.looks - 1) / 10)


@pytest.mark.parametrize(("longest", "looks"), [(60.0, 11), (0.0, 1)])
def test_work_that_can_be_told_is_waited_for_up_to_a_limit(
    longest: float, looks: int, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = Working(OpenProject(load_preset("tiny-digits")))
    qtbot.addWidget(view)
    monkeypatch.setattr(render, "LONGEST_WAIT", longest)
    render._wait_for_answers(view, set())
    assert looks <= view.looks <= looks + 1
