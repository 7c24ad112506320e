"""Numbers of a card in few characters, always with their unit."""

from __future__ import annotations

import math

from convnet_studio.engine.nn.module import Shape


def short_count(count: int) -> str:
    """A count in at most five characters: 208, 5,994, 331K, 1.2M."""
    for limit, divisor, unit in ((10_000, 1, ""), (999_500, 1_000, "K"), (999_500_000, 1_000_000, "M")):
        if count < limit:
            if not unit:
                return f"{count:,}"
            scaled = count / divisor
            digits = f"{scaled:.1f}".removesuffix(".0") if scaled < 99.95 else f"{scaled:.0f}"
            return digits + unit
    return f"{count / 1e9:.1f}G"


def shape_text(shape: Shape | None) -> str:
    """A shape as people write it: ``8@24×24``, ``256 values``; in words where a problem hides it."""
    if shape is None:
        return "not computed"
    if len(shape) == 1:
        return f"{shape[0]:,} values" if shape[0] != 1 else "1 value"
    return f"{shape[0]}@{'×'.join(str(each) for each in shape[1:])}" if shape else ""


def loss_text(loss: float) -> str:
    """A loss in at most six characters."""
    if not math.isfinite(loss):
        return "∞" if math.isinf(loss) else "–"
    return f"{loss:.3f}" if abs(loss) < 100 else f"{loss:.1f}" if abs(loss) < 1e4 else f"{loss:.0e}"


def counted(count: int, unit: str) -> str:
    """`count` and `unit` with a plural s where it needs one."""
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"
