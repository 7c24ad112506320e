"""street_digits_synth: digits as on house fronts, composed by a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from convnet_studio.engine.data.dataset import Array, DatasetFile, head_and_tail

HELD_OUT = 800


class StreetDigitsSynth(DatasetFile):
    """Digits of free fonts over photographs, in the manner of the Street View House Numbers, Netzer et al. (2011)."""

    name: ClassVar = "street_digits_synth"
    title: ClassVar = "Synthetic street digits"
    description: ClassVar = (
        "4,000 synthetic colour pictures of 32×32 pixels, digits of free fonts over photographs in the manner of house "
        "numbers: the last 800 are held out. They share fonts and backgrounds, so errors say nothing of the real SVHN."
    )
    synthetic: ClassVar = True

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """The last 800 are held out."""
        count = len(arrays["labels"])
        return head_and_tail(count, count - HELD_OUT)

    def credits(self, arrays: Mapping[str, Array]) -> list[str]:
        """The fonts and the photographs it was composed from."""
        return [
            "Digits drawn from the fonts Lato, Bebas Neue, Liberation, Linux Libertine, Cantarell, Comfortaa, "
            "Quicksand, League Spartan, Yanone Kaffeesatz, Junction, Lobster Two and Play (SIL OFL 1.1), Open Sans and "
            "Roboto (Apache 2.0) and DejaVu (Bitstream Vera licence)",
            "Backgrounds: cut from the photographs of the data set Photographs, whose credits stand there",
        ]
