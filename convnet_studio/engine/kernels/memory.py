"""Raw memory in compiled code: pointers, calls through addresses, and the one word two threads share.

Numba's arrays carry bounds, strides and reference counts, and their indices wrap around; a plain pointer has none of
that, so loops over it turn into vector code.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

emitted: Any = intrinsic
"""Decorates functions whose LLVM code is written here; declared anew, since numba's types do not fit their calls."""

pointer_to: Any = types.CPointer
FLOATS = pointer_to(types.float32)
INTS = pointer_to(types.int64)
WORK = types.void(INTS, types.int64)
"""``work(job*, thread)``: what each thread of the interpreter does."""
OPERATION = types.void(INTS, FLOATS, FLOATS, FLOATS, types.int64, types.int64)
"""``operation(row*, parameters*, gradients*, workspace*, i, n)``: what every leaf looks like from outside."""
TILE = types.void(INTS, FLOATS, FLOATS, FLOATS, FLOATS, types.int64, types.int64)
"""``tile(tiling*, a*, b*, c*, d*, count, inner)``: see tiles.py."""


def declare(builder: Any, kind: Any, name: str) -> Any:
    """The LLVM function `name` of type `kind`, declared once in the module under construction."""
    insert: Any = cgutils.get_or_insert_function
    return insert(builder.module, kind, name)


@emitted
def shift(typing: Any, pointer: Any, count: Any) -> Any:
    """Return ``pointer + count`` (elements)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, types.int64), generate


@emitted
def floats_at(typing: Any, address: Any) -> Any:
    """Return the address, an int64, as a pointer to float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(FLOATS))

    return FLOATS(types.int64), generate


@emitted
def ints_at(typing: Any, address: Any) -> Any:
    """Return the address, an int64, as a pointer to int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(INTS))

    return INTS(types.int64), generate


@emitted
def real(typing: Any, bits: Any) -> Any:
    """Return the float64 whose bits an int64 field holds, as float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fptrunc(builder.bitcast(arguments[0], ir.DoubleType()), ir.FloatType())

    return types.float32(types.int64), generate


def _call(signature: Any) -> Any:
    """Make the intrinsic that calls a function of `signature` through its address."""

    def generate(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        values = [context.get_value_type(each) for each in signature.args]
        function = ir.FunctionType(ir.VoidType(), values).as_pointer()
        builder.call(builder.inttoptr(arguments[0], function), arguments[1:])
        return context.get_dummy_value()

    return types.void(types.int64, *signature.args), generate


@emitted
def call_operation(
    typing: Any, address: Any, row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any
) -> Any:
    """Call the leaf at `address`."""
    return _call(OPERATION)


@emitted
def call_work(typing: Any, address: Any, job: Any, thread: Any) -> Any:
    """Call the interpreter's worker at `address`."""
    return _call(WORK)


@emitted
def call_tile(typing: Any, address: Any, tiling: Any, a: Any, b: Any, c: Any, d: Any, count: Any, inner: Any) -> Any:
    """Call the tile at `address`."""
    return _call(TILE)


@emitted
def add_one(typing: Any, word: Any) -> Any:
    """Return ``*word`` and add one to it, as one indivisible act between threads."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", arguments[0], ir.Constant(ir.IntType(64), 1), "seq_cst")

    return types.int64(INTS), generate


@emitted
def take_one(typing: Any, word: Any) -> Any:
    """Return ``*word`` and take one from it, as one indivisible act between threads."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("sub", arguments[0], ir.Constant(ir.IntType(64), 1), "seq_cst")

    return types.int64(INTS), generate


@emitted
def read_shared(typing: Any, word: Any) -> Any:
    """Return ``*word`` as other threads have left it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(arguments[0], "seq_cst", 8)

    return types.int64(INTS), generate


@emitted
def write_shared(typing: Any, word: Any, value: Any) -> Any:
    """Set ``*word`` after everything written before it has become visible to other threads."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store_atomic(arguments[1], arguments[0], "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(INTS, types.int64), generate


def emit_prefetch(builder: Any, address: Any) -> None:
    """Emit the wish that the cache line at `address`, a pointer, will soon be needed; it need not be readable."""
    place, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [place, flag, flag, flag])
    to_read, keep_in_all_caches, data = flag(0), flag(3), flag(1)
    where = builder.bitcast(address, place)
    builder.call(declare(builder, kind, "llvm.prefetch.p0"), [where, to_read, keep_in_all_caches, data])


@emitted
def prefetch(typing: Any, pointer: Any) -> Any:
    """Fetch the cache line at `pointer` while other work goes on; the pointer need not be one that may be read."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        emit_prefetch(builder, arguments[0])
        return context.get_dummy_value()

    return types.void(pointer), generate


@emitted
def pause(typing: Any) -> Any:
    """Tell the processor that this thread is waiting in a loop (nothing where it has no such instruction)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if context.codegen()._tm.triple.startswith(("x86", "i686")):
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(declare(builder, kind, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), generate
