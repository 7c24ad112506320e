"""Principal components of many samples of many numbers, in pieces: the plane in which they spread most."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.module import Array

_EXTRA = 6
_ROUNDS = 12
_BLOCK = 1 << 18
"""Numbers of a matrix product at a time: a ms or so."""


@dataclass(frozen=True, eq=False)
class Components:
    """The first principal components of samples ``(n, d)``.

    Attributes:
        places: float64 ``(n, k)``, the samples in their axes, about their mean.
        explained: ``(k,)``, the share of the whole variance along each axis, the largest first.
    """

    places: Array
    explained: Array


def principal_components(samples: Array, count: int = 2) -> Generator[None, None, Components]:
    """Find the Components of `samples` ``(n, d)``; yields after each piece of work.

    Subspace iteration on n x n products (Halko, Martinsson and Tropp, Finding structure with randomness, 2011, sec.
    4.5); the start is fixed. The sign of an axis is such that its largest entry is positive.
    """
    n, d = samples.shape
    centred = samples - samples.mean(axis=0, dtype=np.float64).astype(samples.dtype)
    gram = np.zeros((n, n))
    step = max(1, _BLOCK // max(1, n))
    for start in range(0, d, step):
        part = centred[:, start : start + step].astype(np.float64)
        gram += part @ part.T
        yield None
    basis = np.random.default_rng(0).normal(size=(n, min(n, count + _EXTRA)))
    for _ in range(_ROUNDS):
        basis, _triangle = np.linalg.qr(gram @ basis)
        yield None
    values, turn = np.linalg.eigh(basis.T @ gram @ basis)
    order = np.argsort(values)[::-1][:count]
    axes, found = (basis @ turn)[:, order], np.maximum(values[order], 0)
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    whole = max(float(np.trace(gram)), 1e-30)
    return Components(axes * signs * np.sqrt(found), found / whole)
