"""Every view shows, resizes and survives whatever it is given or not given."""

from __future__ import annotations

import pytest
from live_digits import live, with_nan
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

import convnet_studio.ui.views  # noqa: F401
from convnet_studio.engine.project.presets import new_project
from convnet_studio.engine.training import events as news
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import DARK, LIGHT, theme_switch
from convnet_studio.ui.view import View

SIZES = ((320, 240), (1200, 800), (600, 400))


@pytest.fixture(params=list(View.registry))
def view(request: pytest.FixtureRequest, qtbot: QtBot) -> View:
    made = View.registry[request.param](OpenProject(live().project))
    qtbot.addWidget(made)
    made.show()
    return made


def grab_in_all_sizes(view: View) -> None:
    for width, height in SIZES:
        view.resize(width, height)
        QApplication.processEvents()
        assert not view.grab().isNull()


def test_views_of_this_issue_are_there() -> None:
    assert {"maps", "filters", "learning_curves"} <= set(View.registry)


def test_tells_its_name_and_purpose(view: View) -> None:
    assert view.title
    assert view.summary.endswith(".")
    assert "\n" not in view.summary


def test_who_does_something_when_hidden_owns_what_that_takes(view: View) -> None:
    # at the end of the program objects without a parent go first, in any order; what is in sight is hidden after that,
    # and an exception in such a handler would end the process by a signal
    if type(view).hideEvent is not View.hideEvent:
        parts = {name: each for name, each in vars(view).items() if isinstance(each, QObject)}
        assert [name for name, each in parts.items() if not each.parent() and each is not view.open_project] == []


def test_shows_before_it_was_given_anything(view: View) -> None:
    assert isinstance(view.probes(), Probes)
    grab_in_all_sizes(view)


@pytest.mark.parametrize("kind", ["Input", "Conv2d", "Tanh", "Abs", "Flatten", "Linear", "LogSoftmax", "NLLLoss"])
def test_shows_every_sort_of_module(view: View, kind: str) -> None:
    view.set_dataset(live().dataset)
    view.set_summary(live().summary)
    view.open_project.select(frozenset({live().id_of(kind)}))
    view.show_snapshot(live().snapshot)
    grab_in_all_sizes(view)


def test_survives_an_empty_snapshot(view: View) -> None:
    view.set_summary(live().summary)
    view.open_project.select(frozenset({live().id_of("Conv2d")}))
    picture = live().snapshot.picture
    view.show_snapshot(Snapshot(2, 0, 0.0, picture, -1))
    grab_in_all_sizes(view)


def test_survives_numbers_that_are_not_finite(view: View) -> None:
    view.set_dataset(live().dataset)
    view.set_summary(live().summary)
    for kind in ("Conv2d", "Linear", "LogSoftmax", "NLLLoss"):
        view.open_project.select(frozenset({live().id_of(kind)}))
        view.show_snapshot(with_nan(live().snapshot))
        view.grab()


def test_survives_a_snapshot_of_another_network(view: View) -> None:
    view.set_summary(live().summary)
    view.open_project.select(frozenset({live().id_of("Conv2d")}))
    view.show_snapshot(live("tiny-digits").snapshot)
    view.set_dataset(live("tiny-digits").dataset)
    grab_in_all_sizes(view)


def test_survives_ids_that_are_gone(view: View) -> None:
    view.open_project.select(frozenset({"no such module"}))
    view.show_snapshot(live().snapshot)
    view.open_project.open(new_project())
    view.show_snapshot(live().snapshot)
    view.grab()


def test_follows_events_of_several_runs(view: View) -> None:
    for run_id in (1, 2):
        view.show_events(
            [
                news.RunStarted(run_id, 10, 2, 100, compiled=False),
                news.Stepped(run_id, 10, 1.0, 0.5, 0.1, 0.01, 160, 0.1, tuple(0.1 * step for step in range(10))),
                news.EpochDone(run_id, 1, 0.5, 0.1, 0.1),
                news.Tested(run_id, 10, 1.0, float("nan"), 0.2, 100, 0.1),
            ]
        )
    grab_in_all_sizes(view)


def test_follows_the_theme(view: View) -> None:
    view.set_summary(live().summary)
    view.open_project.select(frozenset({live().id_of("Conv2d")}))
    view.show_snapshot(live().snapshot)
    light = view.grab().toImage()
    theme_switch().use(DARK)
    try:
        QApplication.processEvents()
        assert view.grab().toImage() != light
    finally:
        theme_switch().use(LIGHT)


def test_everything_the_keyboard_reaches_has_a_name(view: View) -> None:
    view.set_summary(live().summary)
    view.open_project.select(frozenset({live().id_of("Conv2d")}))
    view.show_snapshot(live().snapshot)
    nameless = [
        each
        for each in [view, *view.findChildren(QWidget)]
        if each.isVisible()
        and each.focusPolicy() & Qt.FocusPolicy.TabFocus
        and each.focusProxy() is None
        and not each.accessibleName()
    ]
    assert not nameless
