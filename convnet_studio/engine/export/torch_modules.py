"""Modules in PyTorch for what PyTorch has not, each with the exact formula of ours.

This file is read as text and never imported by the program: `pytorch_library.py` takes out of it what an exported
network needs. It must make sense there, on its own, so it knows nothing of ConvNet Studio.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everybody writes it)


def root(x: Tensor) -> Tensor:
    """The square root, with slope 0 at 0."""
    return torch.where(x == 0, 0.0, torch.where(x == 0, 1.0, x).sqrt())


def windows(x: Tensor, kernel_size: int, stride: int) -> Tensor:
    """Every window of (batch, c, h, w) by itself: (batch, c, rows, columns, kernel_size ** 2)."""
    return x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).flatten(4)


def pooled(x: Tensor, dim: int, kind: str) -> Tensor:
    """Many values to one along `dim`: their average, the largest, or the root of the mean square (L2)."""
    if kind == "max":
        return x.max(dim).values
    return root(x.square().mean(dim)) if kind == "L2" else x.mean(dim)


def of_maps(parameter: Tensor, x: Tensor) -> Tensor:
    """A number for each map, in a shape that goes with x."""
    return parameter.reshape(-1, *(1,) * (x.dim() - 2))


def mean_matrix(length: int, kernel_size: int, width: float, border: str) -> tuple[Tensor, Tensor]:
    """The Gaussian-weighted mean along `length` pixels as a matrix, and which part of each window lies inside.

    Beyond the border there is nothing (exact, torch) or the picture mirrored (reflect).
    """
    reach = kernel_size // 2
    taps = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, dtype=torch.float64) / width) ** 2)
    taps /= taps.sum()
    matrix = torch.zeros(length, length, dtype=torch.float64)
    period = max(2 * (length - 1), 1)
    for row in range(length):
        for offset, tap in zip(range(-reach, reach + 1), taps, strict=True):
            column = row + offset
            if border == "reflect":
                column = min(abs(column) % period, period - abs(column) % period) if length > 1 else 0
            if 0 <= column < length:
                matrix[row, column] += tap
    inside = matrix.sum(1)
    return matrix / inside[:, None], inside


class LocalNorm(nn.Module):
    """Local contrast: minus the local mean, divided by the local spread, or one of both.

    The window is a Gaussian. The divisor is at least the mean of the spread over the picture, or a fixed number.
    """

    rows: Tensor
    columns: Tensor
    excess: Tensor

    def __init__(
        self,
        size: tuple[int, int],
        kernel_size: int,
        width: float,
        border: str = "exact",
        across_maps: bool = True,
        subtracts: bool = True,
        divides: bool = True,
        threshold: float | None = None,
    ) -> None:
        super().__init__()
        self.across_maps, self.subtracts, self.divides, self.threshold = across_maps, subtracts, divides, threshold
        rows, rows_inside = mean_matrix(size[0], kernel_size, width, border)
        columns, columns_inside = mean_matrix(size[1], kernel_size, width, border)
        excess = torch.outer(rows_inside, columns_inside) if border == "torch" else torch.ones(size)
        self.register_buffer("rows", rows.float(), persistent=False)
        self.register_buffer("columns", columns.float(), persistent=False)
        self.register_buffer("excess", excess.float(), persistent=False)

    def local_mean(self, x: Tensor) -> Tensor:
        """Around every pixel, over all maps or in each."""
        return self.rows @ (x.mean(1, keepdim=True) if self.across_maps else x) @ self.columns.T

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, h, w) in, the same out."""
        if self.subtracts:
            # The mean of the distance to one pixel: no digits are lost where a picture is bright and faint.
            x = x - (x[:, :1, :1, :1] if self.across_maps else x[:, :, :1, :1]).detach()
            x = x - self.local_mean(x)
        if self.divides:
            sigma = root(self.local_mean(x * x) / self.excess)
            least = sigma.mean((2, 3), keepdim=True) if self.threshold is None else sigma.new_tensor(self.threshold)
            divisor = torch.where(sigma > least, sigma, least)
            x = torch.where(divisor > 0, x / torch.where(divisor > 0, divisor, 1.0), 0.0)
        return x


