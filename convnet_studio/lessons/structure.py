"""Structure: what a network on the canvas must have, whatever else it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import NetworkSpec, Project


@dataclass(frozen=True)
class Structure:
    """Whatever is given must be there.

    Attributes:
        chain: kinds of modules, each feeding the next.
        kinds: how many modules of a kind there are, exactly.
        recurrent: how many recurrent wires at least. `shared`: how many modules use another's weights at least.
        same_as: a preset whose modules, settings and wires it must have, whatever they are called.
    """

    chain: tuple[str, ...] = ()
    kinds: Mapping[str, int] | None = None
    recurrent: int = 0
    shared: int = 0
    same_as: str = ""

    def missing_in(self, project: Project) -> str:
        """What is not there yet, in a sentence; empty where all is."""
        network = project.network
        if self.chain and not _has_chain(network, self.chain):
            return f"There is no chain {' > '.join(self.chain)} yet."
        found = Counter(each.kind for each in network.modules)
        for kind, count in (self.kinds or {}).items():
            if found[kind] != count:
                return f"There are {found[kind]} modules {kind} where {count} are wanted."
        recurrent = sum(each.is_recurrent for each in network.links)
        if recurrent < self.recurrent:
            return "There is no recurrent wire yet." if not recurrent else "More wires must be recurrent."
        shared = sum(bool(each.shares) for each in network.modules)
        if shared < self.shared:
            return "No module uses another's weights yet." if not shared else "More modules must share weights."
        if self.same_as and not _is_same(network, load_preset(self.same_as).network):
            return f"It is not yet the network {self.same_as}."
        return ""


def _has_chain(network: NetworkSpec, chain: tuple[str, ...]) -> bool:
    """Whether modules of these kinds feed each other in this order."""
    kinds = {each.id: each.kind for each in network.modules}
    ends = {each for each, kind in kinds.items() if kind == chain[0]}
    for wanted in chain[1:]:
        ends = {link.target for link in network.links if link.source in ends and kinds[link.target] == wanted}
    return bool(ends)


def _is_same(one: NetworkSpec, other: NetworkSpec) -> bool:
    """Whether both look alike from every module: kinds and settings, and all that feeds and follows them.

    By refinement of colours (Weisfeiler and Leman, 1968), which tells apart any two networks of this size that people
    draw.
    """
    return _colors(one) == _colors(other)


def _colors(network: NetworkSpec) -> Counter[int]:
    color = {each.id: hash((each.kind, tuple(sorted(each.settings.items())))) for each in network.modules}
    for _ in network.modules:
        color = {
            each: hash(
                (
                    mine,
                    tuple(sorted((link.port, color[link.source]) for link in network.links if link.target == each)),
                    tuple(sorted((link.port, color[link.target]) for link in network.links if link.source == each)),
                )
            )
            for each, mine in color.items()
        }
    return Counter(color.values())
