"""Folded layout: a network is tidied as it is seen, each folded stage as one card; pure geometry.

The modules inside are hidden and take no room: they lie as a stage tidied by itself, begun where its card is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from convnet_studio.engine.project.layout import Size, tidy
from convnet_studio.engine.project.spec import Link, NetworkSpec, Position, StageSpec


def tidy_as_seen(
    network: NetworkSpec, sizes: Mapping[str, Size], folded: Mapping[str, Size], view: Size = (1600.0, 900.0)
) -> dict[str, Position]:
    """Positions of all modules, those of folded stages included.

    Args:
        network, sizes, view: as of `tidy`. `folded`: width and height of the card of each folded stage, by its id.
    """
    seen, seen_sizes = network, dict(sizes)
    taken: list[StageSpec] = []
    for stage in network.stages:
        if stage.id in folded:
            smaller = _with_one_card(seen, stage)
            if _has_loop(smaller):  # a wire leaves the stage and comes back: its modules can't stand in one column
                continue
            seen, seen_sizes[stage.modules[-1]] = smaller, folded[stage.id]
            taken.append(stage)
    places = tidy(seen, seen_sizes, view)
    for stage in taken:
        left, top = places[stage.modules[-1]]
        inside = tidy(_alone(network, stage), sizes)
        first_left, first_top = inside[stage.modules[0]]
        places |= {each: (left + x - first_left, top + y - first_top) for each, (x, y) in inside.items()}
    return places


def _with_one_card(network: NetworkSpec, stage: StageSpec) -> NetworkSpec:
    """The network with the last module of a stage in place of all of them, where its card stands."""
    gone, last = set(stage.modules[:-1]), stage.modules[-1]
    card = replace(network.module(last), position=network.module(stage.modules[0]).position)
    links = (_moved(each, gone, last) for each in network.links)
    return replace(
        network,
        modules=tuple(card if each.id == last else each for each in network.modules if each.id not in gone),
        links=tuple(each for each in links if each.source != each.target),
        stages=tuple(replace(stage, modules=(last,)) if each.id == stage.id else each for each in network.stages),
    )


def _moved(link: Link, gone: set[str], to: str) -> Link:
    return replace(
        link, source=to if link.source in gone else link.source, target=to if link.target in gone else link.target
    )


def _alone(network: NetworkSpec, stage: StageSpec) -> NetworkSpec:
    """A stage and nothing else."""
    inside = set(stage.modules)
    return NetworkSpec(
        tuple(each for each in network.modules if each.id in inside),
        tuple(each for each in network.links if each.source in inside and each.target in inside),
        stages=(stage,),
    )


def _has_loop(network: NetworkSpec) -> bool:
    """Whether wires lead from a module back to itself; recurrent ones do not count."""
    order: TopologicalSorter[str] = TopologicalSorter()
    for link in network.links:
        if not link.is_recurrent:
            order.add(link.target, link.source)
    try:
        order.prepare()
    except CycleError:
        return True
    return False
