"""Snapshot: a frozen picture of the network at work, and the mailbox that hands the newest one to whoever looks."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from convnet_studio.engine.nn.module import Array


@dataclass(frozen=True)
class Snapshot:
    """What one probe picture does in the network at one moment.

    Attributes:
        run_id, step, epoch: of which run and when.
        picture: the probe picture ``(channel, height, width)``; `label` its class, -1 where unknown.
        outputs: output by module id, ``(channel, height, width)`` or ``(n,)``; only what was asked for.
        parameters: learnable arrays by module id and name; only what was asked for.
        loss: of the probe picture, the sum of `losses`, by module id, weights included (nan without a loss or label).
        scores: what the first loss that judges classes is given, ``(classes,)`` (None without one), which is the output
            of the module `scores_of`.
        probabilities: of the classes, ``(classes,)``, where to that loss scores have such a meaning (else None).
        gradients: gradient of the loss of the probe picture by a module's output, by its id, shaped as that output;
            computed as in training (what Dropout silences is silent); only what was asked for, and only of modules
            that reach a loss.

    All arrays are copies and read-only.
    """

    run_id: int
    step: int
    epoch: float
    picture: Array
    label: int
    outputs: Mapping[str, Array] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)
    loss: float = float("nan")
    scores: Array | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    gradients: Mapping[str, Array] = field(default_factory=dict)
    scores_of: str = ""
    probabilities: Array | None = None

    def loss_at(self, module_id: str) -> float:
        """What the loss `module_id` counts in the sum (the sum, where only that is known)."""
        return self.losses.get(module_id, self.loss)


def mask_of(module_id: str) -> str:
    """What to ask for to see which units a module silences in training: 1 for those that speak, 0 for the silent."""
    return f"{module_id}.mask"


class Mailbox:
    """A box for the newest snapshot only.

    The reader asks (`ask`), the worker looks between two steps whether anybody did (`is_asked`) and puts one in
    (`put`), the reader takes it (`take`). So pictures are made as often as they are drawn, and never more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._asked = False

    def ask(self) -> None:
        """Say that a new snapshot is wanted."""
        self._asked = True

    @property
    def is_asked(self) -> bool:
        """Whether a new snapshot is wanted and not yet there."""
        return self._asked

    def put(self, snapshot: Snapshot) -> None:
        """Replace whatever lies in the box."""
        with self._lock:
            self._snapshot = snapshot
            self._asked = False

    def decline(self) -> None:
        """Say that there is nothing to show for now; the reader may ask again."""
        self._asked = False

    def take(self) -> Snapshot | None:
        """Empty the box; None if nothing new lies in it."""
        with self._lock:
            snapshot, self._snapshot = self._snapshot, None
            return snapshot
