"""Joining: what Add, Concat and Multiply share: several wires in, one out."""

from __future__ import annotations

from convnet_studio.engine.nn.module import Module, Shape, ShapeProblem, setting

MOST_INPUTS = 8


class Joining(Module):
    """A module with as many input ports as it is set to."""

    inputs: int = setting(2, "Inputs", "How many wires it takes.", minimum=1, maximum=MOST_INPUTS)

    def port_count(self) -> int:
        """As set."""
        return self.inputs

    def caption(self) -> str:
        """The number of inputs, where it is not the usual two."""
        return "" if self.inputs == 2 else f"{self.inputs} inputs"

    def is_non_negative(self, *inputs_are: bool) -> bool:
        """Where all inputs are."""
        return all(inputs_are)


def require_equal(what: str, *shapes: Shape) -> None:
    """Raise ShapeProblem unless all inputs of `what` have one shape."""
    for port, shape in enumerate(shapes[1:], 2):
        if shape != shapes[0]:
            raise ShapeProblem(
                f"{what} needs inputs of one shape, but input 1 is {written(shapes[0])} and input {port} "
                f"is {written(shape)}",
                "bring them to one size, by a Conv2d, a pooling or an Upsample",
            )


def written(shape: Shape) -> str:
    """A shape as people write it: 16×5×5."""
    return "×".join(map(str, shape))
