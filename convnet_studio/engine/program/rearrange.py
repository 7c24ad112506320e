"""Rearranging parameters into the order in which tiles read them, and their gradients back; up to four indices."""

from __future__ import annotations

from convnet_studio.engine.kernels import move
from convnet_studio.engine.kernels.fields import Place, Span
from convnet_studio.engine.program.builder import Builder

Four = tuple[int, int, int, int]


def arrange(to: Builder, source: Span, target: Place, shape: Four, strides: Four, target_strides: Four) -> None:
    """Once a step before all samples: copy parameters of `shape` with `strides` into an array with others."""
    to.prepare(move.arrange, source=source, target=target, **_numbers(shape, strides, target_strides))


def collect(to: Builder, target: Span, source: Span, shape: Four, strides: Four, target_strides: Four) -> None:
    """Once a step after all samples: add slots of gradients with `strides` to the flat gradient."""
    to.collect(move.collect, target=target, source=source, **_numbers(shape, strides, target_strides))


def dense(shape: Four) -> Four:
    """The strides of an array without gaps."""
    _, b, c, d = shape
    return (b * c * d, c * d, d, 1)


def _numbers(shape: Four, strides: Four, target_strides: Four) -> dict[str, int]:
    """The fields n, s and t of four nested loops, the longest innermost."""
    loops = sorted(zip(shape, strides, target_strides, strict=True))
    return {f"{letter}{i}": number for i, loop in enumerate(loops) for letter, number in zip("nst", loop, strict=True)}
