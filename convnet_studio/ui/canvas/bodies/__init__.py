"""The live parts of cards, one class each; `make_body` chooses by what the card shows."""

from __future__ import annotations

from convnet_studio.ui.canvas.bodies.body import Body
from convnet_studio.ui.canvas.bodies.class_bars import ClassBarsBody
from convnet_studio.ui.canvas.bodies.loss_figures import LossBody
from convnet_studio.ui.canvas.bodies.maps import MapsBody
from convnet_studio.ui.canvas.bodies.missing import MissingBody
from convnet_studio.ui.canvas.bodies.strip import StripBody
from convnet_studio.ui.canvas.card import BodyKind, Card

_BODIES: dict[BodyKind, type[Body]] = {
    BodyKind.MISSING: MissingBody,
    BodyKind.MAPS: MapsBody,
    BodyKind.STRIP: StripBody,
    BodyKind.CLASSES: ClassBarsBody,
    BodyKind.LOSS: LossBody,
}


def make_body(card: Card, class_names: tuple[str, ...]) -> Body:
    """The live part of `card`, empty until it is given a snapshot."""
    return _BODIES[card.body](card, class_names)
