"""Answers that come late: what was asked before is not shown for what is asked now, neither its value nor its problem;
maps are shown with the picture that they are of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from live_digits import live
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from convnet_studio.engine.program import ReferenceProgram
from convnet_studio.engine.training.inquiry import Answer, Inquiry, Moment
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.run import Run
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.view import View
from convnet_studio.ui.views.attribution import AttributionView

PROBLEM = "The module that was asked before is broken."


@dataclass(frozen=True)
class Other(Inquiry):
    """What nobody asks any more."""

    def work(self, moment: Moment) -> Iterator[object]:
        """Nothing."""
        yield None


def shown(kind: type[View], qtbot: QtBot) -> View:
    view = kind(OpenProject(live().project))
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    view.set_dataset(live().dataset)
    view.set_summary(live().summary)
    view.open_project.select(frozenset({live().id_of("Conv2d")}))
    view.show_snapshot(live().snapshot)
    QApplication.processEvents()
    return view


@pytest.mark.parametrize("name", sorted(View.registry))
def test_the_problem_of_another_question_is_not_shown(name: str, qtbot: QtBot) -> None:
    view = shown(View.registry[name], qtbot)
    for key in view.inquiries():
        view.show_answer(key, Answer(1, 0, Other(), None, is_final=True, problem=PROBLEM))
    assert not [each for each in view.findChildren(QLabel) if PROBLEM in each.text()]


def test_attributions_stand_beside_the_picture_that_they_are_of(qtbot: QtBot) -> None:
    view = shown(AttributionView, qtbot)
    assert isinstance(view, AttributionView)
    run = Run(1, live().project, Material(live().dataset), ReferenceProgram)
    inquiry = view.inquiries()["attribution"]
    *_, found = inquiry.work(Moment(run, live().snapshot.picture, 0))
    view.show_answer("attribution", Answer(1, 0, inquiry, found, is_final=True))
    view.show_snapshot(replace(live().snapshot, picture=live().snapshot.picture[:, ::-1].copy()))
    np.testing.assert_array_equal(view.picture._values, live().snapshot.picture)
