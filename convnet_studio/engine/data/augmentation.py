"""Augmentation: training pictures moved, mirrored, scaled and made noisy, anew in each epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.data.dataset import Array

_STREAM = 1
"""Keeps these draws apart from the order of the samples, which has the same seed and epoch."""


@dataclass(frozen=True)
class Augmentation:
    """How far training pictures may be changed; 0 (or False) is not at all.

    Attributes:
        shift: whole pixels at most, in each direction, uniformly; zeros move in.
        flip: half of them are mirrored left and right.
        scale: size 1 ± this at most, uniformly, about the middle, between pixels linearly.
        noise: standard deviation of Gaussian noise on every pixel.
    """

    shift: int = 0
    flip: bool = False
    scale: float = 0.0
    noise: float = 0.0

    @property
    def changes_anything(self) -> bool:
        """Whether any picture may come out otherwise."""
        return self != Augmentation()

    def apply(self, pictures: Array, numbers: Array, seed: int, epoch: int) -> Array:
        """Changed copies of `pictures` ``(count, channel, height, width)``, float32.

        Args:
            pictures: as the data set has them, in 0 .. 1.
            numbers: which of the training samples they are: what is done to a sample follows from its number, the
                seed and the epoch alone, so that mini-batches of any size see the same, and any place in a run can be
                returned to.
            seed: of the run.
            epoch: whole passes so far.
        """
        changed = np.array(pictures, np.float32)
        for place, number in enumerate(numbers.tolist()):
            random = np.random.default_rng([seed, epoch, _STREAM, number])
            down, across, size, mirror = random.random(4).tolist()
            picture = changed[place]
            if self.flip and mirror < 0.5:
                picture = picture[:, :, ::-1]
            if self.scale:
                picture = scaled(picture, 1 + self.scale * (2 * size - 1))
            if self.shift:
                span = 2 * self.shift + 1
                picture = shifted(picture, int(down * span) - self.shift, int(across * span) - self.shift)
            if self.noise:
                picture = picture + np.float32(self.noise) * random.standard_normal(picture.shape, np.float32)
            changed[place] = picture
        return changed


def shifted(picture: Array, down: int, right: int) -> Array:
    """A picture ``(channel, height, width)`` moved by whole pixels, zeros where nothing was."""
    _, height, width = picture.shape
    moved = np.zeros_like(picture)
    if abs(down) < height and abs(right) < width:
        moved[:, max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = picture[
            :, max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
        ]
    return moved


def scaled(picture: Array, factor: float) -> Array:
    """A picture ``(channel, height, width)`` enlarged by `factor` about its middle, at its own size; zeros beyond."""
    down, across = (_interpolation(length, factor) for length in picture.shape[1:])
    return np.asarray(down @ picture @ across.T, picture.dtype)


def _interpolation(length: int, factor: float) -> Array:
    """``(length, length)``: each new pixel as a mean of the two old ones that it lies between."""
    places = (np.arange(length) - (length - 1) / 2) / factor + (length - 1) / 2
    return np.asarray(np.maximum(0, 1 - np.abs(places[:, None] - np.arange(length))), np.float32)
