"""Patterns: numbers that each map has, repeated along a sample in height-width-channel order (kernels/per_map.py)."""

from __future__ import annotations

import math

from convnet_studio.engine.kernels.fields import Place, Span
from convnet_studio.engine.kernels.simd import LANES
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.rearrange import arrange, collect


def period_of(node: Node) -> int:
    """Floats after which a pattern of this module's maps repeats."""
    return math.lcm(node.shape[0], LANES)


def pattern_of(node: Node, to: Builder, name: str) -> Place:
    """A parameter of each map, repeated over a period, copied once a step."""
    maps, period = node.shape[0], period_of(node)
    pattern, times = to.table(period), period // maps
    arrange(to, to.parameter(node, name), pattern, (1, 1, times, maps), (0, 0, 0, 1), (0, 0, maps, 1))
    return pattern


def collect_pattern(node: Node, to: Builder, name: str, pattern: Span) -> None:
    """Add up what a pattern of gradients holds of each map."""
    maps, period = node.shape[0], period_of(node)
    collect(to, to.parameter(node, name), pattern, (1, 1, period // maps, maps), (0, 0, maps, 1), (0, 0, 0, 1))
