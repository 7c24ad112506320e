"""What every operation may know of the step that is under way: the first numbers of a thread's workspace.

The interpreter writes them, and reads `SPOILED`; they are float32, as everything in a workspace.
"""

from __future__ import annotations

SHARE = 0
"""What one sample's gradient counts in the mean: 1 / samples."""
SPOILED = 1
"""An update makes it other than 0 where it has left numbers that are not finite."""
COUNT = 2
"""Samples of this step."""
MODE = 3
"""What becomes of the gradient: one of the three below."""
RATE = 4
"""The learning rate, where the step descends."""
MOMENTUM = 5
"""The factor by which the velocity fades, in mode MOVE."""

GRADIENT = 0
"""It is only computed: finishing operations add it to the flat gradient."""
DESCEND = 1
"""Plain descent: finishing operations subtract rate times gradient from the parameters, and it lies nowhere."""
MOVE = 2
"""Descent with momentum: finishing operations add it to the faded velocity and subtract rate times that."""