class FilterBank(nn.Module):
    """A convolution that joins only some maps, or has a bias for each unit.

    `table` lists the input maps of each output map; there is one kernel for each connection. None: all see all.
    """

    def __init__(
        self,
        dimensions: int,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        table: Sequence[Sequence[int]] | None = None,
        bias: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.convolve = (F.conv1d, F.conv2d, F.conv3d)[dimensions - 1]
        self.stride, self.padding = stride, padding
        self.dense = (out_channels, in_channels, *(kernel_size,) * dimensions)
        self.pairs = None if table is None else [(o, i) for o, row in enumerate(table) for i in row]
        first = self.dense[:2] if self.pairs is None else (len(self.pairs), 1)
        self.weight = nn.Parameter(torch.empty(*first, *self.dense[2:]))
        self.bias = None if bias is None else nn.Parameter(torch.zeros(*bias))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, *space) to (batch, out_channels, *places)."""
        weight: Tensor = self.weight
        if self.pairs is not None:
            outputs, inputs = torch.tensor(self.pairs, device=x.device).T
            weight = weight.new_zeros(self.dense).index_put((outputs, inputs), self.weight[:, 0])
        y = self.convolve(x, weight, None, self.stride, self.padding)
        if self.bias is None:
            return y
        return y + (self.bias if self.bias.dim() > 1 else of_maps(self.bias, y))


class LocallyConnected2d(nn.Module):
    """As a convolution, but each unit has weights of its own."""

    def __init__(
        self, size: tuple[int, int], in_channels: int, out_channels: int, kernel_size: int, stride: int = 1
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride
        self.weight = nn.Parameter(torch.empty(*size, out_channels, in_channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(*size, out_channels))
        nn.init.uniform_(self.weight, -1 / kernel_size, 1 / kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, h, w) to (batch, out_channels, rows, columns)."""
        seen = windows(x, self.kernel_size, self.stride)
        y = torch.einsum("bcrqk,rqock->borq", seen, self.weight.flatten(4))
        return y + self.bias.permute(2, 0, 1)


class LPPool2d(nn.Module):
    """The p-norm of each window: the root of the mean, of the sum, or of a Gaussian-weighted mean of |x| ** p.

    Where each map learns its power, p = 1 + log(1 + exp(rho)).
    """

    shares: Tensor

    def __init__(
        self, kernel_size: int, stride: int, p: float = 2.0, inside: str = "mean", learning_maps: int = 0
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.p = kernel_size, stride, p
        shares = torch.full((kernel_size**2,), 1.0 if inside == "sum" else 1 / kernel_size**2)
        if inside == "gaussian":
            distance = torch.arange(kernel_size) - (kernel_size - 1) / 2
            along = torch.exp(-0.5 * (distance / (0.25 * kernel_size)) ** 2)
            shares = torch.outer(along, along).flatten() / along.sum() ** 2
        self.register_buffer("shares", shares, persistent=False)
        if learning_maps:
            self.rho = nn.Parameter(torch.zeros(learning_maps))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, h, w) to (batch, c, rows, columns)."""
        sizes = windows(x, self.kernel_size, self.stride).abs()
        # The largest is taken out of the root, so that no power overflows or vanishes; it cancels in the gradient.
        largest = sizes.amax(-1, keepdim=True).detach()
        p = 1 + F.softplus(self.rho)[:, None, None] if hasattr(self, "rho") else x.new_tensor([[[self.p]]])
        powers = (sizes / torch.where(largest > 0, largest, 1.0)) ** p[..., None]
        total = (self.shares * powers).sum(-1)
        y = largest[..., 0] * torch.where(total > 0, total, 1.0) ** (1 / p)
        return torch.where(total > 0, y, 0.0)


class LogSumExpPool2d(nn.Module):
    """1/b log of the mean, or the sum, of exp(b x) over each window."""

    def __init__(self, kernel_size: int, stride: int, b: float = 1.0, inside: str = "mean") -> None:
        super().__init__()
        self.kernel_size, self.stride, self.b = kernel_size, stride, b
        self.count = kernel_size**2 if inside == "mean" else 1

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, h, w) to (batch, c, rows, columns)."""
        powers = torch.logsumexp(self.b * windows(x, self.kernel_size, self.stride), -1)
        return (powers - math.log(self.count)) / self.b


class TrainableAvgPool2d(nn.Module):
    """The mean of each window, times a gain and plus a bias of each map."""

    def __init__(self, channels: int, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride
        self.gain = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, h, w) to (batch, c, rows, columns)."""
        means = F.avg_pool2d(x, self.kernel_size, self.stride)
        return of_maps(self.gain, means) * means + of_maps(self.bias, means)


class MapPool(nn.Module):
    """At each place, groups of neighbouring maps become one value each."""

    def __init__(self, group: int, kind: str) -> None:
        super().__init__()
        self.group, self.kind = group, kind

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, *space) to (batch, c / group, *space)."""
        return pooled(x.reshape(len(x), -1, self.group, *x.shape[2:]), 2, self.kind)


class GlobalPool2d(nn.Module):
    """Each map becomes one value."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, h, w) to (batch, c, 1, 1)."""
        return pooled(x.flatten(2), 2, self.kind)[:, :, None, None]


class PyramidPool2d(nn.Module):
    """Each map pooled over grids of cells, all results in one list."""

    def __init__(self, levels: Sequence[int], kind: str) -> None:
        super().__init__()
        self.levels, self.kind = levels, kind

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, h, w) to (batch, c * cells)."""
        return torch.cat([self.cells(x, side).flatten(1) for side in self.levels], 1)

    def cells(self, x: Tensor, side: int) -> Tensor:
        """One grid."""
        if self.kind == "max":
            return F.adaptive_max_pool2d(x, side)
        return root(F.adaptive_avg_pool2d(x.square(), side)) if self.kind == "L2" else F.adaptive_avg_pool2d(x, side)


class Gain(nn.Module):
    """Each map times a gain, and plus a bias."""

    def __init__(self, channels: int, bias: bool = True) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, *space) in, the same out."""
        y = of_maps(self.gain, x) * x
        return y if self.bias is None else y + of_maps(self.bias, x)


