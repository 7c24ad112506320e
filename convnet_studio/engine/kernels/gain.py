"""A gain and a bias for each channel, in height-width-channel order."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import shift

_SHAPE = {"positions": "number", "channels": "number"}
_FORWARD = Layout(x="buffer", y="buffer", gain="parameter", bias="parameter", **_SHAPE)
_BACKWARD = Layout(x_gradient="buffer", y_gradient="buffer", gain="parameter", **_SHAPE)
_GAIN_GRADIENT = Layout(x="buffer", y_gradient="buffer", gain_gradient="gradient", **_SHAPE)
F, B, G = _FORWARD.index, _BACKWARD.index, _GAIN_GRADIENT.index


@leaf(_FORWARD)
def gain_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[p, c] = gain[c] x[p, c] + bias[c]."""
    gain, bias, channels = shift(parameters, row[F.gain]), shift(parameters, row[F.bias]), row[F.channels]
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for start in range(0, row[F.positions] * channels, channels):
            for c in range(channels):
                y[start + c] = gain[c] * x[start + c] + bias[c]


@leaf(_BACKWARD)
def gain_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx[p, c] = gain[c] dy[p, c]."""
    gain, channels = shift(parameters, row[B.gain]), row[B.channels]
    for s in range(i, i + n):
        dx, dy = sample(row, B.x_gradient, workspace, s), sample(row, B.y_gradient, workspace, s)
        for start in range(0, row[B.positions] * channels, channels):
            for c in range(channels):
                dx[start + c] = gain[c] * dy[start + c]


@leaf(_GAIN_GRADIENT)
def gain_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add to gain_gradient[c] the sum of dy[p, c] x[p, c]."""
    target, channels = shift(gradients, row[G.gain_gradient]), row[G.channels]
    for s in range(i, i + n):
        x, dy = sample(row, G.x, workspace, s), sample(row, G.y_gradient, workspace, s)
        for start in range(0, row[G.positions] * channels, channels):
            for c in range(channels):
                target[c] += dy[start + c] * x[start + c]
