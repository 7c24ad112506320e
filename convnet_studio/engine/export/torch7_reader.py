"""Torch7 reader: follows a listing of Torch7, and finds the modules of which its network is made, and their wires."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from convnet_studio.engine.export.lua import Host, Table, follow
from convnet_studio.engine.export.lua_tokens import LuaError
from convnet_studio.engine.export.torch7_constructors import (
    CRITERIA,
    MODULES,
    TABLES,
    Arguments,
    Window,
    gaussian_window,
    pairs_table,
)
from convnet_studio.engine.export.torch7_folds import folded
from convnet_studio.engine.export.torch7_stages import Heading, read_headings
from convnet_studio.engine.export.torch7_values import JOINING, Chain, Criteria, Criterion, Graph, Node, Unit, graph_of
from convnet_studio.engine.project.kinds import check_settings, kind_named


class _Library:
    """A table of functions, such as ``nn``."""

    def __init__(self, name: str, functions: Mapping[str, Any]) -> None:
        self._name = name
        self._functions = functions

    def field(self, key: Any, line: int) -> Any:
        """One of them."""
        if key not in self._functions:
            right = f"it has no counterpart, or is no name of {self._name}"
            names = {each.lower(): each for each in self._functions}
            if near := get_close_matches(str(key).lower(), names, 1):
                right = f"write {self._name}.{names[near[0]]}, if you mean that"
            raise LuaError(line, f"{self._name}.{str(key)[:40]} is not known here: {right}.")
        return self._functions[key]

    def __str__(self) -> str:
        return self._name


class Torch7Host(Host):
    """What a listing of Torch7 can use, and the notes on what was guessed.

    Slides leave out what was defined before: the values that the tutorial gives these names are known.
    """

    def __init__(self) -> None:
        nn: dict[str, Any] = {"Sequential": lambda values, line: Chain(line), "gModule": graph_of}
        nn |= {"ParallelCriterion": self._criteria, "tables": _Library("nn.tables", TABLES)}
        nn |= {name: self._maker(name, make) for name, make in MODULES.items()}
        nn |= {name: self._maker(name, make) for name, make in CRITERIA.items()}
        image = {"gaussian1D": gaussian_window, "gaussian": gaussian_window}
        torch = {"Tensor": pairs_table, "IntTensor": pairs_table}
        libraries: dict[str, Mapping[str, Any]] = {"nn": nn, "image": image, "torch": torch}
        names = {name: _Library(name, functions) for name, functions in libraries.items()}
        super().__init__({**names, "require": _nothing, "print": _nothing})
        self.criteria: list[Criterion] = []
        self.together: list[Criteria] = []
        self.networks: list[tuple[str, Chain | Graph]] = []
        self.notes: list[str] = []

    def _criteria(self, values: list[Any], line: int) -> Criteria:
        self.together.append(Criteria(line))
        return self.together[-1]

    def _maker(self, name: str, make: Callable[[Arguments], Any]) -> Callable[[list[Any], int], Any]:
        def made(values: list[Any], line: int) -> Any:
            result = make(Arguments(f"nn.{name}", values, line))
            if isinstance(result, Criterion):
                result = replace(result, name=name)
                self.criteria.append(result)
                return result
            return replace(result, name=name)

        return made

    def missing(self, name: str, line: int) -> Any:
        """A name with other capitals, or one of the tutorial's."""
        alike = [each for each in self.names if each.lower() == name.lower()]
        if alike:
            self.notes.append(f"Line {line}: {name} has no value, so that of {alike[0]} was taken.")
            self.names[name] = self.names[alike[0]]
        elif name in TUTORIAL:
            self.notes.append(f"Line {line}: {name} has no value, so the tutorial's was taken.")
            self.names[name] = TUTORIAL[name]
        else:
            return super().missing(name, line)
        return self.names[name]

    def note_prose(self, text: str, line: int) -> None:
        """Tell that a line was taken for a comment."""
        self.notes.append(f"Line {line}: “{text[:60]}” was read as a comment.")

    def assigned(self, name: str, value: Any, line: int) -> None:
        """Remember which networks have names."""
        super().assigned(name, value, line)
        if isinstance(value, Chain | Graph):
            self.networks.append((name, value))


def _nothing(values: list[Any], line: int) -> None:
    """What `require` and `print` do here."""


TUTORIAL: Mapping[str, Any] = MappingProxyType(
    {
        "filtsiz": 5.0, "filtsize": 5.0, "height": 32.0, "nfeats": 3.0, "nhiddens": 1500.0, "ninputs": 3072.0,
        "normkernel": Window(7, 1.75), "noutputs": 10.0, "nstates": Table({1: 64.0, 2: 64.0, 3: 128.0}),
        "poolsiz": 2.0, "poolsize": 2.0, "width": 32.0,
    }
)  # fmt: skip
"""What the tutorial calls its sizes, for listings that stand alone on a slide."""


