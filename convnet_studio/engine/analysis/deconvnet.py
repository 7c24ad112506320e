"""Deconvnet: three ways back from a unit to the picture, which differ only at the rectifiers.

- the gradient lets pass what arrives where the ReLU let something through on the way up (Simonyan, Vedaldi and
  Zisserman, Deep inside convolutional networks, 2014);
- the deconvnet lets pass what is positive on the way down (Zeiler and Fergus, Visualizing and understanding
  convolutional networks, 2014, sec. 2.1): unpool at the switches, rectify, filter with the transposed filters; biases
  are not added, and response normalization across maps is passed over;
- guided backpropagation asks for both (Springenberg et al., Striving for simplicity, 2015, sec. 3.4).

So without a ReLU the three agree. At a module for which the papers have no rule, such as Tanh, all take its gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.analysis.unit import Box, Rule, Unit, UnitPath, one_hot
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.modules.local_response_norm import LocalResponseNorm
from convnet_studio.engine.nn.modules.relu import ReLU
from convnet_studio.engine.training.inquiry import Inquiry, Moment

GRADIENT, DECONVNET, GUIDED = "gradient", "deconvnet", "guided"
WAYS = (GRADIENT, DECONVNET, GUIDED)

_ADJOINT = frozenset(
    {
        "Input", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose2d", "LocallyConnected2d", "Linear", "AvgPool2d",
        "TrainableAvgPool2d", "Gain", "Flatten", "Reshape", "Add", "Concat", "Upsample", "Dropout", "SubtractiveNorm",
        "ZCAWhitening",
    }
)  # fmt: skip
"""Kinds that are linear: the way down is the transposed matrix, which is what their `backward` does."""
_SWITCHED = frozenset({"MaxPool2d", "WinnerTakesAll"})
"""Kinds that hand on single values: the way down puts them back where they came from, which `backward` does too."""
_SWITCHED_BY_SETTING = frozenset({"GlobalPool2d", "PyramidPool2d", "MapPool"})
_HAVE_RULE = _ADJOINT | _SWITCHED | {ReLU.__name__, LocalResponseNorm.__name__}


def has_rule(module: Module) -> bool:
    """Whether deconvnet and guided backpropagation say what this module does on the way down."""
    kind = type(module).__name__
    if kind in _SWITCHED_BY_SETTING:
        return module.settings()["kind"] in {"max", "average"}
    return kind in _HAVE_RULE


def _rectify_down(module: Module, arriving: Array) -> Array | tuple[Array, ...]:
    if isinstance(module, ReLU):
        return np.maximum(arriving, 0)
    if isinstance(module, LocalResponseNorm):
        return arriving
    return module.backward(arriving)


def _rectify_both(module: Module, arriving: Array) -> Array | tuple[Array, ...]:
    return module.backward(np.maximum(arriving, 0) if isinstance(module, ReLU) else arriving)


RULES: dict[str, Rule | None] = {GRADIENT: None, DECONVNET: _rectify_down, GUIDED: _rectify_both}


@dataclass(frozen=True, eq=False)
class Attribution:
    """What of a picture a unit answers to, told in three ways.

    Attributes:
        picture: float32 ``input_shape``, of which it is told.
        value: the unit's. `box`: the pixels that it sees.
        maps: float32 ``input_shape`` by name of the way; each begins with 1 at the unit.
        without_rule: ids of the modules on the way for which the papers have no rule.
        has_relu: whether there is a ReLU on the way, without which the three are the same.
    """

    unit: Unit
    picture: Array
    value: float
    box: Box
    maps: dict[str, Array]
    without_rule: tuple[str, ...]
    has_relu: bool


def attribute(path: UnitPath, unit: Unit, picture: Array) -> Iterator[Attribution | None]:
    """Yields None after each way, and at last the Attribution of `unit` to `picture` ``input_shape``."""
    outputs = path.forward(picture[None].astype(path.network.parameters.dtype))
    start = one_hot([unit], path.shape, outputs.dtype)
    maps = {}
    for way in WAYS:
        maps[way] = path.backward(start, RULES[way])[0].astype(np.float32)
        maps[way].flags.writeable = False
        yield None
    on_the_way = [node for node in path.nodes if isinstance(node.module, Module)]
    yield Attribution(
        unit,
        picture,
        float(outputs[(0, *unit.index(path.shape))]),
        path.box(unit),
        maps,
        tuple(node.id for node in on_the_way if isinstance(node.module, Module) and not has_rule(node.module)),
        any(isinstance(node.module, ReLU) for node in on_the_way),
    )


@dataclass(frozen=True)
class Attribute(Inquiry):
    """Attributes a unit of the network as it is now to the picture that is shown."""

    unit: Unit

    def work(self, moment: Moment) -> Iterator[object]:
        """Yields an Attribution."""
        path = UnitPath(moment.twin(), self.unit.module)
        yield None
        yield from attribute(path, self.unit, moment.picture)
