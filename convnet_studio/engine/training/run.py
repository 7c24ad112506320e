"""Run: what is being trained now, from its initial weights on: network, program, optimizer and place in the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from convnet_studio.engine.nn.fitting import fit_modules, fitted_to
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.step_plan import Regularization, StepPlan, plan_for
from convnet_studio.engine.program import Program, StepResult
from convnet_studio.engine.project.build import build_network, build_optimizer
from convnet_studio.engine.project.spec import Project, TrainingSpec
from convnet_studio.engine.project.weights import Weights
from convnet_studio.engine.training.attic import Attic, CarriedOver, carry_over, weights_of
from convnet_studio.engine.training.checkpoints import Checkpoint, Checkpoints
from convnet_studio.engine.training.course import Course
from convnet_studio.engine.training.loss_watch import LossWatch
from convnet_studio.engine.training.material import Material, draw_partners
from convnet_studio.engine.training.standing import Standing

BURST_SECONDS = 0.004
"""How long a call of the program should take: long for the interpreter lock, short for whoever waits for an answer."""

ProgramFactory = Callable[[Network, int], Program]
"""(network, batch size) to a program."""


@dataclass(frozen=True)
class Stretch:
    """Steps made in one go, with the sums over their samples; `seconds` were spent on them."""

    samples: int
    loss_sum: float
    errors: int
    seconds: float
    rate: float
    losses: tuple[float, ...]


class Run:
    """Weights in training.

    Args:
        run_id: carried by all events and snapshots.
        project: what to build and how to train it.
        material: the data set that `project` names.
        make_program: makes what computes.
        weights: taken where id and shapes fit; all others are drawn from the project's seed.
        before: the run whose weights go on in this one, on other data.
        standing: where the run that `weights` come from stood.
    """

    def __init__(
        self,
        run_id: int,
        project: Project,
        material: Material,
        make_program: ProgramFactory,
        weights: Weights | None = None,
        before: Run | None = None,
        standing: Standing | None = None,
    ) -> None:
        self.run_id = run_id
        self.project = project
        self.material = material
        self.seed = standing.seed if standing else project.training.seed
        self.course = Course(material.train_count, project.training)
        if standing:
            self.course.take_up(standing)
        self._rule_is_known = True
        self.optimizer = self._adapted_optimizer(project.training)
        self.checkpoints = Checkpoints()
        self.loss_watch = LossWatch()
        self.has_diverged = False
        self.attic: Attic = before.attic if before else Attic()
        self._last_indices: Array = np.zeros(0, np.int64)
        self._burst_steps = 1
        self._partners_of = -1  # the pass whose partners the program has
        self._partners: Array = np.zeros(0, np.int64)
        self._make_program = make_program
        self.unfitted: dict[str, str] = {}
        """Why a module could not be fitted to the training pictures, in a sentence, by its id."""
        self.network = self._build(project)
        for module_id, arrays in (weights or {}).items():
            origin = fitted_to(self.network, module_id) if module_id in self.network.nodes else ""
            self.attic.put_arrays(module_id, _in_order(self.network, module_id, arrays), origin)
        self.program = self._program_for(self.network, project.training.batch_size)
        self.carried = self._fill(before.network if before else None, before.optimizer.state if before else {})

    def close(self) -> None:
        """Let go of the program; the run can't go on."""
        if self.program is not None:
            self.program.close()
            self.program = None

    def lay_aside(self) -> None:
        """Close, and let go of what is large or can be had again: checkpoints and data."""
        self.close()
        self.checkpoints = Checkpoints()
        del self.material

    def take_up(self, project: Project, material: Material) -> None:
        """Go on as it was laid aside, with the project as it is now."""
        self.material = material
        self.program = self._program_for(self.network, self.project.training.batch_size)
        if project.training != self.project.training:
            self.follow_training(project.training)
        self.follow_structure(project)

    @property
    def can_learn(self) -> bool:
        """Whether a step is possible: some loss is reached, there is something to change and a rule to change it by."""
        can_compute = self.program is not None and self.network.losses and self._plan.runs
        return bool(can_compute) and self._rule_is_known

    @property
    def is_frozen(self) -> bool:
        """Whether there is something to learn, but nothing that may change."""
        learned = [each for each in self.network.slices if not self.network.is_fitted(each)]
        return bool(learned) and not self._plan.runs

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Within the block the parameters are those that the optimizer answers with, such as a mean over the past."""
        parameters = self.network.parameters
        answer = self.optimizer.answer(parameters)
        if answer is parameters:
            yield
            return
        kept = parameters.copy()
        parameters[...] = answer
        try:
            yield
        finally:
            parameters[...] = kept

    def error_of(self, errors: int, samples: int) -> float:
        """The part of so many samples that is wrong; not a number where no loss judges classes."""
        return errors / samples if self.network.judge is not None else float("nan")

    def twin(self, dtype: type = np.float32, parameters: Array | None = None) -> Network:
        """A network like this run's with a copy of `parameters`, for whoever wants to change some of it or take time.

        Where None, of those that training has now (what it answers with may be others: `Moment.twin`).
        """
        dataset = self.material.dataset
        twin = build_network(self.project, dataset.input_shape, dataset.classes, dtype)
        twin.parameters[...] = self.network.parameters if parameters is None else parameters
        return twin

    def twin_program(self, indices: Array) -> Program:
        """What computes a `twin` as fast as training does, over copies of the samples `indices`, counted from 0.

        Whoever asks for it closes it. Raises ValueError where the network has no loss yet.
        """
        network = self.twin()
        if not network.losses:
            raise ValueError("The network has no loss yet: connect its modules up to one.")
        labels = self.material.labels[indices]
        program = self.program_of(network, min(len(indices), self.project.training.batch_size))
        program.set_data(self.material.pictures[indices], labels)
        if network.compares_pairs:
            program.set_partners(draw_partners(labels, np.random.default_rng(self.seed)))
        return program

    def program_of(self, network: Network, batch_size: int) -> Program:
        """What computes another network as this run's is computed. Whoever asks for it closes it."""
        return self._make_program(network, batch_size)

    def weights(self) -> dict[str, dict[str, Array]]:
        """Copies of all parameters by module id and name; of modules that are not whole, those they had last."""
        waiting = self.attic.newest()
        return {
            **{each.id: waiting[each.id] for each in self.project.network.modules if each.id in waiting},
            **weights_of(self.network),
        }

    def train(self, size: int, most_steps: int, seconds: float, is_called: Callable[[], bool]) -> Stretch:
        """Make steps of `size` samples: at least one, at most `most_steps`, none beyond the present pass.

        Ends early after `seconds`, as soon as `is_called` (looked at between two bursts), or when a step diverges
        (`has_diverged`). Steps are made in bursts of one call each: between bursts another thread can have the GIL, and
        whatever it does then, training waits for.
        """
        losses: list[float] = []
        samples, loss_sum, errors = 0, 0.0, 0
        started = now = perf_counter()
        with np.errstate(all="ignore"):  # what leaves the finite range is looked for and told
            while True:
                for result in self._burst(size, most_steps - len(losses)):
                    losses.append(result.loss)
                    samples += result.count
                    loss_sum += result.loss * result.count
                    errors += result.errors
                now = perf_counter()
                if self.has_diverged or now - started >= seconds:
                    break
                if len(losses) >= most_steps or self.course.pass_is_done or is_called():
                    break
        self.course.tally(loss_sum, errors, now - started)
        self.checkpoints.note(loss_sum, samples)
        return Stretch(samples, loss_sum, errors, now - started, self.optimizer.rate, tuple(losses))

    def _burst(self, size: int, most_steps: int) -> list[StepResult]:
        """Make a few steps in one call of the program, up to the one that diverges."""
        assert self.program is not None
        course = self.course
        self._feed_partners(self.network, self.program)
        steps = min(self._burst_steps, most_steps, course.steps_left(size))
        indices = course.next(size * steps)
        seen = np.union1d(indices, self._partners[indices]) if self.network.compares_pairs else indices
        self.material.renew(seen, course.epoch)
        self.optimizer.plan = self._plan if course.penalties_are_on else self._unpenalized
        started = perf_counter()
        results = self.program.steps(indices, size, course.rates(size, steps), self.optimizer)
        fitting = int(steps * BURST_SECONDS / max(perf_counter() - started, 1e-9))
        self._burst_steps = max(1, min(fitting, 2 * self._burst_steps))
        for number, result in enumerate(results, 1):
            self._last_indices = indices[(number - 1) * size : number * size]
            course.advance(result.count)
            if not self.loss_watch.accepts(result.loss, result.count) or not result.finite:
                self.has_diverged = True
                return results[:number]
        return results

    def last_pictures(self) -> Array:
        """The samples of the last step."""
        return self.material.pictures[self._last_indices]

    def take_checkpoint(self) -> None:
        """Remember this moment, if it is a good one."""
        if not self.has_diverged:
            self.checkpoints.take(self.network.parameters, self.optimizer.state, self.course)

    def return_to(self, checkpoint: Checkpoint) -> None:
        """Take up parameters, optimizer state and place in the data of a checkpoint of this run."""
        self.network.parameters[...] = checkpoint.parameters
        self.optimizer.state = {name: vector.copy() for name, vector in checkpoint.state.items()}
        self.course.return_to(checkpoint.place)
        self.network.clock.step = self.course.step
        self.checkpoints.forget_after(checkpoint.step)
        self.loss_watch.forget_recent()
        self.has_diverged = False

    def follow_training(self, training: TrainingSpec) -> None:
        """Take up changed training settings from the next step on; weights and optimizer state stay."""
        self.take_checkpoint()
        self.optimizer = self._adapted_optimizer(training, self.optimizer)
        self._make_plan(training)
        if training.batch_size != self.project.training.batch_size:
            program = self._program_for(self.network, training.batch_size)
            self.close()
            self.program = program
        self.course.follow(training)
        self.project = replace(self.project, training=training)

    def follow_material(self, material: Material) -> None:
        """Learn from the next step on from the same pictures changed by chance in another way."""
        self.material = material
        if self.program is not None:
            self.program.set_data(material.pictures, material.labels)

    def follow_learning(self, project: Project) -> None:
        """Take up rates and freezing of single modules from the next step on; first weights wait for the next run."""
        self.take_checkpoint()
        self.network.learning = {each.id: each.learning for each in project.network.modules}
        self._make_plan(project.training)
        program = self._program_for(self.network, project.training.batch_size)  # frozen modules need no gradient
        self.close()
        self.program = program

    def _make_plan(self, training: TrainingSpec) -> None:
        limits = Regularization(training.l1, training.l2, training.max_norm, training.clip_norm)
        self._plan: StepPlan = plan_for(self.network, self.network.learning, limits)
        self._unpenalized = self._plan.without_penalties()

    def follow_structure(self, project: Project) -> None:
        """Rebuild the network, carrying over the weights of every module whose shapes did not change (`carried`)."""
        network = self._build(project)
        program = self._program_for(network, project.training.batch_size)
        self.close()
        before, self.network, self.program = self.network, network, program
        self.project = project
        self.checkpoints = Checkpoints()
        self.loss_watch = LossWatch()
        self.carried = self._fill(before, self.optimizer.state)

    def _fill(self, before: Network | None, state: Mapping[str, Array]) -> CarriedOver:
        copies = {each.id: each.copy_of for each in self.project.network.modules if each.copy_of}
        carried, new_state = carry_over(before, state, self.network, self.attic, self.seed, copies)
        self.optimizer.state.clear()
        self.optimizer.state.update(new_state)
        self.unfitted = fit_modules(self.network, self.material.training_pictures)
        self._make_plan(self.project.training)
        self.take_checkpoint()
        return carried

    def _build(self, project: Project) -> Network:
        dataset = self.material.dataset
        network = build_network(project, dataset.input_shape, dataset.classes)
        network.clock.seed, network.clock.step = self.seed, self.course.step
        return network

    def _program_for(self, network: Network, batch_size: int) -> Program | None:
        """A program with the data at hand; None where nothing can compute."""
        self._burst_steps = 1  # grows as soon as it is known how long a step takes
        if not network.nodes:
            return None
        program = self._make_program(network, batch_size)
        program.set_data(self.material.pictures, self.material.labels)
        self._partners_of = -1
        self._feed_partners(network, program)
        return program

    def _feed_partners(self, network: Network, program: Program) -> None:
        """Where the network compares pairs, give it those of the present pass."""
        if network.compares_pairs and self._partners_of != self.course.epoch:
            self._partners_of = self.course.epoch
            self._partners = self.material.partners(self.seed, self.course.epoch)
            program.set_partners(self._partners)

    def _adapted_optimizer(self, training: TrainingSpec, before: Optimizer | None = None) -> Optimizer:
        """The optimizer that `training` asks for, with the state of one of the same kind.

        One that this version does not know keeps the network from learning, not from being looked at.
        """
        try:
            made = build_optimizer(training)
            self._rule_is_known = True
        except ValueError:
            made = build_optimizer(TrainingSpec())
            self._rule_is_known = False
        if type(made) is type(before):
            made.state = before.state
        return made


def _in_order(network: Network, module_id: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """`arrays` in the order of the module's parameters, as the flat vector has them."""
    order = list(network.parameters_of(module_id)) if module_id in network.nodes else []
    return {name: arrays[name] for name in sorted(arrays, key=lambda name: order.index(name) if name in order else -1)}
