"""Session: what training does now: which run, playing or resting, measuring; and what changes it, told as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import Program
from convnet_studio.engine.project.data_settings import preparation_of
from convnet_studio.engine.project.spec import DataSpec, NetworkSpec, Project
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.validate import Problem, graph_problems
from convnet_studio.engine.training.control import Control, Weights
from convnet_studio.engine.training.events import (
    Diverged,
    EpochDone,
    Event,
    NetworkChanged,
    Rewound,
    RunStarted,
    StateChanged,
    Stepped,
)
from convnet_studio.engine.training.faults import first_not_finite, largest_parameter
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.measuring import Measurement
from convnet_studio.engine.training.pace import UNLIMITED, Pace
from convnet_studio.engine.training.run import Run, Stretch
from convnet_studio.engine.training.runs_aside import RunsAside
from convnet_studio.engine.training.sentences import epochs_are_done, how_it_diverged, why_it_cannot_learn
from convnet_studio.engine.training.standing import Standing

ProgramMaker = Callable[[Network, int, bool], Program]
"""(network, batch size, whether the compiled set may be used) to a program."""

STRETCH_SECONDS = 0.02
"""Training between two events at most, so that scalars never flood."""
MEASURING_SECONDS = 0.01
PREVIEW_TEST_SAMPLES = 256
"""Test samples measured before the first step of a preview by the slow reference, so that Play is not kept waiting."""


class Session:
    """A run and what is being done with it. Every method is told as events; `work` does the next piece."""

    def __init__(
        self, control: Control, make_program: ProgramMaker, load: Callable[[str], Dataset], compiled: bool
    ) -> None:
        self.run: Run | None = None
        self.pace = Pace()
        self._control = control
        self._make_program = make_program
        self._load = load
        self._compiled = compiled
        self._material: tuple[tuple[DataSpec, int], Material] | None = None
        self._numbers = count(1)
        """Of runs."""
        self._aside = RunsAside()
        self._opened_with: Weights = {}
        """The weights that came with the project, until its run begins anew without them."""
        self._opened_at: Standing | None = None
        self._is_out_of_step = False
        """A project was to be opened and no run of it could be made: the present run is another's."""
        self._problems: tuple[Problem, ...] = ()
        self._is_playing = False
        self._last_pass: int | None = None  # rest before this one, for a step of an epoch
        self._last_step: int | None = None  # rest after this one
        self._single_step = 0  # samples of the one step that is due
        self._measurement: Measurement | None = None

    @property
    def run_id(self) -> int:
        """Of the present run; -1 before the first."""
        return self.run.run_id if self.run else -1

    @property
    def is_playing(self) -> bool:
        """Whether it trains on its own."""
        return self._is_playing

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Those of the project that is open, and modules that could not be fitted."""
        return self._problems

    @property
    def owes_a_step(self) -> bool:
        """Whether a single step was wished for and not yet made; the next wish waits for it."""
        return self._single_step > 0

    @property
    def is_busy(self) -> bool:
        """Whether `work` has something to do now."""
        is_training = self._is_playing and not self.pace.seconds_to_wait()
        return self._measurement is not None or self._single_step > 0 or is_training

    def close(self) -> None:
        """Let go of the run."""
        if self.run is not None:
            self.run.close()

    # Which run

    def another(self) -> Session:
        """A session with nothing in it, of the same engine and pace, whose runs have other numbers."""
        made = Session(self._control, self._make_program, self._load, self._compiled)
        made.pace, made._numbers = self.pace, self._numbers
        return made

    def come_back(self, compiled: bool) -> Iterator[Event]:
        """Tell of the run again, after another session had the floor: it goes on as it was left.

        `compiled`: whether the compiled engine is there by now.
        """
        if compiled and not self._compiled:
            yield from self.use_compiled()
        elif self.run is not None:
            yield self._run_started(self.run)
            yield self._network_changed(self.run)
            yield StateChanged(self.run_id, self._is_playing)
            self._begin_measuring(self.run, self._most_measured)

    @property
    def compiled(self) -> bool:
        """Whether runs are made with the compiled engine."""
        return self._compiled

    def open(
        self, project: Project, weights: Weights | None = None, standing: Standing | None = None
    ) -> Iterator[Event]:
        """Begin a run of `project`, or go on with one from a file, at rest."""
        self._aside.clear()
        self._opened_with, self._opened_at = weights or {}, standing
        self._is_out_of_step = True
        yield from self._start(project, weights, standing)

    def weights(self) -> Weights:
        """All weights of the open project; where no run of it could be made, those that came with it."""
        if self._is_out_of_step or self.run is None:
            return self._opened_with
        return self.run.weights()

    def standing(self) -> Standing | None:
        """Where the run of the open project stands; where none could be made, where that stood that came with it."""
        if self._is_out_of_step or self.run is None:
            return self._opened_at
        return self.run.course.standing()

    def _start(
        self, project: Project, weights: Weights | None = None, standing: Standing | None = None
    ) -> Iterator[Event]:
        yield from self.rest()
        yield from self._begin(self._new_run(project, weights, standing=standing))

    def reset(self) -> Iterator[Event]:
        """Begin a run from the project's seed, at rest. One of another seed is set aside, to come back by undo."""
        if self.run is not None:
            if self.run.seed != self.run.project.training.seed:
                self._aside.put(self.run)
            self._opened_with, self._opened_at = {}, None
            yield from self._start(self.run.project)

    def use_compiled(self) -> Iterator[Event]:
        """Begin the run again with the compiled engine, going on playing, to where it was to rest."""
        self._compiled = True
        self._aside.clear()
        if self.run is not None:
            last_pass, last_step = self._last_pass, self._last_step
            yield from self._begin(self._new_run(self.run.project, self._opened_with, standing=self._opened_at))
            self._last_pass, self._last_step = last_pass, last_step

    def rewind(self) -> Iterator[Event]:
        """Return to the last good checkpoint, at rest."""
        if self.run is None:
            return
        checkpoint = self.run.checkpoints.last_before(self.run.course.step)
        if checkpoint is None:
            yield from self.rest("There is no checkpoint to go back to: reset instead.")
            return
        yield from self.rest()
        self.run.return_to(checkpoint)
        yield Rewound(self.run_id, checkpoint.step, self.run.course.passes)
        self._begin_measuring(self.run, self._most_measured)

    def follow(self, project: Project, returns: bool = False) -> Iterator[Event]:
        """Take up the newest value of the project, keeping every weight that still has a place.

        Where the project `returns` to an earlier value by undo or redo, so does a run that the edit had ended.
        """
        run = self.run
        if run is None:
            yield from self.open(project)
            return
        if returns and (earlier := self._aside.take(project, run)):
            yield from self.rest()
            self._aside.put(run)
            earlier.take_up(project, self._material_for(project, earlier.seed))
            yield from self._begin(earlier)
            return
        changes_data = _pictures(project.data) != _pictures(run.project.data)
        changes_structure = project.network.structure != run.project.network.structure
        if run.has_diverged and (changes_data or changes_structure):
            yield from self.rewind()
        if changes_data:
            self._aside.put(run)
            yield from self._begin(self._new_run(project, before=run))
            return
        if project.data != run.project.data:
            run.follow_material(self._material_for(project, run.seed))
        if project.training != run.project.training:
            run.follow_training(project.training)
        if changes_structure:
            run.follow_structure(project)
        elif _learning(project.network) != _learning(run.project.network):
            run.follow_learning(project)
        run.project = project
        self._problems = _problems_of(run)
        if changes_structure:
            yield self._network_changed(run)
            self._begin_measuring(run, self._most_measured)  # what was measured was another network
        if self._is_playing and (why := self._why_not()):
            yield from self.rest(why)

    def _new_run(
        self,
        project: Project,
        weights: Weights | None = None,
        before: Run | None = None,
        standing: Standing | None = None,
    ) -> Run:
        compiled = self._compiled

        def make_program(network: Network, batch_size: int) -> Program:
            return self._make_program(network, batch_size, compiled)

        return Run(
            next(self._numbers),
            project,
            self._material_for(project, standing.seed if standing else project.training.seed),
            make_program,
            weights,
            before,
            standing,
        )

    def _material_for(self, project: Project, seed: int) -> Material:
        key = project.data, seed
        if self._material is None or self._material[0] != key:
            raw = self._load(project.data.dataset)
            self._material = key, Material(raw, preparation_of(project.data), seed)
        return self._material[1]

    def _begin(self, run: Run) -> Iterator[Event]:
        self.close()
        self.run = run
        self._is_out_of_step = False
        self._single_step = 0
        self._last_pass = self._last_step = None
        yield self._run_started(run)
        self._problems = _problems_of(run)
        yield self._network_changed(run)
        why = self._why_not()
        was_playing = self._is_playing
        self._is_playing = was_playing and not why
        yield StateChanged(run.run_id, self._is_playing, why if was_playing else "")
        self._begin_measuring(run, self._most_measured)

    def _run_started(self, run: Run) -> RunStarted:
        return RunStarted(
            run_id=run.run_id,
            steps_per_epoch=run.course.steps_per_epoch,
            planned_epochs=run.project.training.epochs,
            parameters=run.network.parameters.size,
            compiled=self._compiled,
        )

    def _network_changed(self, run: Run) -> NetworkChanged:
        carried = run.carried
        return NetworkChanged(run.run_id, carried.kept, carried.restored, carried.initialized, self._problems)

    # Playing and resting

    def play(self, to_end_of_pass: bool = False, steps: int | None = None, number: int = 0) -> Iterator[Event]:
        """Train until the plan is done, or the present pass, or so many steps; `number`: of a wish to be answered."""
        if why := self._why_not():
            yield from self.rest(why, number=number)
            return
        course = self._the_run.course
        if course.plan_is_done:
            course.renew_plan()
        self._last_pass = course.epoch if to_end_of_pass else None
        self._last_step = course.step + steps if steps is not None else None
        if number or not self._is_playing:
            self._is_playing = True
            yield StateChanged(self.run_id, True, number=number)

    def rest(self, why: str = "", is_done: bool = False, number: int = 0) -> Iterator[Event]:
        """Stop playing; told if it was, or if there is a reason to tell."""
        self._single_step = 0
        if self._is_playing or why:
            self._is_playing = False
            yield StateChanged(self.run_id, False, why, is_done, number)

    def step_once(self, samples: int | None) -> Iterator[Event]:
        """Make one update on the next `samples` samples, or a whole mini-batch, and rest."""
        why = self._why_not()
        yield from self.rest(why)
        if not why:
            run = self._the_run
            if run.course.plan_is_done:
                run.course.renew_plan()
            self._single_step = samples or run.project.training.batch_size

    def _why_not(self) -> str:
        """Why no step can be made; empty where one can."""
        if self.run is None:
            return "There is nothing to train: open a project whose data set can be read."
        if self.run.has_diverged:
            return "Training has diverged: go back to the last checkpoint, or reset."
        return why_it_cannot_learn(self.run, self._problems)

    # Work

    def work(self) -> Iterator[Event]:
        """Do the next piece of work: a part of a measurement, a step, a stretch of steps; or sleep until called."""
        if self._measurement is not None:
            tested = self._measurement.go_on(MEASURING_SECONDS, self._control.is_calling)
            if tested is not None:
                self._measurement = None
                yield tested
        elif self._single_step:
            size, self._single_step = self._single_step, 0
            yield from self._train(size, most_steps=1)
        elif self._is_playing:
            yield from self._play_on()
        else:
            self._control.wait()

    def drop_work(self) -> None:
        """Forget what was begun, after an error in it."""
        self._measurement = None
        self._single_step = 0

    def _play_on(self) -> Iterator[Event]:
        run = self._the_run
        if run.course.plan_is_done:
            yield from self.rest(epochs_are_done(run.project.training.epochs, run.course.epoch), is_done=True)
        elif (self._last_pass is not None and run.course.epoch > self._last_pass) or self._steps_left == 0:
            yield from self.rest()
        elif seconds := self.pace.seconds_to_wait():
            self._control.wait(seconds)
        else:
            most = min(self.pace.steps_allowed(), self._steps_left)
            yield from self._train(run.project.training.batch_size, most)

    @property
    def _steps_left(self) -> int:
        """Up to where training is to rest; many, where nobody has said."""
        return UNLIMITED if self._last_step is None else max(0, self._last_step - self._the_run.course.step)

    def _train(self, size: int, most_steps: int) -> Iterator[Event]:
        run = self._the_run
        stretch = run.train(size, most_steps, STRETCH_SECONDS, self._control.is_calling)
        self.pace.note(len(stretch.losses))
        yield Stepped(
            run_id=run.run_id,
            step=run.course.step,
            epoch=run.course.passes,
            loss=stretch.loss_sum / stretch.samples,
            error=run.error_of(stretch.errors, stretch.samples),
            rate=stretch.rate,
            samples=stretch.samples,
            seconds=stretch.seconds,
            losses=stretch.losses,
        )
        if run.has_diverged:
            yield from self._tell_divergence(run, stretch)
        elif run.course.pass_is_done:
            yield from self._finish_pass(run)
        elif run.checkpoints.is_due:
            run.take_checkpoint()

    def _finish_pass(self, run: Run) -> Iterator[Event]:
        course = run.course
        done = EpochDone(
            run_id=run.run_id,
            epoch=course.epoch + 1,
            loss=course.loss_sum / course.samples,
            error=run.error_of(course.errors, course.samples),
            seconds=course.seconds,
        )
        course.finish_pass()
        self._begin_measuring(run)
        yield done

    def _begin_measuring(self, run: Run, most: int | None = None) -> None:
        can_measure = run.program is not None and run.network.losses and run.material.test_count
        self._measurement = Measurement(run, most) if can_measure else None

    @property
    def _most_measured(self) -> int | None:
        return None if self._compiled else PREVIEW_TEST_SAMPLES

    def _tell_divergence(self, run: Run, stretch: Stretch) -> Iterator[Event]:
        assert run.program is not None
        checkpoint = run.checkpoints.last_before(run.course.step)
        fault = first_not_finite(run.network, run.program, run.last_pictures(), stretch.losses[-1])
        yield Diverged(
            run_id=run.run_id,
            step=run.course.step,
            where=fault.module_id if fault else largest_parameter(run.network),
            array=fault.array if fault else "",
            why=how_it_diverged(stretch.losses[-1], run.loss_watch, fault),
            rate=stretch.rate,
            checkpoint_step=checkpoint.step if checkpoint else -1,
        )
        yield from self.rest()

    @property
    def _the_run(self) -> Run:
        assert self.run is not None
        return self.run


def _problems_of(run: Run) -> tuple[Problem, ...]:
    """Those of the drawing, and the modules that could not be fitted."""
    unfitted = [
        Problem(origin(where), f"It hands on what it gets, for it could not be fitted: {why.removesuffix('.')}")
        for where, why in run.unfitted.items()
    ]
    return (*graph_problems(run.project, run.network.graph), *unfitted)


def _pictures(data: DataSpec) -> object:
    """What tests and views see of the data: not what is done to training pictures by chance."""
    return data.dataset, data.normalization


def _learning(network: NetworkSpec) -> object:
    """How fast each module learns, if at all: what an edit changes from the next step on."""
    return [(each.id, each.learning.rate, each.learning.frozen) for each in network.modules]
