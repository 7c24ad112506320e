"""Filter banks beside PyTorch on random shapes; connection tables beside the papers' counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convnet_studio.engine.nn.modules  # noqa: F401 - fills the registry
from convnet_studio.engine.nn.connection_table import connected_pairs, read_table, table_text
from convnet_studio.engine.nn.gradient_check import give_parameters
from convnet_studio.engine.nn.module import LONGEST_TEXT, Module, ShapeProblem

often = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 2**31)


def kernels(text: str, inputs: int, outputs: int) -> int:
    return len(connected_pairs(text, inputs, outputs))


def rows_of(text: str, inputs: int, outputs: int) -> list[set[int]]:
    rows: list[set[int]] = [set() for _ in range(outputs)]
    for output, source in connected_pairs(text, inputs, outputs):
        rows[output].add(source)
    return rows


@pytest.mark.parametrize(
    ("text", "inputs", "outputs"),
    [("full", 3, 5), ("one-to-one", 4, 8), ("lenet-5", 6, 16), ("lenet-7", 8, 24), ("0, 0-3, 0 2-4", 5, 3)],
)
def test_a_table_is_written_as_it_is_read(text: str, inputs: int, outputs: int) -> None:
    assert table_text(rows_of(text, inputs, outputs), inputs) == text


@often
@given(seeds, st.integers(1, 12), st.integers(1, 12))
def test_any_table_survives_being_written(seed: int, inputs: int, outputs: int) -> None:
    random = np.random.default_rng(seed)
    rows = [set(map(int, random.permutation(inputs)[: random.integers(1, inputs + 1)])) for _ in range(outputs)]
    text = table_text(rows, inputs)
    read_table(text)
    assert rows_of(text, inputs, outputs) == rows


def test_a_large_table_by_hand_is_short_enough_for_a_setting() -> None:
    rows = [set(range(64)) - {output % 64} for output in range(256)]
    text = table_text(rows, 64)
    assert len(text) < LONGEST_TEXT / 5
    assert len(table_text([set(range(0, 64, 2))] * 256, 64)) < LONGEST_TEXT, "the longest there is"


def test_an_output_without_inputs_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^Output map 1 would see no input: every output map needs at least one\.$"):
        table_text([{0}, set()], 2)
    with pytest.raises(ValueError, match="goes down: write 1-3"):
        read_table("0, 3-1")
    with pytest.raises(ShapeProblem, match="connects 10000"):
        connected_pairs("0-9999", 3, 1)


def test_the_papers_tables() -> None:
    assert kernels("lenet-5", 6, 16) == 60
    assert kernels("lenet-7", 8, 24) == 96
    assert kernels("random 16", 64, 256) == 4096
    fan_in = np.bincount([output for output, _ in connected_pairs("lenet-5", 6, 16)])
    assert sorted(fan_in) == [3] * 6 + [4] * 9 + [6]
    counts = np.bincount([source for _, source in connected_pairs("lenet-5", 6, 16)])
    assert set(counts) == {10}, "each map of S2 goes to ten of C3"
    module = Module.registry["Conv2d"](out_channels=16, table="lenet-5")
    assert sum(int(np.prod(each.shape)) for each in module.parameter_shapes((6, 14, 14)).values()) == 1516
    assert module.multiply_accumulates((6, 14, 14)) == 60 * 25 * 100


def test_tables_by_rule_and_by_list() -> None:
    assert connected_pairs("one-to-one", 2, 4) == ((0, 0), (1, 0), (2, 1), (3, 1))
    assert connected_pairs("groups 2", 4, 2) == ((0, 0), (0, 1), (1, 2), (1, 3))
    assert connected_pairs("0 2, 1", 3, 2) == ((0, 0), (0, 2), (1, 1))
    assert connected_pairs("random 2", 5, 9) == connected_pairs("random 2", 5, 9)
    assert connected_pairs("random 2", 5, 9) != connected_pairs("random 2 seed 2", 5, 9)


@pytest.mark.parametrize(
    "text", ["", "all", "groups", "groups 0", "random", "random 3 seed", "0,,1", "-1", "1.5", "0 1 2;", "٣"]
)
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write full, one-to-one"):
        read_table(text)


@pytest.mark.parametrize(
    ("text", "inputs", "outputs", "what"),
    [
        ("lenet-5", 5, 16, "connects 6 to 16 maps, here are 5 and 16"),
        ("one-to-one", 3, 4, "can't both be divided into 3 groups"),
        ("random 4", 3, 4, "There are 3 input maps, not 4"),
        ("0 1, 2", 2, 2, "connects 3 to 2 maps, here are 2 and 2"),
        ("0 1, 2", 3, 4, "connects 3 to 2 maps, here are 3 and 4"),
    ],
)
def test_tables_that_do_not_go_with_the_maps(text: str, inputs: int, outputs: int, what: str) -> None:
    with pytest.raises(ShapeProblem, match=what):
        connected_pairs(text, inputs, outputs)


def test_biases_of_units_are_as_many_as_units() -> None:
    module = Module.registry["Conv2d"](out_channels=12, stride=2, padding=2, biases="each unit")
    assert {name: each.shape for name, each in module.parameter_shapes((1, 16, 16)).items()} == {
        "weight": (12, 1, 5, 5),
        "bias": (12, 8, 8),
    }


@pytest.mark.parity
class TestBesidePyTorch:
    """Float32, forward and backward."""

    @often
    @given(st.data(), seeds, st.integers(1, 3))
    def test_sliding(self, draw: st.DataObject, seed: int, dimensions: int) -> None:
        torch = pytest.importorskip("torch")
        stride, padding, groups = (draw.draw(st.integers(*each)) for each in ((1, 3), (0, 2), (1, 3)))
        inputs, outputs = groups * draw.draw(st.integers(1, 2)), groups * draw.draw(st.integers(1, 3))
        kernel, has_bias = draw.draw(st.integers(1, 3)), draw.draw(st.booleans())
        space = tuple(draw.draw(st.integers(3, 7)) for _ in range(dimensions))
        ours = Module.registry[f"Conv{dimensions}d"](
            out_channels=outputs, kernel_size=kernel, stride=stride, padding=padding,
            table=f"groups {groups}", biases="each map" if has_bias else "none",
        )  # fmt: skip
        theirs = getattr(torch.nn, f"Conv{dimensions}d")(
            inputs, outputs, kernel, stride, padding, groups=groups, bias=has_bias
        )
        compare(ours, theirs, (draw.draw(st.integers(1, 3)), inputs, *space), seed)

    @often
    @given(st.data(), seeds)
    def test_transposed(self, draw: st.DataObject, seed: int) -> None:
        torch = pytest.importorskip("torch")
        inputs, outputs, kernel, stride = (draw.draw(st.integers(1, 4)) for _ in range(4))
        space = (draw.draw(st.integers(2, 6)), draw.draw(st.integers(2, 6)))
        padding = draw.draw(st.integers(0, (min(space) * stride - stride + kernel - 1) // 2))
        chosen = {"out_channels": outputs, "kernel_size": kernel, "stride": stride, "padding": min(padding, 3)}
        theirs = torch.nn.ConvTranspose2d(inputs, outputs, kernel, stride, min(padding, 3))
        compare(Module.registry["ConvTranspose2d"](**chosen), theirs, (2, inputs, *space), seed)

    @often
    @given(st.data(), seeds)
    def test_local_connections(self, draw: st.DataObject, seed: int) -> None:
        """At each place, a convolution of its own whose picture is the window."""
        torch = pytest.importorskip("torch")
        inputs, outputs, kernel, stride = (draw.draw(st.integers(1, 3)) for _ in range(4))
        ours = Module.registry["LocallyConnected2d"](out_channels=outputs, kernel_size=kernel, stride=stride)

        class Theirs(torch.nn.Module):  # type: ignore[misc, name-defined]
            weight: Any
            bias: Any

            def forward(self, x: Any) -> Any:
                windows = torch.nn.functional.unfold(x, kernel, stride=stride)
                rows, across = self.bias.shape[:2]
                windows = windows.reshape(len(x), -1, rows, across)
                weight = self.weight.reshape(rows, across, outputs, -1)
                return torch.einsum("nirc,rcoi->norc", windows, weight) + self.bias.permute(2, 0, 1)

        theirs = Theirs()
        theirs.weight = theirs.bias = torch.nn.Parameter(torch.zeros(1))
        theirs.bias = torch.nn.Parameter(torch.zeros(1))
        shape = (2, inputs, draw.draw(st.integers(kernel, 8)), draw.draw(st.integers(kernel, 8)))
        compare(ours, theirs, shape, seed)


def compare(ours: Module, theirs: Any, shape: tuple[int, ...], seed: int) -> None:
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(seed)
    x = random.standard_normal(shape).astype(np.float32)
    give_parameters(ours, shape[1:], dtype=np.float32, seed=seed)
    for name, each in ours.parameters().items():
        theirs_too = getattr(theirs, name)
        shaped = each.value.reshape(theirs_too.shape) if theirs_too.numel() == each.value.size > 1 else each.value
        theirs_too.data = torch.from_numpy(shaped.copy())
    x_theirs = torch.from_numpy(x.copy()).requires_grad_()
    y, y_theirs = ours.forward(x), theirs(x_theirs)
    grad_output = random.standard_normal(y.shape).astype(np.float32)
    y_theirs.backward(torch.from_numpy(grad_output))
    assert_close(y, y_theirs.detach())
    assert_close(ours.backward(grad_output), x_theirs.grad)
    for name, each in ours.parameters().items():
        assert_close(each.grad.reshape(-1), getattr(theirs, name).grad.reshape(-1))


def assert_close(ours: Any, theirs: Any) -> None:
    """Within 1e-5 of the largest value: sums are taken in another order."""
    expected = theirs.numpy()
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max(initial=1e-30))
