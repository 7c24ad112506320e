"""Updates of the flat parameter vector, once a step."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels.constants import ZERO
from convnet_studio.engine.kernels.fields import SPOILED, Layout
from convnet_studio.engine.kernels.leaf import leaf
from convnet_studio.engine.kernels.memory import floats_at, real, shift
from convnet_studio.engine.kernels.simd import LANES, load, splat, store, total

_SGD = Layout(velocity="place", size="number", rate="real", momentum="real")
F = _SGD.index


@leaf(_SGD)
def sgd_update(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """v = momentum v + g, then w = w - rate v: PyTorch's order."""
    spoiled = splat(ZERO)  # 0 w is 0, but nan where w is not finite
    velocity = floats_at(row[F.velocity])
    rate, momentum = real(row[F.rate]), real(row[F.momentum])
    size = row[F.size]
    whole = size // LANES * LANES
    for j in range(0, whole, LANES):
        v = splat(momentum) * load(shift(velocity, j)) + load(shift(gradients, j))
        store(shift(velocity, j), v)
        w = load(shift(parameters, j)) - splat(rate) * v
        spoiled = spoiled + splat(ZERO) * w
        store(shift(parameters, j), w)
    workspace[SPOILED] += total(spoiled)
    for j in range(whole, size):  # nothing may be read or written behind the vectors
        velocity[j] = momentum * velocity[j] + gradients[j]
        parameters[j] -= rate * velocity[j]
        workspace[SPOILED] += ZERO * parameters[j]
