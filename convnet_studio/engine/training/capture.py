"""Capture: making a Snapshot of what one picture does in the network now."""

from __future__ import annotations

from contextlib import suppress

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
    shown = shown_picture(run, chosen)
    outputs: dict[str, Array] = {}
    losses: dict[str, float] = {}
    gradients: dict[str, Array] = {}
    scores: Array | None = None
    if run.program is not None:
        with np.errstate(all="ignore"):
            partner = run.material.probe_partner if run.network.compares_pairs else shown
            compared = partner.picture[None] if partner is not shown else None
            run.program.forward(np.ascontiguousarray(shown.picture[None], np.float32), compared)
            computed = (n.id for n in run.network.graph.nodes if not isinstance(n.module, Loss))
            outputs = {each: _frozen(run.program.output(each)[0]) for each in computed if each in probes.outputs}
            outputs |= _masks(run, probes)
            losses, scores = _losses(run, shown.label, partner), _scores(run)
            if probes.gradients and len(losses) == len(run.network.losses) > 0:
                gradients = _gradients(run, shown, partner, probes)
    return Snapshot(
        run_id=run.run_id,
        step=run.course.step,
        epoch=run.course.passes,
        picture=_frozen(shown.picture),
        label=shown.label,
        outputs=outputs,
        parameters=_parameters(run, probes),
        loss=sum(losses.values()) if len(losses) == len(run.network.losses) > 0 else float("nan"),
        scores=scores,
        losses=losses,
        gradients=gradients,
        scores_of=run.network.judge.sources[0] if run.network.judge else "",
        probabilities=_probabilities(run, scores),
    )


def shown_picture(run: Run, chosen: ProbePicture | None) -> ProbePicture:
    """The picture to show: the chosen one; the first test sample where None, or where its shape is not the data's."""
    if chosen is None or chosen.picture.shape != run.material.dataset.input_shape:
        return run.material.first_test_sample
    return chosen


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


def _losses(run: Run, label: int, partner: ProbePicture) -> dict[str, float]:
    """What each loss counts in the sum for the picture just shown, by id; not those that need its unknown label."""
    assert run.program is not None
    found, is_known = {}, 0 <= label < run.network.classes
    for node in run.network.losses:
        assert isinstance(node.module, Loss)
        if not is_known and (node.module.judges_classes() or node.module.compares_pairs):
            continue
        predictions = [run.program.output(source) for source in node.sources]
        value = loss_of(node, predictions, np.array([label]), np.array([partner.label]))
        found[node.id] = node.module.weight * float(value[0])
    return found


def _gradients(run: Run, shown: ProbePicture, partner: ProbePicture, probes: Probes) -> dict[str, Array]:
    """The gradient of the loss of the picture by each output that is asked for and has one."""
    assert run.program is not None
    compared = run.network.compares_pairs
    classes = run.network.classes
    label = shown.label if 0 <= shown.label < classes else min(0, classes - 1)  # then no loss looks at it
    run.program.gradient_on(
        np.ascontiguousarray(shown.picture[None], np.float32),
        np.array([label]),
        partner.picture[None] if compared else None,
        np.array([partner.label]) if compared else None,
    )
    found = {}
    for node in run.network.graph.nodes:
        if node.id in probes.gradients and not isinstance(node.module, Loss):
            with suppress(ValueError):  # it reaches no loss
                found[node.id] = _frozen(run.program.output_gradient(node.id)[0])
    return found


def _scores(run: Run) -> Array | None:
    """What the judge among the losses is given, None without one."""
    judge = run.network.judge
    return _frozen(run.program.output(judge.sources[0])[0].ravel()) if judge and run.program else None


def _probabilities(run: Run, scores: Array | None) -> Array | None:
    found = None if scores is None else run.network.probabilities(scores[None])
    return None if found is None else _frozen(found[0])


def _frozen(array: Array) -> Array:
    copy = np.array(array, np.float32)
    copy.flags.writeable = False
    return copy
