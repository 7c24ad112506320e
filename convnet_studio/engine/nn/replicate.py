"""Replicate: a trained network on pictures of another size, as if it stood at every place of them.

A convolution, a pooling or a point-wise module works on maps of any size. A network of such modules alone, trained on
windows, computes on a larger picture what it would on each window, sharing all sums that windows have in common. LeCun
et al., Gradient-based learning applied to document recognition (1998), sec. VII.
"""

from __future__ import annotations

from collections.abc import Mapping

from convnet_studio.engine.nn.graph import Node, parameter_shapes
from convnet_studio.engine.nn.joining import written
from convnet_studio.engine.nn.module import Module, Shape, ShapeProblem
from convnet_studio.engine.nn.network import Network


def replicate(network: Network, input_shape: Shape) -> Network:
    """The modules of `network`, without its losses, on pictures of `input_shape`, with the same weights.

    Its parameters are those of `network`: what either learns, both know. Scores of classes become maps.

    Args:
        network: as trained.
        input_shape: of one picture, batch left out.

    Raises:
        ShapeProblem: at the first module, in the order of computing, that can't work on maps of another size.
    """
    old = {node.id: node for node in network.graph.nodes if isinstance(node.module, Module)}
    modules = {module_id: _fresh(node) for module_id, node in old.items()}
    links = [(source, node.id, port) for node in old.values() for port, source in enumerate(node.sources)]
    shares = {node.id: node.shares for node in old.values() if node.shares}
    made = Network(modules, links, input_shape, network.classes, network.parameters.dtype.type, shares=shares)
    _require_all(old, made)
    made.adopt(network)
    return made


def _fresh(node: Node) -> Module:
    """Another module of the same kind with the same settings."""
    assert isinstance(node.module, Module)
    return type(node.module)(**node.module.settings())


def _require_all(old: Mapping[str, Node], made: Network) -> None:
    """Raise ShapeProblem where a module of `old` is missing in `made` or has other parameters there."""
    told = {each.where: each for each in made.graph.problems}
    for module_id, node in old.items():
        name = f"{type(node.module).__name__} ({module_id})"
        if module_id in told:
            problem = told[module_id]
            raise ShapeProblem(f"{name} does not work on this size: {problem.what}", problem.fix)
        shapes, needed = parameter_shapes(node), parameter_shapes(made.nodes[module_id])
        for parameter, shape in shapes.items():
            if needed[parameter] != shape:
                raise ShapeProblem(
                    f"{name} does not work on this size: its {parameter} is {written(shape)}, "
                    f"but would have to be {written(needed[parameter])}",
                    "use a Conv2d that covers the whole map in place of a Flatten and a Linear",
                )