class EuclideanRBF(nn.Module):
    """Minus the squared distance to the fixed picture of each class; # is ink (1), . is paper (-1)."""

    codes: Tensor

    def __init__(self, pictures: Sequence[str]) -> None:
        super().__init__()
        codes = torch.tensor([[1.0 if ink == "#" else -1.0 for ink in picture] for picture in pictures])
        self.register_buffer("codes", codes, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, pixels) to (batch, pictures)."""
        return -(x[:, None] - self.codes).square().sum(2)


class SmoothShrink(nn.Module):
    """sign(x) (log(exp(beta b) + exp(beta |x|) - 1) / beta - b).

    Where it learns, each map has a beta and a b, which count by their size: |beta| + 0.01 and |b|.
    """

    def __init__(self, sharpness: float, threshold: float, learning_maps: int = 0) -> None:
        super().__init__()
        self.sharpness, self.threshold = sharpness, threshold
        if learning_maps:
            self.beta = nn.Parameter(torch.full((learning_maps,), sharpness - 0.01))
            self.b = nn.Parameter(torch.full((learning_maps,), threshold))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, *space) in, the same out."""
        beta, b = x.new_tensor(self.sharpness), x.new_tensor(self.threshold)
        if hasattr(self, "beta"):
            beta, b = of_maps(self.beta.abs() + 0.01, x), of_maps(self.b.abs(), x)
        both = torch.logaddexp(beta * b, beta * x.abs())  # no power overflows
        return x.sign() * ((both + torch.log1p(-torch.exp(-both))) / beta - b)


class WinnerTakesAll(nn.Module):
    """Keeps the k largest values, of all maps at a place or of all places of a map, and silences the others."""

    def __init__(self, winners: int, over: str) -> None:
        super().__init__()
        self.winners, self.dim = winners, 1 if over == "maps" else 2

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, *space) in, the same out."""
        flat = x.reshape(*x.shape[:2], -1)
        order = torch.sort(flat, dim=self.dim, descending=True, stable=True).indices
        best = order.narrow(self.dim, 0, min(self.winners, flat.shape[self.dim]))
        return x * torch.zeros_like(flat).scatter(self.dim, best, 1.0).reshape(x.shape)


class LateralInhibition(nn.Module):
    """h(x + S h(x)) with the soft shrinkage h by |theta| of each map; S has a zero diagonal."""

    def __init__(self, channels: int, threshold: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels, channels))
        self.theta = nn.Parameter(torch.full((channels,), threshold))

    def shrink(self, u: Tensor) -> Tensor:
        """h(u)."""
        theta = self.theta.abs()[:, None]
        return (u.abs() > theta) * (u - u.sign() * theta)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, c, *space) in, the same out."""
        flat = x.reshape(*x.shape[:2], -1)
        inhibition = self.weight - torch.diag(self.weight.diagonal())
        return self.shrink(flat + inhibition @ self.shrink(flat)).reshape(x.shape)


def contrastive_loss(one: Tensor, other: Tensor, same: Tensor, margin: float) -> Tensor:
    """Half the squared distance of a pair of one class; of any other, half the square of what lacks to the margin."""
    distance = root((one - other).square().sum(1))
    lacking = (margin - distance).clamp(min=0)
    return torch.where(same, distance, lacking).square().mean() / 2


def shrink_weights(weight: Tensor, by: float) -> None:
    """The step of an L1 penalty: every number moves towards 0, and stops there."""
    weight.copy_(weight.sign() * (weight.abs() - by).clamp(min=0))


def bound_norms(weight: Tensor, largest: float) -> None:
    """Scale the incoming weights of every unit back to the length `largest`, where they are longer."""
    rows = weight.flatten(1)
    norms = rows.norm(dim=1, keepdim=True)
    rows.copy_(torch.where(norms > largest, rows * (largest / norms), rows))


def draw_partners(labels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """For each sample another to compare it with, with equal odds of its own class or of one of the others."""
    count = len(labels)
    order = np.argsort(labels, kind="stable")
    place = np.empty(count, np.int64)
    place[order] = np.arange(count)
    _, which, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    size, start = sizes[which], (np.cumsum(sizes) - sizes)[which]
    shift = random.integers(1, np.maximum(size, 2))
    alike = start + (place - start + shift) % size
    other = random.integers(0, np.maximum(count - size, 1))
    unlike = other + np.where(other >= start, size, 0)
    is_alike = (size == count) | ((size > 1) & (random.random(count) < 0.5))
    return order[np.where(is_alike, alike, np.minimum(unlike, count - 1))]
