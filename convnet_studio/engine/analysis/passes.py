"""Pass: all numbers of one picture's way through a network, forth and back, as the engine computed them.

They are copies, all of one moment: whoever works on them in pieces need not care that training goes on meanwhile.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.analysis.rule import Case
from convnet_studio.engine.nn.chance import Chance, Clock, RandomModule
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
        network: whose graph; its parameters may have moved on. `picture`, `partner`: what was shown.
        label, partner_label: of these, or -1.
        outputs: by module id. `gradients`: of the picture's loss by outputs, where there are any.
        parameters: by module id and name, of the modules that the number at hand takes.
        parameter_gradient: where the gradient by a parameter is asked for, that of all its array.
        clock: by which modules drew, what follows from its seed and step.
    """

    network: Network
    picture: Array
    partner: Array
    label: int
    partner_label: int
    outputs: Mapping[str, Array]
    gradients: Mapping[str, Array] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)
    parameter_gradient: Array | None = None
    clock: Clock = field(default_factory=Clock)

    def case(self, node: Node, index: tuple[int, ...] = ()) -> Case:
        """A value of a module, with what it was made of."""
        module = node.module
        if isinstance(module, Loss):
            return Case(node, tuple(self.outputs[each] for each in node.sources), {}, (), self.target(node))
        shown = self.partner if module.shows_partner() else self.picture
        inputs = tuple(self.outputs[each] for each in node.sources) or (shown,)
        if isinstance(module, RandomModule):
            module = copy.copy(module)
            module.chance = Chance(self.clock, module.chance.key)
        return Case(replace(node, module=module), inputs, self.parameters.get(node.id, {}), index)

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
        is_known = 0 <= probe.label < network.classes
        if not is_known and any(_asks_for_class(node.module) for node in network.losses):
            raise ValueError("The class of this picture is not known, so it has no loss and no gradients.")
        labels = None if partner is None else np.array([partner.label])
        label = probe.label if is_known else min(0, network.classes - 1)  # then no loss looks at it
        program.gradient_on(shown, np.array([label]), compared, labels)
        for each in computed:
            with suppress(ValueError):  # nothing below it learns, or it reaches no loss
                gradients[each] = program.output_gradient(each)[0]
    else:
        program.forward(shown, compared)
    outputs = {each: program.output(each)[0] for each in computed}
    other = probe if partner is None else partner
    made = Pass(network, probe.picture, other.picture, probe.label, other.label, outputs, gradients)
    clock = Clock()
    clock.numbers[...] = network.clock.numbers
    arrays = network.parameters_of(place.module_id)
    is_slope = place.what is What.PARAMETER_GRADIENT and place.name in arrays
    return replace(
        made,
        parameters=copied_parameters(network, _taken_by(network, place)),
        parameter_gradient=arrays[place.name].grad.copy() if is_slope else None,
        clock=clock,
    )


def copied_parameters(network: Network, module_ids: Iterable[str]) -> dict[str, dict[str, Array]]:
    """Copies of the arrays of some modules, by module id and name."""
    return {
        each: {name: array.value.copy() for name, array in network.parameters_of(each).items()} for each in module_ids
    }


def _taken_by(network: Network, place: Place) -> list[str]:
    """The modules whose parameters the arithmetic of a number takes."""
    if place.what is What.OUTPUT_GRADIENT:
        return [node.id for node in network.graph.nodes if place.module_id in node.sources]
    if place.what is What.PARAMETER_GRADIENT:
        return users_of(network, place.module_id)
    return [place.module_id]


def users_of(network: Network, module_id: str) -> list[str]:
    """All modules that use the parameters which a module uses, itself among them."""
    owner = network.nodes[module_id].shares or module_id
    return [node.id for node in network.graph.nodes if owner in (node.id, node.shares)]


def _asks_for_class(module: Module | Loss) -> bool:
    return isinstance(module, Loss) and (module.judges_classes() or module.compares_pairs)
