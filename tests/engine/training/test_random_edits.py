"""10,000 random edits, undos and redos while training runs: nothing breaks, and no weights change that need not."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
from trainer_bench import TINY, load

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.invariants import check_invariants
from convnet_studio.engine.project.json_format import project_from_text, project_to_text
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.stage_inserts import insert_in_slot, insert_stage_on_link
from convnet_studio.engine.project.stages import load_stage, stage_names
from convnet_studio.engine.project.validate import problems
from convnet_studio.engine.training.control import Control, Edit, Fetch, Play, Stop, Weights, Wish
from convnet_studio.engine.training.events import Diverged, Failed, Rewound, RunStarted, Stepped
from convnet_studio.engine.training.trainer import Trainer

T = TypeVar("T")
EDITS = 10_000
MOST_MODULES = 24
KINDS = ("Conv2d", "Tanh", "ReLU", "MaxPool2d", "Flatten", "Linear", "Add", "SubtractiveNorm", "Gain", "LPPool2d")
START = replace(
    TINY, training=replace(TINY.training, rate=1e-4, epochs=1000, schedule="constant", optimizer_settings={})
)  # fmt: skip


class Editor:
    """Draws edits as a user would make them, and keeps what undo and redo return to."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.project = START
        self.undone: list[Project] = []
        self.done: list[Project] = []
        self.copied = edits.copy_modules(START, ["conv", "tanh"])
        self.made: dict[str, int] = {}
        self._edits: dict[str, Callable[[Project], Project]] = {
            "insert": lambda p: edits.insert_module(p, self.kind(), self.place())[0],
            "insert on wire": lambda p: edits.insert_on_link(p, self.any(p.network.links), self.kind(), self.place())[
                0
            ],
            "delete": lambda p: edits.delete_modules(p, self.ids(p)),
            "delete wire": lambda p: edits.delete_links(p, [self.any(p.network.links)]),
            "connect": lambda p: edits.connect(p, self.id(p), self.id(p), self.random.randrange(2)),
            "one wire more": lambda p: edits.connect_one_more(p, self.id(p), self.id(p)),
            "set": self.set_something,
            "mend": self.mend,
            "replace": lambda p: edits.replace_module(p, self.id(p), self.kind()),
            "renew": lambda p: edits.renew_module(p, self.id(p))[0],
            "copy": self.copy,
            "paste": lambda p: edits.paste_modules(p, self.copied)[0],
            "duplicate": lambda p: edits.duplicate_modules(p, self.ids(p))[0],
            "group": lambda p: edits.group_stage(p, self.ids(p), "piece")[0],
            "ungroup": lambda p: edits.ungroup_stage(p, self.any(p.network.stages).id),
            "fold": lambda p: edits.fold_stage(p, self.any(p.network.stages).id, self.random.random() < 0.5),
            "fill slot": lambda p: insert_in_slot(p, self.any(p.network.stages).id, self.kind(), self.place())[0],
            "stage on wire": lambda p: insert_stage_on_link(
                p, self.any(p.network.links), load_stage(self.random.choice(stage_names())), self.place()
            )[0],
            "freeze": lambda p: edits.freeze_modules(p, self.ids(p), self.random.random() < 0.5),
            "rename": lambda p: edits.rename_module(p, self.id(p), self.random.choice("abc")),
            "move": lambda p: edits.move_modules(p, {self.id(p): self.place()}),
        }

    def next(self) -> Edit:
        """Another edit, or the undo or redo of one."""
        draw, is_whole = self.random.random(), not problems(self.project, (1, 6, 6), 3)
        if self.done and (draw < (0.25 if is_whole else 0.6) or len(self.project.network.modules) > MOST_MODULES):
            return self._return("undo", self.done, self.undone)
        if self.undone and draw < 0.65 and (is_whole or draw > 0.63):
            return self._return("redo", self.undone, self.done)
        while True:
            name = "mend" if not is_whole and self.random.random() < 0.2 else self.random.choice(sorted(self._edits))
            try:
                after = self._edits[name](self.project)
            except (ValueError, KeyError, IndexError):
                continue  # it told that this can't be done
            if after != self.project:
                break
        self.done.append(self.project)
        self.undone.clear()
        self.project = after
        self._count(name)
        return Edit(after)

    def undo_all(self) -> None:
        while self.done:
            self._return("undo", self.done, self.undone)

    def _return(self, name: str, source: list[Project], target: list[Project]) -> Edit:
        target.append(self.project)
        self.project = edits.return_to(self.project, source.pop())
        self._count(name)
        return Edit(self.project, returns=True)

    def _count(self, name: str) -> None:
        self.made[name] = self.made.get(name, 0) + 1

    def any(self, things: Sequence[T]) -> T:
        return self.random.choice(things)

    def id(self, project: Project) -> str:
        return self.any(project.network.modules).id

    def ids(self, project: Project) -> list[str]:
        return list({self.id(project) for _ in range(self.random.randint(1, 3))})

    def kind(self) -> str:
        return self.random.choice(KINDS)

    def place(self) -> tuple[float, float]:
        return self.random.uniform(0, 900), self.random.uniform(0, 500)

    def set_something(self, project: Project) -> Project:
        name, value = self.random.choice(
            [("kernel_size", 1), ("kernel_size", 3), ("out_channels", 2), ("out_channels", 5), ("out_features", 3)]
        )
        return edits.set_setting(project, self.id(project), name, value)

    def mend(self, project: Project) -> Project:
        mendable = [each for each in problems(project, (1, 6, 6), 3) if each.change or each.before]
        problem = self.any(mendable)
        return edits.mend(project, problem.where, problem.change, problem.before)

    def copy(self, project: Project) -> Project:
        self.copied = edits.copy_modules(project, self.ids(project))
        raise ValueError("Copying changes nothing.")


