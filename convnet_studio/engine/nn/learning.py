"""Learning: how one module learns, where that differs from the rest of its network."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_INITIALIZER = "Torch"


@dataclass(frozen=True)
class Learning:
    """How one module learns.

    Attributes:
        rate: its learning rate as a multiple of the network's.
        frozen: its parameters stay as they are.
        initializer: one of `initializers.INITIALIZERS`, by which its weights are drawn.
        scale: its initial weights are multiplied by this.
    """

    rate: float = 1.0
    frozen: bool = False
    initializer: str = DEFAULT_INITIALIZER
    scale: float = 1.0

    @property
    def learns(self) -> bool:
        """Whether a step changes its parameters."""
        return not self.frozen and self.rate > 0
