"""Standing: where a run stands in its data, as plain numbers that a file can keep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

RUN, STANDING, CURVES = "run", "standing", "curves"
"""What a project file calls a run, and in it where it stands and what it has drawn."""

LARGEST = 2**53
"""Beyond this a number in JSON is no longer exact."""


@dataclass(frozen=True)
class Standing:
    """Together with the weights it lets a run go on (the optimizer's state begins anew).

    Attributes:
        seed: that the order of samples follows from, and of the first weights.
        step, epoch, cursor: updates, whole passes, and samples of the present pass so far.
        plan_start: passes at which the present plan began.
        loss_sum, errors, seconds: of the present pass so far.
    """

    seed: int
    step: int
    epoch: int
    cursor: int
    plan_start: float
    loss_sum: float
    errors: int
    seconds: float

    def to_json(self) -> dict[str, int | float]:
        """The numbers by name."""
        return asdict(self)


def standing_from_json(stored: object) -> Standing | None:
    """What `Standing.to_json` wrote; None for anything else: a file may hold whatever it likes."""
    if not isinstance(stored, Mapping):
        return None
    numbers: dict[str, Any] = {}
    for each in fields(Standing):
        value: Any = stored.get(each.name)
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not (is_whole or (each.type == "float" and isinstance(value, float))):
            return None
        if not (math.isfinite(value) and 0 <= value <= LARGEST):
            return None
        numbers[each.name] = value
    return Standing(**numbers)
