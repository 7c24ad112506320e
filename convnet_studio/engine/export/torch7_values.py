"""Torch7 values: what the names of a listing stand for: modules, the chains and graphs made of them, criteria."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from convnet_studio.engine.export.lua import Table
from convnet_studio.engine.export.lua_tokens import LuaError
from convnet_studio.engine.nn.module import SettingValue

Settings = dict[str, SettingValue]
JOINING = ("Add", "Concat", "Multiply")
"""Kinds that take several inputs."""


@dataclass(frozen=True)
class Unit:
    """A module of Torch7 as the listing made it.

    Attributes:
        name: as Torch7 calls it. `line`: where it was made.
        kind, settings: what it is here; no kind where it means something only beside others.
        maps: how many maps, or numbers of a list, it says that it takes; 0 where it does not say.
        count: how many numbers it says that its input has; 0 where it does not say.
        values: its own arguments, for the folds.
        shares: whose weights it uses.
    """

    name: str
    line: int
    kind: str = ""
    settings: Settings = field(default_factory=dict)
    maps: int = 0
    count: int = 0
    values: tuple[Any, ...] = ()
    shares: Unit | None = None

    def method(self, name: str, arguments: list[Any], line: int) -> Unit:
        """``noBias`` and ``share`` are what a listing can call on a module."""
        if name == "noBias" and self.kind in ("Conv2d", "Conv3d"):
            self.settings["biases"] = "none"
            return self
        if name == "share":
            return self._sharing(arguments, line)
        raise LuaError(line, f"{self} has no method {name} here: only noBias of a convolution and share can be called.")

    def _sharing(self, arguments: list[Any], line: int) -> Unit:
        owner = arguments[0] if arguments else None
        if not isinstance(owner, Unit):
            raise LuaError(line, f"{self} shares the weights of a module: node.data.module was expected.")
        if not self.kind or owner.kind != self.kind:
            raise LuaError(line, f"{self} can't share the weights of {owner}: both must be of one kind.")
        return replace(self, shares=owner.shares or owner)

    def call(self, arguments: list[Any], line: int) -> Node:
        """Calling a module with the nodes that feed it, or a table of them, makes a node of a graph."""
        given = arguments[0].items() if len(arguments) == 1 and isinstance(arguments[0], Table) else arguments
        sources = tuple(each for each in given if isinstance(each, Node))
        if len(sources) != len(given):
            raise LuaError(line, f"{self} is called with something else than nodes: {self}()(x) was expected.")
        if not sources and self.name != "Identity":
            raise LuaError(line, f"{self} is called with nothing: only nn.Identity()() is an input of a graph.")
        if self.kind in JOINING:
            return Node(replace(self, settings={"inputs": len(sources)}), sources, line)
        if len(sources) > 1:
            raise LuaError(line, f"{self} takes one input, not {len(sources)}.")
        return Node(self, sources, line)

    def __str__(self) -> str:
        return f"nn.{self.name}"


@dataclass(eq=False)
class Chain:
    """``nn.Sequential()``: modules in a row, other chains among them."""

    line: int
    members: list[Unit | Chain] = field(default_factory=list)

    def method(self, name: str, arguments: list[Any], line: int) -> Chain:
        """``add`` puts a module behind the last."""
        if name != "add":
            raise LuaError(line, f"nn.Sequential has no method {name} here: only add can be called.")
        if len(arguments) != 1 or not isinstance(arguments[0], Unit | Chain):
            found = str(arguments[0]) if arguments else "nothing"
            raise LuaError(line, f"add was given {found}: a module such as nn.Tanh() was expected.")
        if arguments[0] is self:
            raise LuaError(line, "a chain can't be added to itself.")
        self.members.append(arguments[0])
        return self

    def units(self, depth: int = 0, seen: set[int] | None = None) -> list[Unit]:
        """All modules, those of inner chains too; none can be there twice, or it would have to share its weights."""
        seen = set() if seen is None else seen
        if depth > 30:
            raise LuaError(self.line, "chains are more than 30 deep within each other: write it simpler.")
        for each in self.members:
            if id(each) in seen:
                raise LuaError(each.line, f"this {each} is added twice: make a second one, with weights of its own.")
            seen.add(id(each))
        return [
            unit
            for each in self.members
            for unit in ([each] if isinstance(each, Unit) else each.units(depth + 1, seen))
        ]

    def __str__(self) -> str:
        return "nn.Sequential"


@dataclass(eq=False)
class Node:
    """A module in a graph of nngraph, with the nodes that feed it; an input has none."""

    unit: Unit
    sources: tuple[Node, ...]
    line: int

    def field(self, key: Any, line: int) -> Any:
        """``node.data.module`` is the module."""
        if key not in ("data", "module"):
            raise LuaError(line, f"a node has no {str(key)[:40]} here: node.data.module was expected.")
        return self if key == "data" else self.unit

    def __str__(self) -> str:
        return f"a node of {self.unit}"


@dataclass(eq=False)
class Graph:
    """``nn.gModule({inputs}, {outputs})``."""

    line: int
    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]

    def nodes(self) -> list[Node]:
        """All that lead to an output, each after those that feed it.

        Raises:
            LuaError: at an input that is not listed, or a module that stands in two nodes.
        """
        found: dict[int, Node] = {}
        waiting = [(each, False) for each in reversed(self.outputs)]
        while waiting:
            node, is_ready = waiting.pop()
            if is_ready:
                found[id(node)] = node
            elif id(node) not in found:
                waiting += [(node, True), *((each, False) for each in reversed(node.sources))]
        nodes = list(found.values())
        for node in nodes:
            if not node.sources and all(node is not each for each in self.inputs):
                raise LuaError(node.line, "this input is not in the first table of nn.gModule: add it there.")
        units = {id(each.unit): each for each in nodes}
        for node in nodes:
            if units[id(node.unit)] is not node:
                raise LuaError(
                    node.line, f"this {node.unit} is called twice: make a second one, and share its weights."
                )
        return nodes

    def __str__(self) -> str:
        return "nn.gModule"


def graph_of(values: list[Any], line: int) -> Graph:
    """What ``nn.gModule`` makes."""
    tables = [each.items() if isinstance(each, Table) else [] for each in values]
    is_sound = len(tables) == 2 and all(table and all(isinstance(each, Node) for each in table) for table in tables)
    if not is_sound:
        raise LuaError(line, "nn.gModule takes two tables of nodes: nn.gModule({input}, {output}) was expected.")
    for each in tables[0]:
        if each.sources or each.unit.name != "Identity":
            raise LuaError(line, f"{each} is no input of a graph: nn.Identity()() was expected.")
    return Graph(line, tuple(tables[0]), tuple(tables[1]))


@dataclass(frozen=True)
class Criterion:
    """A loss."""

    name: str
    line: int
    kind: str
    settings: Settings = field(default_factory=dict)

    def __str__(self) -> str:
        return f"nn.{self.name}"


@dataclass(eq=False)
class Criteria:
    """``nn.ParallelCriterion()``: a criterion for each output."""

    line: int
    members: list[Criterion] = field(default_factory=list)

    def method(self, name: str, arguments: list[Any], line: int) -> Criteria:
        """``add`` gives the next output its criterion, and what it counts."""
        criterion = arguments[0] if arguments else None
        if name != "add" or not isinstance(criterion, Criterion):
            raise LuaError(line, "to nn.ParallelCriterion only criteria can be added: add(nn.MSECriterion()) for one.")
        weight = arguments[1] if len(arguments) > 1 else 1.0
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            raise LuaError(line, f"add takes what {criterion} counts as argument 2: a number was expected.")
        settings = criterion.settings | ({"weight": float(weight)} if weight != 1 else {})
        self.members.append(replace(criterion, settings=settings))
        return self

    def __str__(self) -> str:
        return "nn.ParallelCriterion"
