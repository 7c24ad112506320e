"""Capture: making a Snapshot of what one picture does in the network now."""

from __future__ import annotations

import numpy as np

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.probes import ProbePicture, Probes
from convnet_studio.engine.training.run import Run
from convnet_studio.engine.training.snapshot import Snapshot


def capture(run: Run, chosen: ProbePicture | None, probes: Probes) -> Snapshot:
    """Show a picture to the network and copy what `probes` asks for of what there is.

    Args:
        run: the weights to look at; training goes on afterwards as if nothing had happened.
        chosen: the picture; the first test sample where None, or where its shape is not the data's.
        probes: which modules' outputs and parameters to copy.
    """
    shown = chosen
    if shown is None or shown.picture.shape != run.material.dataset.input_shape:
        shown = run.material.first_test_sample
    outputs: dict[str, Array] = {}
    loss, scores = float("nan"), None
    if run.program is not None:
        with np.errstate(all="ignore"):
            run.program.forward(np.ascontiguousarray(shown.picture[None], np.float32))
            computed = (n.id for n in run.network.graph.nodes if not isinstance(n.module, Loss))
            outputs = {each: _frozen(run.program.output(each)[0]) for each in computed if each in probes.outputs}
            loss, scores = _judge(run, shown.label)
    return Snapshot(
        run_id=run.run_id,
        step=run.course.step,
        epoch=run.course.passes,
        picture=_frozen(shown.picture),
        label=shown.label,
        outputs=outputs,
        parameters=_parameters(run, probes),
        loss=loss,
        scores=scores,
    )


def _parameters(run: Run, probes: Probes) -> dict[str, dict[str, Array]]:
    return {
        module_id: {name: _frozen(each.value) for name, each in run.network.parameters_of(module_id).items()}
        for module_id in run.network.slices
        if module_id in probes.parameters
    }


def _judge(run: Run, label: int) -> tuple[float, Array | None]:
    """The sum of all losses for the picture just shown, and what the first of them judges."""
    assert run.program is not None
    predictions = [run.program.output(node.sources[0]) for node in run.network.losses]
    if not predictions:
        return float("nan"), None
    scores = _frozen(predictions[0][0].ravel())
    if not 0 <= label < run.network.classes:
        return float("nan"), scores
    labels = np.array([label])
    loss = 0.0
    for node, prediction in zip(run.network.losses, predictions, strict=True):
        assert isinstance(node.module, Loss)
        loss += float(node.module.forward(prediction, node.module.target(labels, prediction.shape[1:]))[0])
    return loss, scores


def _frozen(array: Array) -> Array:
    copy = np.array(array, np.float32)
    copy.flags.writeable = False
    return copy
