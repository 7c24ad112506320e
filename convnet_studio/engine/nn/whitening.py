"""Whitening: decorrelating numbers with a symmetric matrix, fitted on samples; ZCA.

P = E (Λ + ε I)^(-1/2) Eᵀ, with E Λ Eᵀ the covariance: among all matrices that whiten, the one that changes the samples
least, so that a whitened picture still looks like it. Bell and Sejnowski, The "independent components" of natural
scenes are edge filters (1997); Krizhevsky, Learning multiple layers of features from tiny images (2009), app. A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.module import Array

LARGEST = 3072
"""Numbers of a sample at most: a matrix of 38 MB, fitted in 10 to 20 seconds; the time grows with the third power."""
EPSILON = 0.01
"""Of pixels in 0 .. 1: less would blow up the noise of those that hardly change."""


@dataclass(frozen=True, eq=False)
class Whitening:
    """A fitted transform.

    Attributes:
        mean: ``(n,)`` of the samples. `matrix`: P, ``(n, n)``, symmetric. Both float64.
    """

    mean: Array
    matrix: Array

    def apply(self, samples: Array) -> Array:
        """``(count, n)`` in, ``(x - mean) P`` out, in the samples' dtype."""
        dtype = samples.dtype
        whitened: Array = (samples - self.mean.astype(dtype)) @ self.matrix.astype(dtype)
        return whitened


def fit_whitening(samples: Array, epsilon: float = 1e-5) -> Whitening:
    """Fit a whitening to `samples` ``(count, n)``.

    Args:
        samples: any float dtype; computed in float64. Takes n³ operations and n² numbers.
        epsilon: added to the variance along every principal axis: axes with less than this stay small.

    Raises:
        ValueError: if there are fewer than two samples, some are not finite, or `epsilon` is not above 0.
    """
    if len(samples) < 2:
        raise ValueError(f"A whitening is fitted on at least 2 samples, not {len(samples)}.")
    if not epsilon > 0:
        raise ValueError(f"The epsilon of a whitening is {epsilon:g}: it must be above 0.")
    if not np.isfinite(samples).all():
        raise ValueError("A whitening is fitted on finite numbers, and some of these samples are not.")
    mean = samples.mean(axis=0, dtype=np.float64)
    centred = samples - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(samples))
    matrix = (axes / np.sqrt(np.maximum(variances, 0) + epsilon)) @ axes.T
    return Whitening(mean, matrix)
