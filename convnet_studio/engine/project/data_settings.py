"""Data settings: labels, bounds and defaults of what is done to pictures, for forms, edits and the file reader."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import convnet_studio.engine.data.normalizations  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.data.augmentation import Augmentation
from convnet_studio.engine.data.normalization import NONE, Normalization
from convnet_studio.engine.data.preparation import Preparation
from convnet_studio.engine.nn.module import Setting
from convnet_studio.engine.project.spec import DataSpec

_DEFAULT = DataSpec()

DATA_SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        each.name: each
        for each in (
            Setting(
                "normalization",
                "Normalise",
                "What is done to every picture before the network sees it; fitted on the training pictures alone.",
                str,
                _DEFAULT.normalization,
                choices=(NONE, *Normalization.registry),
            ),
            Setting(
                "shift",
                "Shift",
                "Training pictures are moved by up to so many pixels, drawn anew in each epoch.",
                int,
                _DEFAULT.shift,
                minimum=0,
                maximum=64,
            ),
            Setting("flip", "Flip", "Half of the training pictures are mirrored, left and right.", bool, _DEFAULT.flip),
            Setting(
                "scale",
                "Scale ±",
                "Training pictures are enlarged or shrunk by up to this part: 0.1 is 10 %.",
                float,
                _DEFAULT.scale,
                minimum=0,
                maximum=0.5,
            ),
            Setting(
                "noise",
                "Noise σ",
                "Gaussian noise of this standard deviation is added to training pictures, whose pixels are 0 to 1.",
                float,
                _DEFAULT.noise,
                minimum=0,
                maximum=1,
            ),
        )
    }
)
"""The fields of `DataSpec` but for the data set, by name, in the order of a form."""


def preparation_of(data: DataSpec) -> Preparation:
    """What `data` wants done to its pictures."""
    return Preparation(data.normalization, Augmentation(data.shift, data.flip, data.scale, data.noise))
