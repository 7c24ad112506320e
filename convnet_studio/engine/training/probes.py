"""Probes: what the visible views want to see of the network, as a value. Nothing else is captured."""

from __future__ import annotations

from dataclasses import dataclass

from convnet_studio.engine.nn.module import Array


@dataclass(frozen=True)
class Probes:
    """A request, the union of what all visible views ask for.

    Attributes:
        outputs: ids of modules whose output is wanted; by `snapshot.mask_of` an id, which units it silences.
        parameters: ids of modules whose parameters are wanted.
        gradients: ids of modules by whose output the gradient of the loss is wanted; costs a backward pass.
    """

    outputs: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    gradients: frozenset[str] = frozenset()

    def __or__(self, other: Probes) -> Probes:
        return Probes(
            self.outputs | other.outputs, self.parameters | other.parameters, self.gradients | other.gradients
        )


@dataclass(frozen=True, eq=False)
class ProbePicture:
    """The picture that is shown to the network: `picture` ``(channel, height, width)`` in 0 .. 1, `label` or -1."""

    picture: Array
    label: int = -1
