"""Wire fit: what a wire that may run would do to the shapes, told before it is drawn."""

from __future__ import annotations

from collections.abc import Mapping

from convnet_studio.engine.nn.loss import as_list
from convnet_studio.engine.nn.module import Module, Shape, ShapeProblem
from convnet_studio.engine.project.build import build_module
from convnet_studio.engine.project.spec import Project


def shape_misfit(
    project: Project, shapes: Mapping[str, Shape | None], source: str, target: str, port: int, classes: int
) -> str:
    """Why what module `source` puts out would not fit input `port` of module `target`; empty where it does.

    Also empty where nothing can be said: a shape is not known, or another input still has no wire.

    Args:
        project: as it is drawn now.
        shapes: of the outputs by module id, batch left out; None where a module does not compute.
        source, target, port: of the wire.
        classes: how many classes the data has, for losses.
    """
    made = build_module(project.network.module(target))
    feeds = {link.port: link.source for link in project.network.links if link.target == target} | {port: source}
    inputs = [shapes.get(feeds.get(each, "")) for each in range(made.port_count())] if made else []
    known = [each for each in inputs if each is not None]
    if made is None or len(known) < len(inputs):
        return ""
    try:
        if isinstance(made, Module):
            made.output_shape(*known)
        else:
            made.check_shape(*map(as_list, known), classes=classes)
    except ShapeProblem as problem:
        return str(problem)
    return ""
