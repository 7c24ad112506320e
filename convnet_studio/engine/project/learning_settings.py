"""Learning settings: labels, bounds and defaults of what `Learning` holds, for forms, edits and the file reader."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from convnet_studio.engine.nn.initializers import INITIALIZERS
from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.module import Setting

_DEFAULT = Learning()

LEARNING_SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        each.name: each
        for each in (
            Setting("frozen", "Frozen", "Its weights stay as they are.", bool, _DEFAULT.frozen),
            Setting(
                "rate",
                "Rate factor",
                "Its learning rate as a multiple of the network's.",
                float,
                _DEFAULT.rate,
                minimum=0,
                maximum=1000,
            ),
            Setting(
                "initializer",
                "First weights",
                "The rule by which they are drawn. Torch: ±1/√inputs, biases too; all others begin with biases of 0.",
                str,
                _DEFAULT.initializer,
                choices=tuple(INITIALIZERS),
            ),
            Setting(
                "scale",
                "Times",
                "First weights are multiplied by this.",
                float,
                _DEFAULT.scale,
                minimum=0,
                maximum=1000,
            ),
        )
    }
)
"""The fields of `Learning` by name, in the order of a form."""
