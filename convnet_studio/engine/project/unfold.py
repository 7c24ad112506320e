"""Unfolding: from a drawing, in which wires may be recurrent, to one without loops, in which time runs along the wires.

A network that is unfolded T times has T copies of what lies between its recurrent wires, all with the same weights. The
last keeps the ids of the modules, the copy at an earlier time t is called ``m3@t``: so whoever asks for a module gets
what it does at the last step. What no recurrent wire reaches is the same at all times and there once, and so is what
leads to no recurrent wire, such as the loss. Rumelhart, Hinton and Williams, Learning internal representations by error
propagation (1986), sec. "Recurrent nets".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from convnet_studio.engine.project.kinds import port_count, takes_recurrent
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec

_AT = "@"


@dataclass(frozen=True)
class Unfolded:
    """A drawing without recurrent wires; `problems` are sentences, without a full stop, by the id of a module."""

    network: NetworkSpec
    problems: Mapping[str, str] = field(default_factory=dict)


def origin(module_id: str) -> str:
    """The id that the module has in the drawing, of which this is one at some time."""
    return module_id.partition(_AT)[0]


def carried_by(network: NetworkSpec, link: Link) -> str:
    """The id of the module whose output the wire brings at the last step: of a recurrent one, that of a step before."""
    if not link.is_recurrent:
        return link.source
    arriving = (each.source for each in unfold(network).network.links if each.target == link.target)
    return next((each for each in arriving if _AT in each and origin(each) == link.source), link.source)


def unfold(network: NetworkSpec) -> Unfolded:
    """Lay `network` out in time; as it is where no wire is recurrent."""
    recurrent = [each for each in network.links if each.is_recurrent]
    if not recurrent:
        return Unfolded(network)
    kinds = {each.id: each.kind for each in network.modules}
    problems = {
        each.target: "It can't take a recurrent wire, which brings nothing at the first step: let it go into an Add"
        for each in recurrent
        if not takes_recurrent(kinds[each.target])
    }
    changing = _reached([each.target for each in recurrent], _successors(network.links, forward=True))
    leading = _reached([each.source for each in recurrent], _successors(network.links, forward=False))
    return _Unfolding(network, changing, changing & leading, problems).run()


class _Unfolding:
    """The copies of one network. `changing`: ids that differ from step to step. `repeated`: those at all steps."""

    def __init__(self, network: NetworkSpec, changing: set[str], repeated: set[str], problems: dict[str, str]) -> None:
        self._network = network
        self._changing = changing
        self._repeated = repeated
        self._problems = problems
        self._last = network.unfold - 1
        self._modules: list[ModuleSpec] = []
        self._links: list[Link] = []

    def run(self) -> Unfolded:
        """All steps, the first first."""
        for time in range(self._network.unfold):
            for module in self._network.modules:
                if time == self._last or module.id in self._repeated:
                    self._add(module, time)
        known = {each.id for each in self._modules}
        links = [each for each in self._links if {each.source, each.target} <= known]
        return Unfolded(NetworkSpec(tuple(self._modules), tuple(links)), self._problems)

    def _add(self, module: ModuleSpec, time: int) -> None:
        """Put the module of one step, and the wires into it."""
        if module.id in self._problems:
            return
        feeding = [each for each in self._network.links if each.target == module.id]
        missing = {each.port for each in feeding if each.is_recurrent and time == 0}
        ports = [port for port in range(port_count(module.kind, module.settings)) if port not in missing]
        if missing and not ports:
            self._problems[module.id] = "Nothing reaches it at the first step: it needs a wire that is not recurrent"
            return
        settings = {**module.settings, "inputs": len(ports)} if missing else module.settings
        new = replace(module, id=self._name(module.id, time), settings=settings)
        self._modules.append(new if time == self._last else replace(new, shares=module.shares or module.id))
        for each in feeding:
            if each.port not in missing:
                source = self._name(each.source, time - each.is_recurrent)
                self._links.append(Link(source, new.id, ports.index(each.port)))

    def _name(self, module_id: str, time: int) -> str:
        """What the module at `time` is called."""
        return module_id if time >= self._last or module_id not in self._changing else f"{module_id}{_AT}{time}"


def _successors(links: Iterable[Link], forward: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in links:
        start, end = (each.source, each.target) if forward else (each.target, each.source)
        found.setdefault(start, []).append(end)
    return found


def _reached(start: Iterable[str], successors: Mapping[str, list[str]]) -> set[str]:
    """The ids `start` and all behind them."""
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        module_id = waiting.pop()
        if module_id not in reached:
            reached.add(module_id)
            waiting += successors.get(module_id, [])
    return reached
