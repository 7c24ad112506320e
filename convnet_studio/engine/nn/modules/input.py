"""Input: where the data's pictures enter the network."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.module import Array, Family, Module, Shape, setting


class Input(Module):
    """Hands on the pictures of the data set as they are.

    A network that compares two pictures has two: one shows the sample, the other its partner, another sample of the
    same split that is drawn anew for each pass, half of the time from the same class.
    """

    family: ClassVar = Family.INPUT
    word: ClassVar = "picture"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = x"
    input_count: ClassVar = 0

    picture: str = setting(
        "sample", "Picture", "The sample itself, or the one it is compared with.", choices=("sample", "partner")
    )

    def shows_partner(self) -> bool:
        """As set."""
        return self.picture == "partner"

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one picture."""
        return shape

    def caption(self) -> str:
        """Which picture, where it is not the sample."""
        return "partner" if self.shows_partner() else ""

    def forward(self, x: Array) -> Array:
        """The pictures."""
        return x

    def backward(self, grad_output: Array) -> Array:
        """The gradient by the pictures."""
        return grad_output

    def is_non_negative(self, pixels: bool) -> bool:
        """Pixels lie in 0 .. 1, unless they were normalised."""
        return pixels
