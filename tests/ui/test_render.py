"""Pictures by the command line: of whole epochs, without a trace of anybody at work."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from convnet_studio.engine.training import events as news
from convnet_studio.engine.training.events import Event, Stepped
from convnet_studio.ui import render
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.render import RenderRequest, render_all
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
