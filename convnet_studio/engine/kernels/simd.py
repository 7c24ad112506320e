"""A value of sixteen floats for compiled code, so that leaves at run-time sizes are written in vectors.

``a + b``, ``a * b`` and so on are single instructions (a few, where the processor's vectors are shorter).
Multiplication and addition may be joined into one rounding where the processor can.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typing.templates import ConcreteTemplate, infer_global
from numba.extending import lower_builtin, models, register_model

from convnet_studio.engine.kernels.memory import FLOATS, declare, emitted

LANES = 16
_FLOAT = ir.FloatType()
_SIXTEEN = ir.VectorType(_FLOAT, LANES)
_INDEX = ir.VectorType(ir.IntType(32), LANES)


class Sixteen(types.Type):
    """The numba type of the value."""

    def __init__(self) -> None:
        super().__init__("Sixteen")


SIXTEEN: Any = Sixteen()


@register_model(Sixteen)
class SixteenModel(models.PrimitiveModel):
    """How LLVM holds it: ``<16 x float>``."""

    def __init__(self, manager: Any, kind: Any) -> None:
        base: Any = super().__init__
        base(manager, kind, _SIXTEEN)


def _operator(function: Any, instruction: str, flags: tuple[str, ...]) -> None:
    """Teach numba one infix operator of two values."""

    types_of: Any = infer_global
    code_of: Any = lower_builtin

    @types_of(function)
    class Typing(ConcreteTemplate):
        cases = [SIXTEEN(SIXTEEN, SIXTEEN)]  # noqa: RUF012 - the name numba asks for

    @code_of(function, SIXTEEN, SIXTEEN)
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments, flags=flags)


_operator(operator.add, "fadd", ("contract",))
_operator(operator.sub, "fsub", ("contract",))
_operator(operator.mul, "fmul", ("contract",))
_operator(operator.truediv, "fdiv", ())


@emitted
def load(typing: Any, pointer: Any) -> Any:
    """Return the sixteen floats at `pointer`, which need not be aligned."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        loaded = builder.load(builder.bitcast(arguments[0], _SIXTEEN.as_pointer()))
        loaded.align = 4
        return loaded

    return SIXTEEN(FLOATS), generate


@emitted
def store(typing: Any, pointer: Any, value: Any) -> Any:
    """Write sixteen floats at `pointer`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[1], builder.bitcast(arguments[0], _SIXTEEN.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.void(FLOATS, SIXTEEN), generate


@emitted
def splat(typing: Any, number: Any) -> Any:
    """Return sixteen copies of one float."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _splat(builder, arguments[0], _SIXTEEN)

    return SIXTEEN(types.float32), generate


def _splat(builder: Any, value: Any, kind: Any) -> Any:
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, one, ir.Constant(_INDEX, None))


@emitted
def first(typing: Any, value: Any, count: Any) -> Any:
    """Return `value` with zeros from lane `count` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = ir.Constant(_INDEX, list(range(LANES)))
        count = _splat(builder, builder.trunc(arguments[1], ir.IntType(32)), _INDEX)
        return builder.select(builder.icmp_signed("<", lanes, count), arguments[0], ir.Constant(_SIXTEEN, None))

    return SIXTEEN(SIXTEEN, types.int64), generate


@emitted
def nonzero_lanes(typing: Any, value: Any) -> Any:
    """Return an integer with a bit for each lane that is not zero (or not a number), the first lane's the lowest."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        differs = builder.fcmp_unordered("!=", arguments[0], ir.Constant(_SIXTEEN, None))
        return builder.zext(builder.bitcast(differs, ir.IntType(LANES)), ir.IntType(64))

    return types.int64(SIXTEEN), generate


@emitted
def lowest(typing: Any, bits: Any) -> Any:
    """Return the number of the lowest bit that is set; some must be."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


def _selection(comparison: str) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, yes, no = arguments
        return builder.select(builder.fcmp_ordered(comparison, a, b), yes, no)

    return SIXTEEN(SIXTEEN, SIXTEEN, SIXTEEN, SIXTEEN), generate


@emitted
def where_greater(typing: Any, a: Any, b: Any, yes: Any, no: Any) -> Any:
    """Return `yes` where ``a > b``, `no` elsewhere."""
    return _selection(">")


@emitted
def where_equal(typing: Any, a: Any, b: Any, yes: Any, no: Any) -> Any:
    """Return `yes` where ``a == b``, `no` elsewhere."""
    return _selection("==")


def _unary(name: str) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_SIXTEEN, [_SIXTEEN])
        return builder.call(declare(builder, kind, f"{name}.v16f32"), arguments)

    return SIXTEEN(SIXTEEN), generate


@emitted
def absolute(typing: Any, value: Any) -> Any:
    """Return ``|value|``."""
    return _unary("llvm.fabs")


@emitted
def square_root(typing: Any, value: Any) -> Any:
    """Return the square root, correctly rounded."""
    return _unary("llvm.sqrt")


@emitted
def total(typing: Any, value: Any) -> Any:
    """Return the sum of the sixteen lanes, halves first: always in the same order."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return lane_sum(builder, arguments[0])

    return types.float32(SIXTEEN), generate


def lane_sum(builder: Any, vector: Any) -> Any:
    """Emit the sum of a vector's lanes (a power of two of them), halves first."""
    count = vector.type.count
    undefined = ir.Constant(vector.type, ir.Undefined)
    while count > 1:
        count //= 2
        picks = [lane + count if lane < count else 0 for lane in range(vector.type.count)]
        mask = ir.Constant(ir.VectorType(ir.IntType(32), vector.type.count), picks)  # the lanes beyond do not matter
        vector = builder.fadd(vector, builder.shuffle_vector(vector, undefined, mask))
    return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))
