"""Outline: a network as those who write it down need it: its modules in order, with shapes and words for code.

What is unfolded in time stands there as it computes, step by step; modules that can't compute are left out, with a
sentence each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.joining import Joining
from convnet_studio.engine.nn.loss import Loss, as_list
from convnet_studio.engine.nn.module import Array, Module, Shape
from convnet_studio.engine.project.build import build_network, resolve_project
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.validate import graph_problems
from convnet_studio.engine.project.weights import Weights, fitting_weights
from convnet_studio.engine.project.wiring import title

LONGEST_NAME = 40
"""Letters of a name in code."""


@dataclass(frozen=True, eq=False)
class Part:
    """A module or loss of the outline.

    Attributes:
        id: in the network that computes. `origin`: in the drawing (many steps of time have one).
        name: a word that code can call it by, unlike all others; it ends in a digit or ``_``, so that it is no keyword.
        title: as people call it, with the id in the drawing, for sentences.
        module: with its settings; a Module or Loss, typed as any so that a rule for one kind can read its settings.
        sources: the parts that feed it, port by port; none for an Input.
        input_shapes, shape: without the batch; of a loss ``()``.
        shares: id of the part whose parameters it uses, empty where it has its own.
        takes_negative: whether any input may fall below 0.
    """

    id: str
    origin: str
    name: str
    title: str
    module: Any
    sources: tuple[Part, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    shares: str
    takes_negative: bool
    non_negative: bool

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self.module).__name__

    def parameter_shapes(self) -> dict[str, Shape]:
        """Its learnable arrays by name (none of a loss)."""
        if isinstance(self.module, Loss):
            return {}
        shapes = self.module.parameter_shapes(*self.input_shapes)
        return {name: each.shape for name, each in shapes.items()}


@dataclass(frozen=True, eq=False)
class Outline:
    """A project, ready to be written down.

    Attributes:
        project: what it is of.
        input_shape, classes: of its data.
        parts: in an order in which each comes after its sources.
        left_out: a sentence for each module that keeps itself, and what depends on it, from computing.
        weights: of its modules by id in the drawing; empty where only the text is wanted.
    """

    project: Project
    input_shape: Shape
    classes: int
    parts: tuple[Part, ...]
    left_out: tuple[str, ...] = ()
    weights: Weights = field(default_factory=dict)

    @property
    def losses(self) -> tuple[Part, ...]:
        """The parts that are losses."""
        return tuple(each for each in self.parts if isinstance(each.module, Loss))

    @property
    def modules(self) -> tuple[Part, ...]:
        """The parts that are no losses."""
        return tuple(each for each in self.parts if isinstance(each.module, Module))

    @property
    def outputs(self) -> tuple[Part, ...]:
        """What the network hands over: what losses look at, each once; without a loss, what feeds nothing."""
        judged = dict.fromkeys(source for loss in self.losses for source in loss.sources)
        used = {source for each in self.parts for source in each.sources}
        return tuple(judged) or tuple(each for each in self.parts if each not in used)

    @property
    def shows_partner(self) -> bool:
        """Whether some Input shows what the sample is compared with."""
        return any(isinstance(each.module, Module) and each.module.shows_partner() for each in self.parts)

    @property
    def is_chain(self) -> bool:
        """Whether each module feeds just the next one, from one Input to at most one loss, with weights of its own."""
        if len(self.losses) > 1 or any(each.shares or isinstance(each.module, Joining) for each in self.parts):
            return False
        return all(
            not part.sources if index == 0 else part.sources == (self.parts[index - 1],)
            for index, part in enumerate(self.parts)
        )


def outline_of(project: Project, weights: Weights | None = None, data: tuple[Shape, int] | None = None) -> Outline:
    """The outline of `project`.

    Args:
        project: what to write down.
        weights: of its modules, where they are wanted.
        data: shape of a picture and number of classes; None: those of its data set.
    """
    input_shape, classes = data or data_of(project)
    graph = resolve_project(project, input_shape, classes)
    names = _Names(project)
    parts: dict[str, Part] = {}
    for node in graph.nodes:
        parts[node.id] = _part(node, project, parts, names)
    left_out = tuple(
        f"{title(project.network.module(each.where))} ({each.where}) can't compute: {each.what}"
        f"{': ' + each.fix if each.fix else ''}."
        for each in graph_problems(project, graph)
        if each.where and each.where not in parts
    )
    order = tuple(parts.values())
    return Outline(project, input_shape, classes, order, left_out, weights or {})


def data_of(project: Project) -> tuple[Shape, int]:
    """Shape of a picture and number of classes of the project's data set."""
    dataset = load_dataset(project.data.dataset)
    return dataset.input_shape, dataset.classes


def complete_weights(project: Project, weights: Weights | None) -> dict[str, Mapping[str, Array]]:
    """The weights of every module of `project`: those given, where they fit, the others drawn from its seed."""
    input_shape, classes = data_of(project)
    network = build_network(project, input_shape, classes)
    initialize(network, project.training.seed)
    drawn: dict[str, Mapping[str, Array]] = {
        module_id: {name: each.value.copy() for name, each in network.parameters_of(module_id).items()}
        for module_id in network.slices
    }
    kept, _ = fitting_weights(project, weights or {}, input_shape, classes)
    return drawn | kept


def loss_input_shapes(part: Part) -> list[Shape]:
    """The shapes in which a loss gets its predictions."""
    return [as_list(each) for each in part.input_shapes]


def _part(node: Node, project: Project, parts: Mapping[str, Part], names: _Names) -> Part:
    drawn = origin(node.id)
    sources = tuple(parts[each] for each in node.sources)
    return Part(
        id=node.id,
        origin=drawn,
        name=names.of(node.id),
        title=f"{title(project.network.module(drawn))} ({drawn})",
        module=node.module,
        sources=sources,
        input_shapes=node.input_shapes,
        shape=node.shape,
        shares=node.shares,
        takes_negative=not all(each.non_negative for each in sources),
        non_negative=node.non_negative,
    )


class _Names:
    """Words for modules: what the user calls them, or their kind with a number, as ``conv2``."""

    def __init__(self, project: Project) -> None:
        self._names: dict[str, str] = {}
        taken: set[str] = set()
        for each in project.network.modules:
            own = _word(each.name)
            self._names[each.id] = _free(own, taken) if own else _numbered(snake_case(each.kind), taken)
            taken.add(self._names[each.id])

    def of(self, module_id: str) -> str:
        """The word for a module; copies of other steps of time bear their number."""
        drawn = origin(module_id)
        time = module_id.removeprefix(drawn).lstrip("@")
        return f"{self._names[drawn]}_t{time}" if time else self._names[drawn]


def snake_case(kind: str) -> str:
    """A kind as a word of code without its dimensions: LPPool2d is ``lp_pool``."""
    plain = re.sub(r"[123]d$", "", kind)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain).lower().replace("re_lu", "relu")


def _word(name: str) -> str:
    """A name that somebody typed, as an identifier; empty where nothing is left of it."""
    word = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:LONGEST_NAME]
    if not word:
        return ""
    word = f"m_{word}" if word[0].isdigit() else word
    return word if word[-1].isdigit() else f"{word}_"


def _free(word: str, taken: Iterable[str]) -> str:
    return word if word not in taken else _numbered(word.rstrip("_") + "_", taken)


def _numbered(word: str, taken: Iterable[str]) -> str:
    number = 1
    while f"{word}{number}" in taken:
        number += 1
    return f"{word}{number}"
