"""Progress: one line on the terminal that is drawn again and again; a few plain lines where there is no terminal."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TextIO

BAR_CELLS = 24
SECONDS_BETWEEN_DRAWINGS = 0.1
SECONDS_BETWEEN_LINES = 10.0


class ProgressLine:
    """Shows how much of a task is done, as a context: the line is ended when the block is left.

    Args:
        title: what is being done.
        stream: where to write; standard error if None.
    """

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = stream or sys.stderr
        self._redraws = self._stream.isatty()
        self._first: tuple[float, float] | None = None  # time and fraction of the first call
        self._last_drawn = -1e9
        self._width = 0

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *error: object) -> None:
        if self._width:
            self._write("\n")

    def show(self, fraction: float, details: str = "") -> None:
        """Draw the line anew, unless that was done a moment ago and the end is not reached.

        Args:
            fraction: how much is done, 0 to 1.
            details: added at the end, such as a rate.
        """
        now = perf_counter()
        self._first = self._first or (now, fraction)
        between = SECONDS_BETWEEN_DRAWINGS if self._redraws else SECONDS_BETWEEN_LINES
        if now - self._last_drawn < between and fraction < 1:
            return
        self._last_drawn = now
        text = "  ".join(
            filter(None, [self._title, f"{fraction:4.0%}", details, self._remaining(fraction, now, *self._first)])
        )
        if self._redraws:
            filled = round(BAR_CELLS * fraction)
            text = f"{'━' * filled}{'╌' * (BAR_CELLS - filled)}  {text}"
            self._write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._write(text + "\n")

    def _remaining(self, fraction: float, now: float, first: float, first_fraction: float) -> str:
        """From the pace since the first call, so that getting ready does not count."""
        if not first_fraction < fraction < 1:
            return ""
        seconds = round((now - first) * (1 - fraction) / (fraction - first_fraction))
        return f"{seconds // 60}:{seconds % 60:02d} left"

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "ascii"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()
