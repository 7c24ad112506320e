"""Numbers of compiled code in float32: a plain Python float would turn a whole expression into float64."""

from __future__ import annotations

import numpy as np

ZERO = np.float32(0)
ONE = np.float32(1)
TWO = np.float32(2)
HALF = np.float32(0.5)
