"""View: a panel that shows the live engine, the contract that every file in ``views/`` fulfils."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.registry import Registry
from convnet_studio.engine.training.events import Event
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.open_project import OpenProject


class View(QWidget):
    """One way of looking at the running network.

    A view paints what it is given and asks for nothing else: while it is visible the window collects its `probes` and
    `inquiries`, and hands it each new snapshot, the answers, and all events in order. It must survive having been given
    nothing yet.
    """

    registry: ClassVar[Registry[type[View]]] = Registry("view")

    picture_chosen = Signal(object)
    """ProbePicture that somebody wants to be shown to the network."""

    wishes_changed = Signal()
    """Its `probes` or `inquiries` are others now."""

    bench_changed = Signal(object)
    """The Bench that its dials say by now, however they were turned."""

    name: ClassVar[str]
    """As the command line knows it, such as ``learning_curves``."""
    title: ClassVar[str]
    """As people read it."""
    summary: ClassVar[str]
    """One sentence for ``convnet-studio list views``."""

    is_bench: ClassVar[bool] = False
    """Whether it is a bench of the lab: an experiment of its own, rather than a look at the running network."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls) and "name" in vars(cls):
            View.registry.add(cls.name, cls)

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.open_project = open_project

    @property
    def bench(self) -> Bench | None:
        """The experiment as its dials stand; None for views that are none."""
        return None

    def set_bench(self, bench: Bench) -> None:
        """Turn all dials as `bench` has them; views without dials do nothing."""

    def control(self, dial: str) -> QWidget | None:
        """What turns the dial of this name, to be pointed out; None where there is none."""
        return None

    def set_dataset(self, dataset: Dataset) -> None:
        """Take note of the data set in use (class names, shape of a picture)."""

    def set_summary(self, summary: Summary) -> None:
        """Take note of shapes, costs and problems after a change of the network."""

    def probes(self) -> Probes:
        """What this view wants captured while it is visible."""
        return Probes()

    def inquiries(self) -> Mapping[str, Inquiry]:
        """What this view wants worked on while it is visible, by names of its own: whatever `probes` can't tell it."""
        return {}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Paint what is newly known of the inquiry `name` (at most 5 ms of work)."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint the newest picture of the network (at most 5 ms of work)."""

    def spare_height(self) -> int:
        """Pixels of its height that show nothing, which a picture leaves out."""
        return 0

    def catch_up(self) -> None:
        """Paint at once what would be painted soon, for a picture of this moment."""

    def show_events(self, events: Sequence[Event]) -> None:
        """Take note of what training reported since the last call."""
