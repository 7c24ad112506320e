"""Capture: making a Snapshot of what one picture does in the network now."""

from __future__ import annotations

import numpy as np

from convnet_studio.engine.nn.chance import RandomModule
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import loss_of
from convnet_studio.engine.training.probes import ProbePicture, Probes
from convnet_studio.engine.training.run import Run
from convnet_studio.engine.training.snapshot import Snapshot, mask_of


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
            outputs |= _masks(run, probes)
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
        for module_id in run.network.spans
        if module_id in probes.parameters
    }


def _masks(run: Run, probes: Probes) -> dict[str, Array]:
    """What of the modules that draw would speak if the picture were the first of the next step, by `mask_of` its id."""
    return {
        mask_of(node.id): _frozen(node.module.mask(1, node.shape)[0])
        for node in run.network.graph.nodes
        if isinstance(node.module, RandomModule) and mask_of(node.id) in probes.outputs
    }


def _judge(run: Run, label: int) -> tuple[float, Array | None]:
    """The weighted sum of all losses for the picture just shown, as its own partner, and what their judge is given."""
    assert run.program is not None
    judge, labels, loss = run.network.judge, np.array([label]), 0.0
    scores = _frozen(run.program.output(judge.sources[0])[0].ravel()) if judge else None
    if not run.network.losses or not 0 <= label < run.network.classes:
        return float("nan"), scores
    for node in run.network.losses:
        assert isinstance(node.module, Loss)
        predictions = [run.program.output(source) for source in node.sources]
        loss += node.module.weight * float(loss_of(node, predictions, labels, labels)[0])
    return loss, scores


def _frozen(array: Array) -> Array:
    copy = np.array(array, np.float32)
    copy.flags.writeable = False
    return copy