@dataclass(frozen=True)
class Member:
    """A module of the network, and what feeds it: places of other members, or -1, -2, ... for the inputs."""

    unit: Unit
    sources: tuple[int, ...]


@dataclass(frozen=True)
class Listing:
    """The network of a listing.

    Attributes:
        members: its modules, each after those that feed it.
        inputs: how many it has. `outputs`: places of the members that make the outputs, or inputs as of `Member`.
        criteria: none, one, or one for each output.
        headings: the comments that head stages.
        notes: what was guessed.
    """

    members: tuple[Member, ...]
    inputs: int
    outputs: tuple[int, ...]
    criteria: tuple[Criterion, ...]
    headings: tuple[Heading, ...]
    notes: tuple[str, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        """The modules alone."""
        return tuple(each.unit for each in self.members)


def read_listing(text: str) -> Listing:
    """Follow a listing.

    Raises:
        LuaError: one sentence with the line, and what was expected there.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    host = Torch7Host()
    returned = follow(text, host)
    network = _network(host, returned)
    members, outputs = _chained(network) if isinstance(network, Chain) else _wired(network)
    if not members:
        raise LuaError(network.line, f"this {network} is empty: add modules, such as model:add(nn.Tanh()).")
    criteria = _criteria(host, len(outputs))
    made: list[Unit | Criterion] = [*(each.unit for each in members), *criteria]
    for unit in made:
        try:
            check_settings(kind_named(unit.kind), unit.settings)
        except ValueError as problem:
            raise LuaError(unit.line, f"{unit}: {problem}") from None
    inputs = 1 if isinstance(network, Chain) else len(network.inputs)
    notes = tuple(dict.fromkeys(host.notes))
    return Listing(tuple(members), inputs, tuple(outputs), criteria, tuple(read_headings(text)), notes)


def _network(host: Torch7Host, returned: list[Any]) -> Chain | Graph:
    """What the listing returns, or calls ``model``, or made last and added to nothing."""
    if returned and isinstance(returned[0], Chain | Graph):
        return returned[0]
    named = dict(host.networks)
    inner = {id(each) for chain in named.values() if isinstance(chain, Chain) for each in chain.members}
    outer = [network for network in named.values() if id(network) not in inner]
    if "model" in named:
        return named["model"]
    if not outer:
        raise LuaError(1, "there is no network in this listing: model = nn.Sequential() was expected.")
    return outer[-1]


def _chained(chain: Chain) -> tuple[list[Member], list[int]]:
    """The members of a chain, and its output."""
    units = folded(chain.units())
    for unit in units:
        if unit.kind in JOINING:
            raise LuaError(unit.line, f"{unit} takes several inputs, so it has no place in a chain: use nn.gModule.")
    return [Member(unit, (place - 1,)) for place, unit in enumerate(units)], [len(units) - 1]


def _wired(graph: Graph) -> tuple[list[Member], list[int]]:
    """The members of a graph, and its outputs. What is folded is found in rows of nodes without a branch."""
    nodes = graph.nodes()
    uses = Counter(id(source) for node in nodes for source in node.sources)
    uses.update(id(each) for each in graph.outputs)
    places = {id(node): -1 - number for number, node in enumerate(graph.inputs)}
    following = {id(node.sources[0]): node for node in nodes if _goes_on(node, uses)}
    members: list[Member] = []
    for node in nodes:
        if not node.sources or _goes_on(node, uses):
            continue
        row = [node]
        while next_node := following.get(id(row[-1])):
            row.append(next_node)
        sources = tuple(places[id(each)] for each in node.sources)
        for unit in folded([each.unit for each in row]):
            members.append(Member(unit, sources))
            sources = (len(members) - 1,)
        places[id(row[-1])] = sources[0]
    return members, [places[id(each)] for each in graph.outputs]


def _goes_on(node: Node, uses: Mapping[int, int]) -> bool:
    """Whether a node only goes on with what one other made, which nothing else takes."""
    return len(node.sources) == 1 and bool(node.sources[0].sources) and uses[id(node.sources[0])] == 1


def _criteria(host: Torch7Host, outputs: int) -> tuple[Criterion, ...]:
    """The criteria, as many as there are outputs; one alone may compare two."""
    if not host.together:
        found = host.criteria[:1]
        if len(host.criteria) > 1:
            raise LuaError(host.criteria[1].line, "there is a second criterion: one was expected.")
    elif len(host.together) > 1 or len(host.together[0].members) != len(host.criteria):
        raise LuaError(host.together[-1].line, "not all criteria belong to one nn.ParallelCriterion: add each of them.")
    else:
        found = host.together[0].members
    if len(found) == 1 and outputs == 2 and found[0].kind == "MSELoss":
        return (replace(found[0], settings=found[0].settings | {"compared_with": "wire"}),)
    if found and len(found) != outputs:
        raise LuaError(found[0].line, f"there are criteria for {len(found)} of {outputs} outputs: give one to each.")
    return tuple(found)
