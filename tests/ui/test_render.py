"""Pictures by the command line: of whole epochs, without a trace of anybody at work."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from convnet_studio.engine.training import events as news
from convnet_studio.engine.training.events import Event, Stepped
from convnet_studio.ui import render
from convnet_studio.ui.render import RenderRequest, render_all
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
