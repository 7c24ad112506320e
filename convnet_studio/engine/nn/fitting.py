"""Fitting: modules whose arrays are set from the training data, instead of learned, and when that has to be done anew.

A module is fitted to what the training pictures bring to it, as the modules in front of it are at that moment; those
stand first in the network, and are fitted first. All is done by the modules' numpy code in the order of the pictures,
so that the same pictures give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.initializers import start_of
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.network import Network

PICTURES_AT_A_TIME = 256


def unfitted(network: Network) -> tuple[str, ...]:
    """The ids of the modules that are to be fitted and are still as they began, in the order of computing."""
    return tuple(each for each in network.slices if network.is_fitted(each) and _is_as_it_began(network, each))


def _is_as_it_began(network: Network, module_id: str) -> bool:
    return all(
        np.array_equal(each.value, start_of(each) + np.zeros_like(each.value))
        for each in network.parameters_of(module_id).values()
    )


def fit_modules(network: Network, training_pictures: Callable[[], Array]) -> dict[str, str]:
    """Fit the modules that are `unfitted`, if any, to the training pictures ``(count, *input_shape)``.

    Returns a sentence for each module that could not be fitted, by its id; it stays as it is.
    """
    waiting, failed = unfitted(network), dict[str, str]()
    if not waiting:
        return failed
    pictures = training_pictures()
    was_training, network.clock.is_training = network.clock.is_training, False
    try:
        for module_id in waiting:
            module = network.nodes[module_id].module
            assert isinstance(module, Module)
            assert module.fit is not None
            try:
                module.fit(*_inputs(network, network.nodes[module_id], pictures))
            except ValueError as problem:
                failed[module_id] = str(problem)
    finally:
        network.clock.is_training = was_training
    return failed


def fitted_to(network: Network, module_id: str) -> str:
    """What a module's fitted arrays depend on, as a text: the data, itself, and what stands in front; else empty.

    Of modules in front which learn it holds the settings, not the weights: a module that was fitted stays so while they
    learn.
    """
    if not network.is_fitted(module_id):
        return ""
    node = network.nodes[module_id]
    parts = [_written(each) for each in (*_in_front(network, node), node)]
    return "; ".join([network.data, *parts])


def _written(node: Node) -> str:
    settings: Mapping[str, object] = node.module.settings()
    return f"{type(node.module).__name__} {node.id} {node.shares} {settings} {node.sources}"


def _in_front(network: Network, node: Node) -> list[Node]:
    """All modules that `node` takes its inputs from, in the order of computing."""
    wanted = set(node.sources)
    for each in reversed(network.graph.nodes):
        if each.id in wanted:
            wanted.update(each.sources)
    return [each for each in network.graph.nodes if each.id in wanted]


def _inputs(network: Network, node: Node, pictures: Array) -> list[Array]:
    """What `pictures` bring to each port of a module, ``(count, *shape)``."""
    dtype = network.parameters.dtype
    found: list[list[Array]] = [[] for _ in node.sources]
    for start in range(0, len(pictures), PICTURES_AT_A_TIME):
        shown = pictures[start : start + PICTURES_AT_A_TIME].astype(dtype, copy=False)
        outputs: dict[str, Array] = {}
        for each in _in_front(network, node):
            assert isinstance(each.module, Module)
            outputs[each.id] = each.module.forward(*([outputs[source] for source in each.sources] or [shown]))
        for port, source in enumerate(node.sources):
            found[port].append(outputs[source])
    return [np.concatenate(each) for each in found]
