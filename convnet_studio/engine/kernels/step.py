"""What every operation may know of the step that is under way: the first numbers of a thread's workspace.

The interpreter writes them; they are float32, as everything in a workspace.
"""

from __future__ import annotations

SHARE = 0
"""What one sample's gradient counts in the mean: 1 / samples."""
COUNT = 1
"""Samples of this step."""
MODE = 2
"""What becomes of the gradient: one of the three below."""
RATE = 3
"""The learning rate, where the step descends."""
MOMENTUM = 4
"""The factor by which the velocity fades, in mode MOVE."""
SPOILED = 5
"""Not 0 (or not a number) where an update has written a parameter that is not finite."""

GRADIENT = 0
"""It is only computed: finishing operations add it to the flat gradient."""
DESCEND = 1
"""Plain descent: finishing operations subtract rate times gradient from the parameters, and it lies nowhere."""
MOVE = 2
"""Descent with momentum: finishing operations add it to the faded velocity and subtract rate times that."""
