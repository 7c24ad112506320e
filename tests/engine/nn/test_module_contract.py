"""What every module promises, checked for every file in modules/."""

from __future__ import annotations

import numpy as np
import pytest
from module_cases import SHAPES, Case, all_cases, settings_to_try

from convnet_studio.engine.nn.gradient_check import check_module
from convnet_studio.engine.nn.module import Array, Family, Module, Shape, ShapeProblem, settings_of

CASES = all_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=str)
each_kind = pytest.mark.parametrize("kind", list(Module.registry))


def run(module: Module, inputs: list[Array]) -> list[Array]:
    """Output, gradients by the inputs, gradients by the parameters (set to zero before)."""
    for each in module.parameters().values():
        each.grad[...] = 0
    output = module.forward(*inputs)
    grads = module.backward(grad_output_for(output))
    grads = grads if isinstance(grads, tuple) else (grads,)
    return [output.copy(), *grads, *(each.grad.copy() for each in module.parameters().values())]


def problem_of(module: Module, *shapes: Shape) -> ShapeProblem | None:
    try:
        module.output_shape(*shapes)
    except ShapeProblem as problem:
        return problem
    return None


def grad_output_for(output: Array) -> Array:
    return np.random.default_rng(7).standard_normal(output.shape).astype(output.dtype)


@each_kind
def test_some_shape_is_accepted_with_default_settings(kind: str) -> None:
    assert any(case.kind == kind and not case.settings for case in CASES)


@each_case
def test_gradients_are_the_slopes(case: Case) -> None:
    check = check_module(case.module(), *case.inputs())
    assert check.relative_error < 1e-6, check


@each_case
def test_shapes_are_as_promised(case: Case) -> None:
    module, inputs = case.module(), case.inputs()
    output, *grads = run(module, inputs)
    assert output.shape[1:] == module.output_shape(*case.input_shapes)
    assert [grad.shape for grad in grads[: len(inputs)]] == [each.shape for each in inputs]
    assert list(module.parameters()) == list(module.parameter_shapes(*case.input_shapes))
    cost = module.multiply_accumulates(*case.input_shapes)
    assert isinstance(cost, int)
    assert cost >= 0


@each_case
def test_nothing_given_is_changed(case: Case) -> None:
    module, inputs = case.module(), case.inputs()
    for each in inputs:
        each.flags.writeable = False
    values = [each.value.copy() for each in module.parameters().values()]
    output = module.forward(*inputs)
    kept, grad_output = output.copy(), grad_output_for(output)
    module.backward(grad_output)
    np.testing.assert_array_equal(grad_output, grad_output_for(output))
    np.testing.assert_array_equal(output, kept)
    for value, each in zip(values, module.parameters().values(), strict=True):
        np.testing.assert_array_equal(value, each.value)


@each_case
def test_the_same_again_is_the_same_to_the_bit(case: Case) -> None:
    module = case.module()
    first, again, other = run(module, case.inputs()), run(module, case.inputs()), run(case.module(), case.inputs())
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)


@each_case
def test_parameter_gradients_are_added(case: Case) -> None:
    module, inputs = case.module(), case.inputs()
    run(module, inputs)
    once = [each.grad.copy() for each in module.parameters().values()]
    module.backward(grad_output_for(module.forward(*inputs)))
    for grad, each in zip(once, module.parameters().values(), strict=True):
        np.testing.assert_allclose(each.grad, 2 * grad, rtol=1e-12)


@each_case
def test_float32_stays_float32_and_agrees_with_float64(case: Case) -> None:
    single = run(case.module(np.float32), case.inputs(np.float32))
    double = run(case.module(), case.inputs())
    for a, b in zip(single, double, strict=True):
        assert (a.dtype, b.dtype) == (np.float32, np.float64)
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * np.abs(b).max(initial=1e-30))


@each_case
def test_samples_do_not_know_each_other(case: Case) -> None:
    module, inputs = case.module(), case.inputs()
    together = module.forward(*inputs).copy()
    for sample in range(len(together)):
        alone = module.forward(*(each[sample : sample + 1] for each in inputs))
        np.testing.assert_allclose(alone[0], together[sample], rtol=1e-12, atol=1e-14)


@each_case
def test_non_negative_outputs_are_as_promised(case: Case) -> None:
    module = case.module()
    for positive in (True, False):
        inputs = case.inputs(positive=positive)
        if case.kind == "Input" and not positive:
            continue  # pixels are never negative
        if module.is_non_negative(*[positive] * len(inputs)):
            assert module.forward(*inputs).min() >= 0


@each_kind
def test_a_module_tells_about_itself(kind: str) -> None:
    cls = Module.registry[kind]
    assert cls.__name__ == kind
    assert isinstance(cls.family, Family)
    assert cls.word
    assert cls.formula
    assert cls.__doc__
    assert len(cls().caption()) <= 20
    assert all(each.label and each.help for each in settings_of(cls))


@each_kind
def test_the_formula_can_be_drawn(kind: str) -> None:
    ziamath = pytest.importorskip("ziamath", reason="ziamath draws formulas")
    assert ziamath.Latex(Module.registry[kind].formula).svg().startswith("<svg")


@each_kind
def test_settings_survive_a_round_trip(kind: str) -> None:
    cls = Module.registry[kind]
    for settings in settings_to_try(cls):
        made = cls(**settings)
        assert made.settings() == cls().settings() | settings
        assert cls(**made.settings()).settings() == made.settings()


@each_kind
def test_settings_out_of_bounds_are_refused_in_one_sentence(kind: str) -> None:
    cls = Module.registry[kind]
    for each in settings_of(cls):
        wrong: list[object] = [None, [], {}, float("nan"), float("inf"), 10**400, ";no such text;"]
        if each.type in (int, float):
            assert each.minimum is not None, f"{each.name} needs a minimum and a maximum"
            assert each.maximum is not None, f"{each.name} needs a minimum and a maximum"
            wrong += [each.minimum - 1, each.maximum + 1, True]
        for value in wrong:
            with pytest.raises(ValueError, match=r"." if each.syntax else r"must be|choose one of") as error:
                cls(**{each.name: value})
            assert str(error.value).startswith(each.label)


@each_kind
def test_a_shape_problem_speaks_and_its_mend_mends(kind: str) -> None:
    cls = Module.registry[kind]
    for settings in settings_to_try(cls, extreme=True):
        for shape in (*SHAPES, (1, 1, 1), (1, 2, 3)):
            shapes = (shape,) * max(1, cls(**settings).port_count())
            mended, told = dict(settings), set()
            while problem := problem_of(cls(**mended), *shapes):
                assert problem.what not in told, f"{problem.change} does not mend it"
                assert problem.fix
                told.add(problem.what)
                if not problem.change:
                    break
                mended |= problem.change  # which may bring another to light, with a mend of its own


def test_two_modules_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two kinds of module named 'Tanh'"):
        Module.registry.add("Tanh", Module.registry["ReLU"])


def test_an_unknown_module_is_answered_with_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"no module named 'Conv4d'; there are Abs, .*Tanh"):
        Module.registry["Conv4d"]
