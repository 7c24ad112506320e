"""WinnerTakesAll as operations."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import competition
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.winner_takes_all import WinnerTakesAll
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.shapes import channels_and_positions


@lowers(WinnerTakesAll, forgets_output=True)
def lower_winner_takes_all(node: Node, to: Builder) -> None:
    """Groups are the channels of each position, or the positions of each channel."""
    assert isinstance(node.module, WinnerTakesAll)
    channels, positions = channels_and_positions(node.shape)
    if node.module.over == "maps":
        groups: dict[str, Any] = {"groups": positions, "members": channels, "group_step": channels, "member_step": 1}
    else:
        groups = {"groups": channels, "members": positions, "group_step": 1, "member_step": channels}
    y = to.output(node)
    wins = to.scratch(y.size, f"winners of {node.id}")
    to.forward(
        competition.winners_forward,
        x=to.input(node),
        y=y,
        wins=wins,
        size=y.size,
        winners=node.module.winners,
        **groups,
    )
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(competition.winners_backward, x_gradient=dx, y_gradient=dy, wins=wins, size=y.size)
