"""signs_synth: traffic signs, composed by a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from convnet_studio.engine.data.dataset import Array, DatasetFile, head_and_tail

TRAINING_ROWS = 60
"""Each row of the sheet holds one picture of each class; those below are held out."""


class SignsSynth(DatasetFile):
    """Drawings of traffic signs, bent and lit over photographs, in the manner of GTSRB, Stallkamp et al. (2012)."""

    name: ClassVar = "signs_synth"
    title: ClassVar = "Synthetic traffic signs"
    description: ClassVar = (
        "3,150 synthetic colour pictures of 32×32 pixels, 42 of the 43 classes of GTSRB: 15 of each are held out. "
        "They share drawings and backgrounds, so errors say nothing of the real benchmark."
    )
    synthetic: ClassVar = True

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """The last 15 rows of the sheet are held out."""
        return head_and_tail(len(arrays["labels"]), TRAINING_ROWS * len(arrays["names"]))

    def labels(self, arrays: Mapping[str, Array]) -> Array:
        """The file has GTSRB's numbers, of which one is missing: here they count the classes there are."""
        return np.searchsorted(arrays["class_ids"], arrays["labels"])

    def credits(self, arrays: Mapping[str, Array]) -> list[str]:
        """The drawings and the photographs it was composed from."""
        return [
            "Sign drawings: npm mapillary_sprite_source 1.8.0, MIT, copyright (c) 2015 mapillary",
            "Backgrounds: cut from the photographs of the data set Photographs, whose credits stand there",
        ]
