"""Headless: finding projects and training them without a window, for the command line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.program import CompileProgress, compile_set, compiled_set_ready
from convnet_studio.engine.project.edits import set_dataset
from convnet_studio.engine.project.file import save_project
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.training_settings import TRAINING_SETTINGS
from convnet_studio.engine.project.weights import Weights, fitting_weights
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.control import Control, Fetch, Play, Stop
from convnet_studio.engine.training.events import (
    Diverged,
    EpochDone,
    Event,
    Failed,
    RunStarted,
    StateChanged,
    Stepped,
    Tested,
)
from convnet_studio.engine.training.trainer import Trainer
from convnet_studio.progress import ProgressLine


class TrainingError(Exception):
    """Training did not come to its end: one sentence why."""


@dataclass(frozen=True)
class Result:
    """What a training run came to.

    Attributes:
        test_error: fraction of wrong answers on the test set after the last epoch (nan where no loss judges classes).
        test_loss: mean.
        test_top5_error: fraction whose label is not among the five best answers; None with up to five classes.
        test_class_errors: fraction of wrong answers of each class (None without samples); `test_confusion`: counts,
            rows the labels, columns the answers.
        train_loss: mean over the last epoch. `samples_per_s`: in training only.
        seconds: of training and testing, without start-up and compilation. `seed`: of the run.
    """

    test_error: float
    train_loss: float
    samples_per_s: float
    seconds: float
    seed: int
    test_loss: float
    test_top5_error: float | None
    test_class_errors: list[float | None]
    test_confusion: list[list[int]]

    def to_json(self) -> str:
        """One JSON object on one line; floats with all their digits, so that equal runs print equal losses."""
        known = {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in vars(self).items()
        }
        return json.dumps(known, allow_nan=False)


def changed_project(
    project: Project, dataset: str | None = None, epochs: int | None = None, seed: int | None = None
) -> Project:
    """`project` with what the command line sets; None leaves a setting as it is.

    Raises:
        KeyError, ValueError: one sentence, if there is no such data set or a number is out of bounds.
    """
    changes: dict[str, Any] = {
        name: TRAINING_SETTINGS[name].check(value)
        for name, value in (("epochs", epochs), ("seed", seed))
        if value is not None
    }
    if dataset is not None:
        project = set_dataset(project, dataset)
    return replace(project, training=replace(project.training, **changes))


def wait_for_compiled_set() -> None:
    """Return when the compiled engine is ready, showing progress where that takes its time."""
    if compiled_set_ready():
        return
    with ProgressLine("Compiling the engine, once for this computer") as line:

        def show(progress: CompileProgress) -> None:
            line.show(progress.done / max(progress.total, 1), progress.name)

        compile_set(show)


class HeadlessTraining:
    """One training run from the first to the last planned epoch, with a progress line.

    Args:
        project: what to train. `weights`: to begin with; those that do not fit are left out (see `warnings`).
        threads: of the compiled engine.
    """

    def __init__(self, project: Project, weights: Weights | None = None, threads: int = 1) -> None:
        self._project = project
        dataset = load_dataset(project.data.dataset)
        kept, self.warnings = fitting_weights(project, weights or {}, dataset.input_shape, dataset.classes)
        self._initial_weights = kept or None
        self._epochs = project.training.epochs
        self._samples_planned = len(dataset.train) * self._epochs
        self._trainer = Trainer(threads)
        self._weights: Weights = {}

    def run(self) -> Result:
        """Train all planned epochs and measure the test set after each.

        Raises:
            TrainingError: one sentence, if the network can't train, diverges, or a module fails.
        """
        samples, training_seconds, train_loss = 0, 0.0, float("nan")
        tested: Tested | None = None
        started = perf_counter()
        with ProgressLine(f"Training {self._project.name}") as line:
            for event in self._events():
                if isinstance(event, RunStarted):
                    started = perf_counter()
                elif isinstance(event, Stepped):
                    samples += event.samples
                    training_seconds += event.seconds
                    rate = samples / max(training_seconds, 1e-9)
                    line.show(samples / self._samples_planned, f"{rate:,.0f} samples/s  loss {event.loss:.4f}")
                elif isinstance(event, EpochDone):
                    train_loss = event.loss
                elif isinstance(event, Tested):
                    tested = event
                self._check(event)
        seconds = perf_counter() - started
        rate = samples / max(training_seconds, 1e-9)
        return _result(tested, train_loss, rate, seconds, self._project.training.seed)

    def save(self, path: Path) -> None:
        """Write the project with its trained weights.

        Raises:
            ProjectFileError: one sentence, if it can't be written.
        """
        save_project(path, self._project, self._weights)

    def _events(self) -> Iterator[Event]:
        """All events of the run, which ends at the first rest after `Play`."""
        control = Control()
        control.put(Play())
        has_played = False
        for event in self._trainer.run(self._project, control, self._initial_weights):
            yield event
            if isinstance(event, StateChanged):
                has_played |= event.playing
                if has_played and not event.playing:
                    control.put(Fetch(self._keep))
                    control.put(Stop())

    def _keep(self, weights: Weights) -> None:
        self._weights = weights

    def _check(self, event: Event) -> None:
        """Raise TrainingError where `event` tells that training is over before its time."""
        if isinstance(event, Failed):
            raise TrainingError(f"{self._place(event.where)}{event.why}")
        if isinstance(event, StateChanged) and event.why and not event.is_done:
            raise TrainingError(event.why)
        if isinstance(event, Diverged):
            place = self._place(event.where, event.array)
            raise TrainingError(
                f"Training diverged at step {event.step}. {place}{event.why} Try a lower learning rate."
            )

    def _place(self, module_id: str, array: str = "") -> str:
        if module_id not in self._project.network:
            return ""
        of = f", {array}" if array else ""
        return f"{title(self._project.network.module(module_id))} ({module_id}){of}: "


def _result(tested: Tested | None, train_loss: float, samples_per_s: float, seconds: float, seed: int) -> Result:
    """The result of a run whose test set was measured last as `tested` tells (None: there is no test set)."""
    nan = float("nan")
    if tested is None:
        return Result(nan, train_loss, samples_per_s, seconds, seed, nan, None, [], [])
    return Result(
        test_error=tested.error,
        train_loss=train_loss,
        samples_per_s=samples_per_s,
        seconds=seconds,
        seed=seed,
        test_loss=tested.loss,
        test_top5_error=tested.top5_error if len(tested.confusion) > 5 else None,
        test_class_errors=[None if each != each else each for each in tested.class_errors.tolist()],
        test_confusion=tested.confusion.tolist(),
    )