class EditingControl(Control):
    """Puts an edit, and what looks at the weights before and after it, whenever it is told to."""

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self.editor = editor
        self.left = EDITS
        self.is_spoiled = False
        """Training has diverged: a change of the network begins by going back to the last good weights."""
        self._before: tuple[Project, Weights] = START, {}

    def wait(self, seconds: float | None = None) -> None:
        """The trainer rests: the network can't train, or the plan is done."""
        if seconds is None and not self.is_calling():
            self.go_on()

    def go_on(self) -> None:
        if not self.left:
            self.put(Stop())
            return
        self.left -= 1
        before = self.editor.project
        edit = self.editor.next()
        check_invariants(edit.project)
        wishes: tuple[Wish, ...] = (
            Fetch(lambda weights: self._note(before, weights)), edit,
            Fetch(lambda weights: self._compare(edit.project, weights)), Play(),
        )  # fmt: skip
        for each in wishes:
            self.put(each)

    def _note(self, project: Project, weights: Weights) -> None:
        self._before = project, {} if self.is_spoiled else weights

    def _compare(self, after: Project, weights: Weights) -> None:
        before, old = self._before
        for module_id in old.keys() & weights.keys() & {each.id for each in after.network.modules}:
            same_kind = before.network.module(module_id).kind == after.network.module(module_id).kind
            a, b = old[module_id], weights[module_id]
            if same_kind and {n: x.shape for n, x in a.items()} == {n: x.shape for n, x in b.items()}:
                for name, array in a.items():
                    np.testing.assert_array_equal(array, b[name], err_msg=f"{module_id}.{name}")


@pytest.mark.timeout(900)  # some 80 s on a quiet machine, several times that beside others
def test_ten_thousand_edits_while_training_runs() -> None:
    editor = Editor(seed=1)
    control = EditingControl(editor)
    steps = runs = 0
    for event in Trainer(compiled=True, load=load).run(START, control):
        assert not isinstance(event, Failed), event
        if isinstance(event, Diverged):  # a loss without its LogSoftmax falls without end
            control.is_spoiled = True
        elif isinstance(event, Rewound):
            control.is_spoiled = False
        runs += isinstance(event, RunStarted)
        if isinstance(event, Stepped):
            steps += len(event.losses)
            if not control.is_calling():
                control.go_on()
    assert control.left == 0
    assert sum(editor.made.values()) == EDITS
    assert len(editor.made) == len(editor._edits) + 1, "copying is no edit, undo and redo are"
    assert steps > 2 * EDITS, "training ran meanwhile"
    assert runs == 1
    text = project_to_text(editor.project)
    assert project_from_text(text).project.network == editor.project.network
    editor.undo_all()
    assert editor.project == START
