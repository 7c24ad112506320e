"""What tests of analyses share: a run that was never trained, on the numpy reference, and a moment of it."""

from __future__ import annotations

from collections.abc import Iterable

import convnet_studio.engine.data.datasets  # noqa: F401
from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.program import ReferenceProgram
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.training.inquiry import Inquiry, Moment
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.run import Run


def moment_of(project: Project | str) -> Moment:
    """The first moment of a project's run (or of a preset's), and its first test picture."""
    made = load_preset(project) if isinstance(project, str) else project
    material = Material(load_dataset(made.data.dataset), None, made.training.seed)
    run = Run(1, made, material, ReferenceProgram)
    shown = material.first_test_sample
    return Moment(run, shown.picture, shown.label)


def answer_of(inquiry: Inquiry, moment: Moment) -> object:
    """The last thing that an inquiry says."""
    said: Iterable[object] = inquiry.work(moment)
    return [each for each in said if each is not None][-1]
