"""Every module as operations of ONNX: onnx's own reference evaluator gives the outputs of the definition, to 1e-5."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from export_cases import network_of, outline_with, project_of, weights_of
from module_cases import Case, all_cases

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.export.form import ExportError, Form, export
from convnet_studio.engine.export.forms.onnx import ROWS
from convnet_studio.engine.project.presets import load_preset, preset_names

CASES = [case for case in all_cases() if case.kind != "Input"]


def answers(model: bytes, **pictures: np.ndarray) -> list[np.ndarray]:
    onnx = pytest.importorskip("onnx")
    reference = importlib.import_module("onnx.reference")
    return list(reference.ReferenceEvaluator(onnx.load_model_from_string(model)).run(None, pictures))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_outputs_are_the_same(case: Case) -> None:
    pytest.importorskip("onnx")
    project = project_of(case)
    network = network_of(project, case.shape)
    written = Form.registry["onnx"]().write(outline_with(project, network))
    if case.kind not in ROWS:
        assert written.gaps == (
            f"{case.kind} (m2) can't be written as an ONNX model: there is no rule for {case.kind}.",
        )
        pytest.skip(f"{case.kind} has no row yet")
    pictures = case.inputs(np.float32)[0]
    expected = network.forward(pictures)["m2"]
    (found,) = answers(bytes(written.content), picture=pictures)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize(
    "name", [name for name in preset_names() if name not in ("caltech-83", "photo-autoencoder", "one-one-one")]
)
def test_presets_answer_the_same(name: str) -> None:
    pytest.importorskip("onnx")
    project = load_preset(name)
    dataset = load_dataset(project.data.dataset)
    network = network_of(project, dataset.input_shape, dataset.classes)
    network.parameters *= 0.2
    pictures = np.random.default_rng(1).random((2, *dataset.input_shape)).astype(np.float32)
    expected = network.forward(pictures)[network.losses[0].sources[0]]
    (found,) = answers(bytes(export(project, "onnx", weights_of(network)).content), picture=pictures)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * max(1.0, np.abs(expected).max()))


def test_without_the_package_one_sentence_tells_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    true_import = importlib.import_module

    def refuse(name: str, package: str | None = None) -> Any:
        if name.startswith("onnx"):
            raise ImportError(name)
        return true_import(name, package)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(ExportError, match=r'^An ONNX model needs .*pip install "convnet-studio\[onnx\]"\.$'):
        export(load_preset("tiny-digits"), "onnx")
