"""Pass: all numbers of one picture's way through a network, forth and back, as the engine computed them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.analysis.rule import Case
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss, as_list
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.network import Network, loss_of
from convnet_studio.engine.program import Program
from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.engine.training.run import Run


@dataclass(frozen=True, eq=False)
class Pass:
    """All numbers of one picture's way through a network, batch left out, as the engine computed them.

    Attributes:
        network: whose nodes and parameters. `picture`, `partner`: what was shown. `label`, `partner_label`: or -1.
        outputs: by module id. `gradients`: of the picture's loss by outputs, where there are any.
    """

    network: Network
    picture: Array
    partner: Array
    label: int
    partner_label: int
    outputs: Mapping[str, Array]
    gradients: Mapping[str, Array] = field(default_factory=dict)

    def case(self, node: Node, index: tuple[int, ...] = ()) -> Case:
        """A value of a module, with what it was made of."""
        module = node.module
        if isinstance(module, Loss):
            return Case(node, tuple(self.outputs[each] for each in node.sources), {}, (), self.target(node))
        shown = self.partner if module.shows_partner() else self.picture
        inputs = tuple(self.outputs[each] for each in node.sources) or (shown,)
        return Case(node, inputs, parameters_of(module), index)

    def target(self, node: Node) -> Array:
        """What a loss compares its predictions with."""
        assert isinstance(node.module, Loss)
        label = int(self.label == self.partner_label) if node.module.compares_pairs else max(0, self.label)
        return node.module.target(np.array([label]), *(as_list(shape) for shape in node.input_shapes))

    def loss(self, node: Node) -> float:
        """The loss at a node, without its weight."""
        predictions = [self.outputs[each][None] for each in node.sources]
        return float(loss_of(node, predictions, np.array([max(0, self.label)]), np.array([self.partner_label]))[0])


def run_through(run: Run, picture: Array, label: int, place: Place) -> Pass:
    """Let the engine compute what `place` needs: outputs, and for gradients a backward pass on the picture.

    Raises:
        ValueError: in one sentence, where there is no such number.
    """
    if run.program is None:
        raise ValueError("The module does not compute: mend its problem first.")
    partner = run.material.probe_partner if run.network.compares_pairs else None
    return pass_of(run.network, run.program, ProbePicture(picture, label), partner, place)


def pass_of(
    network: Network, program: Program, probe: ProbePicture, partner: ProbePicture | None, place: Place
) -> Pass:
    """As `run_through`, for a program that runs the network; `partner`: where it compares pairs, the other picture."""
    if place.module_id not in network.nodes:
        raise ValueError("The module does not compute: mend its problem first.")
    shown = np.ascontiguousarray(probe.picture[None], np.float32)
    compared = None if partner is None else partner.picture[None]
    gradients: dict[str, Array] = {}
    computed = [node.id for node in network.graph.nodes if isinstance(node.module, Module)]
    if place.what in (What.OUTPUT_GRADIENT, What.PARAMETER_GRADIENT):
        if not network.losses:
            raise ValueError("There is no gradient without a loss: connect one.")
        labels = None if partner is None else np.array([partner.label])
        program.gradient_on(shown, np.array([max(min(0, network.classes - 1), probe.label)]), compared, labels)
        for each in computed:
            with suppress(ValueError):  # nothing below it learns, or it reaches no loss
                gradients[each] = program.output_gradient(each)[0]
    else:
        program.forward(shown, compared)
    outputs = {each: program.output(each)[0] for each in computed}
    other = probe if partner is None else partner
    return Pass(network, probe.picture, other.picture, probe.label, other.label, outputs, gradients)


def parameters_of(module: Module | Loss) -> Mapping[str, Array]:
    """The arrays of a module by name, none of a loss."""
    return {name: each.value for name, each in module.parameters().items()} if isinstance(module, Module) else {}
