"""Every module in PyTorch code: outputs and gradients are those of the definition, to 1e-5."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from export_cases import load_pytorch, network_of, outline_with, project_of
from module_cases import Case, all_cases

from convnet_studio.engine.export.form import Form
from convnet_studio.engine.export.forms.pytorch import ROWS

pytestmark = pytest.mark.parity
CASES = [case for case in all_cases() if case.kind != "Input"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_outputs_and_gradients_are_the_same(case: Case, tmp_path: Path) -> None:
    import torch

    project = project_of(case)
    network = network_of(project, case.shape)
    outline = outline_with(project, network)
    if case.kind not in ROWS:
        (gap,) = Form.registry["pytorch"]().write(outline).gaps
        assert gap == f"{case.kind} (m2) can't be written as PyTorch code: there is no rule for {case.kind}."
        pytest.skip(f"{case.kind} has no row yet")
    _, net = load_pytorch(outline, tmp_path)
    pictures = case.inputs(np.float32)[0]
    expected = network.forward(pictures)["m2"]
    picture = torch.from_numpy(pictures).requires_grad_()
    found = net.eval()(picture)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())

    grad = np.random.default_rng(7).standard_normal(expected.shape).astype(np.float32)
    sent = network.nodes["m2"].module.backward(grad)
    grad_input = sum(sent) if isinstance(sent, tuple) else sent
    found.backward(torch.from_numpy(grad))
    assert_close(picture.grad.numpy(), grad_input)
    for name, parameter in net.named_parameters():
        ours = network.parameters_of("m2")[name.rpartition(".")[2]].grad
        assert_close(parameter.grad.numpy().reshape(ours.shape), ours)


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5 * max(1.0, np.abs(expected).max()))
