"""Sentences: what training says to a person when it rests by itself."""

from __future__ import annotations

from collections.abc import Sequence

from convnet_studio.engine.program import ModuleFailure
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.validate import Problem
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.faults import Fault
from convnet_studio.engine.training.loss_watch import LossWatch
from convnet_studio.engine.training.run import Run


def why_it_cannot_learn(run: Run, problems: Sequence[Problem]) -> str:
    """What stands in the way of a step, in one sentence; empty where nothing does."""
    if run.can_learn:
        return ""
    if problems:
        first = problems[0]
        fix = f" ({first.fix})" if first.fix else ""
        return f"This network can't train yet. {name_of(run.project, first.where)}{first.what}{fix}."
    if not run.network.losses:
        return "This network can't train yet: connect a loss to its end."
    if run.is_frozen:
        return "Every module of this network is frozen: let one learn."
    return "This network has nothing to learn: add a module with weights, such as Linear."


def epochs_are_done(epochs: int, total: int) -> str:
    """The plan of so many epochs is over, after `total` epochs of the run."""
    if total > epochs:
        return f"{epochs} more epoch{'s are' if epochs > 1 else ' is'} done, {total} in all."
    return "The planned epoch is done." if epochs == 1 else f"All {epochs} epochs are done."


def how_it_diverged(loss: float, watch: LossWatch, fault: Fault | None) -> str:
    """What went out of bounds, after a step with this loss: the array of the module that the event names."""
    if fault is not None:
        return f"The {fault.array} is no longer finite."
    return f"The loss has exploded: it began at {watch.first:.3g} and is {loss:.3g} now."


def sentence_of(error: BaseException) -> str:
    """An error as one sentence; those that the program words itself as they are, others after the error's name."""
    if isinstance(error, ModuleFailure) and error.__cause__ is not None:
        error = error.__cause__
    message = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    if isinstance(error, ValueError | OSError | KeyError) and message.endswith("."):
        return message
    return f"{type(error).__name__}: {message}." if message else f"{type(error).__name__}."


def name_of(project: Project, module_id: str) -> str:
    """``"Conv2d: "`` as the start of a sentence about a module; empty for the project as a whole."""
    return f"{title(project.network.module(module_id))}: " if module_id in project.network else ""
