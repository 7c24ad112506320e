"""Trainer: training as a generator of frozen events, steered by wishes that are carried out between two steps."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator

from convnet_studio.engine.data.dataset import Dataset, load_dataset
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import CompiledProgram, Program, ReferenceProgram, compiled_set_ready
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.training import control as wishes
from convnet_studio.engine.training.capture import capture, shown_picture
from convnet_studio.engine.training.control import Control, Weights, Wish
from convnet_studio.engine.training.events import Event, Failed, Switched
from convnet_studio.engine.training.faults import module_at_fault
from convnet_studio.engine.training.inquiries import Inquiries
from convnet_studio.engine.training.inquiry import Moment
from convnet_studio.engine.training.probes import ProbePicture, Probes
from convnet_studio.engine.training.sentences import sentence_of
from convnet_studio.engine.training.session import ProgramMaker, Session
from convnet_studio.engine.training.standing import Standing

OWN = "own"
"""The desk that is worked at from the beginning."""


class Trainer:
    """Trains projects. It knows nothing of threads or windows: `run` is a plain generator.

    Args:
        threads: that the compiled engine may use inside one call.
        compiled: whether to begin with the compiled engine; None: if its set is ready.
        make_program: makes what computes, in place of the program's own two engines.
        load: finds a data set by its name.
    """

    def __init__(
        self,
        threads: int = 1,
        *,
        compiled: bool | None = None,
        make_program: ProgramMaker | None = None,
        load: Callable[[str], Dataset] = load_dataset,
    ) -> None:
        self._threads = threads
        self._compiled = compiled
        self._make_program = make_program or self._own_program
        self._load = load

    def run(
        self, project: Project, control: Control, weights: Weights | None = None, standing: Standing | None = None
    ) -> Iterator[Event]:
        """Train `project` as the wishes put to `control` say; ends after the wish `Stop`.

        It begins at rest: first come `RunStarted`, `NetworkChanged` and `StateChanged`, then the test set is measured
        (`Tested` at step 0), so that curves begin at chance. While it rests, the generator sleeps inside ``next()``
        until the next wish: a plain loop puts a wish before it asks for the next event.

        Whatever happens is told by an event; no exception leaves the generator.

        Args:
            project: what to build and train.
            control: where wishes come from and snapshots go to.
            weights: to begin with, such as those of a file; where None or of other shapes they come from the seed.
            standing: where the run stood that these weights are from; None: at its beginning.
        """
        compiled = compiled_set_ready() if self._compiled is None else self._compiled
        session = Session(control, self._make_program, self._load, compiled)
        return _Conversation(session, control).events(project, weights, standing)

    def _own_program(self, network: Network, batch_size: int, compiled: bool) -> Program:
        if compiled:
            return CompiledProgram(network, batch_size, self._threads)
        return ReferenceProgram(network, batch_size)


class _Conversation:
    """Carries out wishes in their order, one between two pieces of work, and answers what is asked."""

    def __init__(self, session: Session, control: Control) -> None:
        self._session = session
        self._desks = {OWN: session}
        self._control = control
        self._is_over = False
        self._picture: ProbePicture | None = None
        self._probes = Probes()
        self._failed_to_capture: object = None
        self._inquiries = Inquiries(control.answers)

    def events(self, project: Project, weights: Weights | None, standing: Standing | None) -> Iterator[Event]:
        """Everything from the first weights to the wish `Stop`."""
        try:
            yield from self._guarded(self._session.open(project, weights, standing))
            while not self._is_over:
                yield from self._guarded(self._go_on())
        finally:
            for session in self._desks.values():
                session.close()

    def _guarded(self, events: Iterator[Event]) -> Iterator[Event]:
        """Turn an exception into the event `Failed`, and rest."""
        try:
            yield from events
        except Exception as error:  # a broken module must neither end the window's worker nor stay unseen
            session = self._session
            session.drop_work()
            where = module_at_fault(error, session.run.network) if session.run else ""
            yield Failed(session.run_id, where, sentence_of(error), "".join(traceback.format_exception(error)))
            yield from session.rest()

    def _go_on(self) -> Iterator[Event]:
        """Carry out a wish, or answer a question, or do a piece of work."""
        wish = None if self._session.owes_a_step else self._control.take()
        if wish is not None:
            yield from self._carry_out(wish)
        elif self._control.mailbox.is_asked:
            self._answer()
        elif (moment := self._moment()) is not None and self._inquiries.is_due(moment, self._session.is_busy):
            self._inquiries.go_on(moment, self._control.is_calling)
        else:
            yield from self._session.work()

    def _carry_out(self, wish: Wish) -> Iterator[Event]:
        session = self._session
        match wish:
            case wishes.Look(picture, probes):
                self._picture, self._probes, self._failed_to_capture = picture, probes, None
            case wishes.Ask(inquiries):
                self._inquiries.ask(inquiries)
            case wishes.SetSpeed(limit):
                session.pace.set_limit(limit)
            case wishes.Fetch(deliver):
                deliver(session.weights())
            case wishes.Keep(deliver_all):
                deliver_all(session.weights(), session.standing())
            case wishes.Switch(desk, project, number, weights):
                yield from self._switch(desk, project, number, weights)
            case wishes.Clear(desk):
                if self._desks.get(desk) not in (None, session):
                    self._desks.pop(desk).close()
            case wishes.Stop():
                self._is_over = True
            case _:
                yield from _told(session, wish)

    def _switch(self, desk: str, project: Project | None, number: int, weights: Weights | None) -> Iterator[Event]:
        """Go to a desk; one that was never worked at needs a project."""
        left = self._session
        self._session = self._desks.setdefault(desk, left.another() if project is not None else left)
        yield Switched(self._session.run_id, number)
        if project is not None:
            yield from self._session.open(project, weights)
        else:
            yield from self._session.come_back(left.compiled)

    def _moment(self) -> Moment | None:
        """What questions are about now; None where nothing can compute."""
        run = self._session.run
        if run is None or run.program is None:
            return None
        shown = shown_picture(run, self._picture)
        return Moment(run, shown.picture, shown.label)

    def _answer(self) -> None:
        """Put a snapshot into the mailbox; after an error no other until the network or the question changes."""
        run = self._session.run
        if run is None or self._failed_to_capture is run.network:
            self._control.mailbox.decline()
            return
        self._failed_to_capture = run.network
        self._control.mailbox.put(capture(run, self._picture, self._probes))
        self._failed_to_capture = None


def _told(session: Session, wish: Wish) -> Iterator[Event]:
    """The events of a wish that changes what training does."""
    match wish:
        case wishes.Play(steps, number):
            return session.play(steps=steps, number=number)
        case wishes.StepEpoch():
            return session.play(to_end_of_pass=True)
        case wishes.Pause():
            return session.rest()
        case wishes.StepSample():
            return session.step_once(samples=1)
        case wishes.StepBatch():
            return session.step_once(samples=None)
        case wishes.Reset():
            return session.reset()
        case wishes.Rewind():
            return session.rewind()
        case wishes.Edit(project, returns):
            return session.follow(project, returns)
        case wishes.Open(project, weights, standing):
            return session.open(project, weights, standing)
        case wishes.UseCompiled():
            return session.use_compiled()
    raise TypeError(f"There is no way to carry out {wish!r}.")
