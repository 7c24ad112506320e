"""The micro-kernel: a small block of a matrix product held in registers, emitted as LLVM vector instructions.

Compilers don't block registers by themselves: plain loops reach a third of a core's peak at most, these tiles nearly
all of it. A tile computes, for m in 0 .. count-1 and a block of columns n,

    broadcast:  C[m, n] = D[m, n] + sum over o < outer, k < inner of  A[m; o, k] * B[o, k; n]
    lane sum:   C[m, n] = D[m, n] + sum over o < outer, k < inner of  A[m; o, k] * B[n; o, k]

where `outer` and the strides of every index are numbers in the row (`TILING`), `count` and `inner` arguments: one
compiled set serves every shape. In the first kind the columns of B and C are contiguous: one number of A meets a vector
of B. In the second k is contiguous in both.
With D a vector of biases (``d_row`` 0) the tile initialises C; with D = C it accumulates.

The last vector of a block may reach beyond its row of C ("spill"); C is therefore written upwards in m, blocks of
columns are taken downwards, and what was spilled is overwritten by what belongs there.

A block of C is `rows` by `vectors` registers: the cases of one tile differ in its rows, so that any count is served.
Register blocking: Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numba
from llvmlite import ir
from numba import types

from convnet_studio.engine.kernels.fields import TILING, Tiling
from convnet_studio.engine.kernels.leaf import Kernel
from convnet_studio.engine.kernels.memory import TILE, call_tile, declare, emit_prefetch, emitted, shift
from convnet_studio.engine.kernels.processor import PROCESSOR
from convnet_studio.engine.kernels.simd import lane_sum

_FLOAT = ir.FloatType()
_INT = ir.IntType(64)
_FUSED = ("contract",)  # multiply and add in one rounding where the processor can; never a call of a library's fma


@dataclass(frozen=True)
class Registers:
    """What the processor offers tiles: floats in a vector, and for each number of vectors the most rows of a block."""

    lanes: int
    broadcast: dict[int, int]
    lane_sum: dict[int, int]


def registers(features: Collection[str]) -> tuple[Registers, ...]:
    """Vector lengths worth having on a processor with these LLVM features, shortest first.

    Blocks leave registers free for A, B and addresses: of 32 on AVX-512 and NEON, of 16 elsewhere.
    """
    if "avx512f" in features:
        return (
            Registers(8, {1: 14}, {}),
            Registers(16, {1: 14, 2: 10, 3: 7, 4: 5, 5: 4}, {1: 4, 2: 4, 3: 4, 4: 4, 5: 4}),
        )
    if "avx2" in features or "avx" in features:
        return (Registers(8, {1: 10, 2: 6, 3: 4}, {1: 4, 2: 4, 3: 3}),)
    if "neon" in features:
        return (Registers(4, {1: 14, 2: 10, 3: 7, 4: 5, 5: 4}, {1: 4, 2: 4, 3: 4, 4: 4}),)
    return (Registers(4, {1: 10, 2: 6, 3: 4}, {1: 4, 2: 4, 3: 3}),)


@dataclass(frozen=True, eq=False)
class Tile(Kernel):
    """A compiled tile: blocks of at most `rows` rows and `vectors` vectors of `lanes` floats."""

    lanes: int
    vectors: int
    rows: int


class _Emitter:
    """Emits one tile into the function under construction: a loop over blocks of rows, a case for each height."""

    def __init__(self, builder: Any, arguments: Any, lanes: int, vectors: int, rows: int) -> None:
        self.builder = builder
        self.fields, self.a, self.b, self.c, self.d, self.count, self.inner = arguments
        self.vector = ir.VectorType(_FLOAT, lanes)
        self.lanes, self.vectors, self.rows = lanes, vectors, rows

    def field(self, index: int) -> Any:
        return self.builder.load(self.builder.gep(self.fields, [_INT(index)]))

    def at(self, pointer: Any, *steps: Any) -> Any:
        for step in steps:
            pointer = self.builder.gep(pointer, [step])
        return pointer

    def load(self, pointer: Any, kind: Any) -> Any:
        loaded = self.builder.load(self.builder.bitcast(pointer, kind.as_pointer()))
        loaded.align = 4
        return loaded

    def store(self, value: Any, pointer: Any) -> None:
        self.builder.store(value, self.builder.bitcast(pointer, value.type.as_pointer())).align = 4

    def spread(self, number: Any) -> Any:
        """Return a vector of copies of one float."""
        first = self.builder.insert_element(ir.Constant(self.vector, ir.Undefined), number, ir.IntType(32)(0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), None)
        return self.builder.shuffle_vector(first, first, mask)

    def loop(
        self, count: Any, starts: list[Any], body: Callable[[Any, list[Any]], list[Any]], step: int = 1
    ) -> list[Any]:
        """Emit ``for i in range(0, count, step): values = body(i, values)``; return the last values."""
        builder = self.builder
        before = builder.block
        head, inside, after = (builder.append_basic_block() for _ in range(3))
        builder.branch(head)
        builder.position_at_end(head)
        i = builder.phi(_INT)
        values = [builder.phi(each.type) for each in starts]
        builder.cbranch(builder.icmp_signed("<", i, count), inside, after)
        builder.position_at_end(inside)
        results = body(i, list(values))
        i.add_incoming(_INT(0), before)
        i.add_incoming(builder.add(i, _INT(step)), builder.block)
        for phi, start, result in zip(values, starts, results, strict=True):
            phi.add_incoming(start, before)
            phi.add_incoming(result, builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        return values

    def emit(self, case: Callable[[int, Any, Any, Any], None]) -> None:
        """Emit the loop over blocks of rows; ``case(height, a, c, d)`` emits a block."""
        builder = self.builder
        a_row, c_row, d_row, rows = (self.field(i) for i in (TILING.a_row, TILING.c_row, TILING.d_row, TILING.rows))
        start = builder.block
        head, choose, done = (builder.append_basic_block() for _ in range(3))
        builder.branch(head)
        builder.position_at_end(head)
        pointers = [builder.phi(self.a.type) for _ in range(3)]
        left = builder.phi(_INT)
        for phi, value in zip([*pointers, left], [self.a, self.c, self.d, self.count], strict=True):
            phi.add_incoming(value, start)
        builder.cbranch(builder.icmp_signed(">", left, _INT(0)), choose, done)
        builder.position_at_end(choose)
        self.left = left
        height = builder.select(builder.icmp_signed("<", left, rows), left, rows)
        switch = builder.switch(height, done)
        steps = [a_row, c_row, d_row]
        for m in range(1, self.rows + 1):
            block = builder.append_basic_block()
            switch.add_case(_INT(m), block)
            builder.position_at_end(block)
            case(m, *pointers)
            for phi, step in zip(pointers, steps, strict=True):
                phi.add_incoming(self.at(phi, builder.mul(step, _INT(m))), builder.block)
            left.add_incoming(builder.sub(left, _INT(m)), builder.block)
            builder.branch(head)
        builder.position_at_end(done)

    def row_pointers(self, pointer: Any, stride: int, height: int) -> list[Any]:
        step = self.field(stride)
        return [self.at(pointer, self.builder.mul(step, _INT(m))) for m in range(height)]

    def columns(self, pointer: Any) -> Iterator[Any]:
        for v in range(self.vectors):
            yield self.builder.gep(pointer, [_INT(v * self.lanes)])


def _emit_broadcast(emit: _Emitter) -> None:
    """C[m, n] = D[m, n] + sum of A[m; o, k] * B[o, k; n]."""
    builder = emit.builder
    a_inner, b_inner = emit.field(TILING.a_inner), emit.field(TILING.b_inner)
    outer, a_outer, b_outer = (emit.field(i) for i in (TILING.outer, TILING.a_outer, TILING.b_outer))

    def case(height: int, a: Any, c: Any, d: Any) -> None:
        a_rows = [builder.mul(emit.field(TILING.a_row), _INT(m)) for m in range(height)]

        def over_outer(o: Any, sums: list[Any]) -> list[Any]:
            a_o, b_o = emit.at(a, builder.mul(o, a_outer)), emit.at(emit.b, builder.mul(o, b_outer))
            starts = [emit.at(a_o, step) for step in a_rows]

            def over_inner(k: Any, sums: list[Any]) -> list[Any]:
                a_k, b_k = builder.mul(k, a_inner), emit.at(b_o, builder.mul(k, b_inner))
                b_vectors = [emit.load(column, emit.vector) for column in emit.columns(b_k)]
                result = []
                for m in range(height):
                    number = emit.spread(emit.load(emit.at(starts[m], a_k), _FLOAT))
                    for v, b in enumerate(b_vectors):
                        product = builder.fmul(number, b, flags=_FUSED)
                        result.append(builder.fadd(sums[m * emit.vectors + v], product, flags=_FUSED))
                return result

            return emit.loop(emit.inner, sums, over_inner)

        sums = emit.loop(outer, [ir.Constant(emit.vector, None)] * (height * emit.vectors), over_outer)
        bases = [column for each in emit.row_pointers(d, TILING.d_row, height) for column in emit.columns(each)]
        sums = [builder.fadd(s, emit.load(base, emit.vector)) for s, base in zip(sums, bases, strict=True)]
        targets = [column for each in emit.row_pointers(c, TILING.c_row, height) for column in emit.columns(each)]
        for value, target in zip(sums, targets, strict=True):
            emit.store(value, target)

    emit.emit(case)


def _emit_lane_sum(emit: _Emitter) -> None:
    """C[m, n] = D[m, n] + sum of A[m, k] * B[n, k]; here the vectors of a block are rows of B.

    A large B comes from far away: with each vector that is taken, a line of the next block is fetched.
    """
    builder = emit.builder
    inner = emit.inner
    outer, a_outer, b_outer = (emit.field(i) for i in (TILING.outer, TILING.a_outer, TILING.b_outer))
    whole = builder.and_(inner, _INT(-emit.lanes))
    rest = builder.sub(inner, whole)

    def step(height: int, a: list[Any], b: list[Any], sums: list[Any]) -> list[Any]:
        return [
            builder.fadd(sums[m * emit.vectors + v], builder.fmul(a[m], b[v], flags=_FUSED), flags=_FUSED)
            for m in range(height)
            for v in range(emit.vectors)
        ]

    ahead = emit.at(emit.b, builder.neg(emit.field(TILING.b_block)))

    def case(height: int, a: Any, c: Any, d: Any) -> None:
        done = builder.udiv(builder.sub(emit.count, emit.left), emit.field(TILING.rows))
        ahead_here = emit.at(ahead, builder.mul(done, inner))

        def over_outer(o: Any, sums: list[Any]) -> list[Any]:
            a_o, b_o = emit.at(a, builder.mul(o, a_outer)), emit.at(emit.b, builder.mul(o, b_outer))
            pairs = (
                emit.row_pointers(a_o, TILING.a_row, height),
                emit.row_pointers(b_o, TILING.b_inner, emit.vectors),
            )

            def over_inner(k: Any, sums: list[Any]) -> list[Any]:
                emit_prefetch(builder, emit.at(ahead_here, k))
                a_k, b_k = ([emit.load(emit.at(row, k), emit.vector) for row in rows] for rows in pairs)
                return step(height, a_k, b_k, sums)

            def over_rest(_: Any, sums: list[Any]) -> list[Any]:
                a_k, b_k = ([_masked_load(emit, emit.at(row, whole), rest) for row in rows] for rows in pairs)
                return step(height, a_k, b_k, sums)

            sums = emit.loop(whole, sums, over_inner, emit.lanes)
            return emit.loop(builder.zext(builder.icmp_signed(">", rest, _INT(0)), _INT), sums, over_rest)

        sums = [ir.Constant(emit.vector, None)] * (height * emit.vectors)
        sums = emit.loop(outer, sums, over_outer)
        for m, (c_m, d_m) in enumerate(
            zip(*(emit.row_pointers(p, i, height) for p, i in ((c, TILING.c_row), (d, TILING.d_row))), strict=True)
        ):
            for v in range(emit.vectors):
                base = emit.load(emit.at(d_m, _INT(v)), _FLOAT)
                emit.store(builder.fadd(base, lane_sum(builder, sums[m * emit.vectors + v])), emit.at(c_m, _INT(v)))

    emit.emit(case)


def _masked_load(emit: _Emitter, pointer: Any, count: Any) -> Any:
    """Return a vector of the first `count` floats at `pointer` and zeros; nothing beyond is read."""
    builder = emit.builder
    bits = ir.VectorType(ir.IntType(1), emit.lanes)
    lanes = ir.Constant(ir.VectorType(_INT, emit.lanes), list(range(emit.lanes)))
    many = builder.insert_element(ir.Constant(lanes.type, ir.Undefined), count, ir.IntType(32)(0))
    many = builder.shuffle_vector(many, many, ir.Constant(ir.VectorType(ir.IntType(32), emit.lanes), None))
    mask = builder.icmp_signed("<", lanes, many)
    target = emit.vector.as_pointer()
    kind = ir.FunctionType(emit.vector, [target, ir.IntType(32), bits, emit.vector])
    name = f"llvm.masked.load.v{emit.lanes}f32.p0"
    function = declare(builder, kind, name)
    zeros = ir.Constant(emit.vector, None)
    return builder.call(function, [builder.bitcast(pointer, target), ir.IntType(32)(4), mask, zeros])


def _tile_intrinsic(emit: Callable[[_Emitter], None]) -> Any:
    """Make the function ``(tiling, a, b, c, d, count, inner, lanes, vectors, rows)``, the last three constants."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes, vectors, rows = (each.literal_value for each in signature.args[7:])
        emit(_Emitter(builder, arguments[:7], lanes, vectors, rows))
        return context.get_dummy_value()

    return lambda *sizes: (types.void(*TILE.args, *sizes), generate)


@emitted(prefer_literal=True)
def _broadcast(
    typing: Any,
    tiling: Any,
    a: Any,
    b: Any,
    c: Any,
    d: Any,
    count: Any,
    inner: Any,
    lanes: Any,
    vectors: Any,
    rows: Any,
) -> Any:
    return _tile_intrinsic(_emit_broadcast)(lanes, vectors, rows)


@emitted(prefer_literal=True)
def _lane_sum(
    typing: Any,
    tiling: Any,
    a: Any,
    b: Any,
    c: Any,
    d: Any,
    count: Any,
    inner: Any,
    lanes: Any,
    vectors: Any,
    rows: Any,
) -> Any:
    return _tile_intrinsic(_emit_lane_sum)(lanes, vectors, rows)


def _broadcast_tile(lanes: int, vectors: int, rows: int) -> Tile:
    def tile(tiling: Any, a: Any, b: Any, c: Any, d: Any, count: Any, inner: Any) -> None:
        _broadcast(tiling, a, b, c, d, count, inner, lanes, vectors, rows)

    return Tile(f"tile_{rows}x{vectors}x{lanes}", tile, TILE, lanes, vectors, rows)


def _lane_sum_tile(lanes: int, vectors: int, rows: int) -> Tile:
    def tile(tiling: Any, a: Any, b: Any, c: Any, d: Any, count: Any, inner: Any) -> None:
        _lane_sum(tiling, a, b, c, d, count, inner, lanes, vectors, rows)

    return Tile(f"lane_sum_{rows}x{vectors}x{lanes}", tile, TILE, lanes, vectors, rows)


def tiles_as_text(features: Collection[str]) -> str:
    """All tiles for a processor with these features as an LLVM module, to be compiled for it on any other."""
    module = ir.Module("tiles")
    pointer, number = _FLOAT.as_pointer(), _INT
    kind = ir.FunctionType(ir.VoidType(), [number.as_pointer(), pointer, pointer, pointer, pointer, number, number])
    for each in registers(features):
        for name, sizes, emit in (
            ("tile", each.broadcast, _emit_broadcast),
            ("lane_sum", each.lane_sum, _emit_lane_sum),
        ):
            for vectors, rows in sizes.items():
                function = ir.Function(module, kind, f"{name}_{rows}x{vectors}x{each.lanes}")
                builder = ir.IRBuilder(function.append_basic_block())
                emit(_Emitter(builder, function.args, each.lanes, vectors, rows))
                builder.ret_void()
    return str(module)


_REGISTERS = registers(PROCESSOR.features)
BROADCAST_TILES = tuple(_broadcast_tile(r.lanes, v, m) for r in _REGISTERS for v, m in r.broadcast.items())
LANE_SUM_TILES = tuple(_lane_sum_tile(r.lanes, v, m) for r in _REGISTERS for v, m in r.lane_sum.items())


@numba.njit
def run_tiles(tiling: Any, a: Any, b: Any, c: Any, d: Any, count: Any, inner: Any) -> None:
    """Compute `count` rows and all blocks of columns of C, the last block first; `tiling` points to a Tiling."""
    blocks = tiling[TILING.blocks]
    if tiling[TILING.tail] != 0:
        run_block(tiling[TILING.tail], tiling, a, b, c, d, count, inner, blocks)
    for block in range(blocks - 1, -1, -1):
        run_block(tiling[TILING.main], tiling, a, b, c, d, count, inner, block)


@numba.njit
def run_block(tile: Any, tiling: Any, a: Any, b: Any, c: Any, d: Any, count: Any, inner: Any, block: Any) -> None:
    """Compute `count` rows of one block of columns of C."""
    b_at = shift(b, block * tiling[TILING.b_block])
    c_at = shift(c, block * tiling[TILING.c_block])
    d_at = shift(d, block * tiling[TILING.d_block])
    call_tile(tile, tiling, a, b_at, c_at, d_at, count, inner)


def product(
    addresses: Callable[[Kernel], int], rows: int, columns: int, *, d_whole: bool = True, **strides: int
) -> Tiling:
    """Choose broadcast tiles for a C of `rows` by `columns`.

    Args:
        addresses: of compiled kernels.
        rows: of C in one call of `run_tiles`.
        columns: of C; B must have as many, rounded up to 16.
        d_whole: whether D has all columns, or (zeros) only those of one block.
        strides: the numbers a_inner, b_inner, outer, a_outer, b_outer, a_row, c_row, d_row of `TILING` in
            elements; those left out are 0 (outer: 1).
    """
    lanes = next((r.lanes for r in _REGISTERS if r.broadcast and columns <= r.lanes), _REGISTERS[-1].lanes)
    tiles = {t.vectors: t for t in BROADCAST_TILES if t.lanes == lanes}
    main, tail, blocks = _cut(tiles, -(-columns // lanes))
    width = main.vectors * lanes
    steps = {"b_block": width, "c_block": width, "d_block": width if d_whole else 0}
    return _tiling(addresses, rows, main, tail, blocks, steps | strides)


def lane_product(addresses: Callable[[Kernel], int], rows: int, columns: int, **strides: int) -> Tiling:
    """Choose lane-sum tiles for a C of `rows` by `columns`; `strides` has b_inner, a_row, c_row, d_row.

    Those left out are 0 (outer: 1).
    """
    main, tail, blocks = _cut({t.vectors: t for t in LANE_SUM_TILES}, columns)
    steps = {"b_block": main.vectors * strides["b_inner"], "c_block": main.vectors, "d_block": main.vectors}
    return _tiling(addresses, rows, main, tail, blocks, steps | strides)


def _cut(tiles: dict[int, Tile], vectors: int) -> tuple[Tile, Tile | None, int]:
    """Cut `vectors` into as few equal blocks as tiles allow: the tile of each, of what remains, and how many."""
    width = -(-vectors // -(-vectors // max(tiles)))
    blocks, rest = divmod(vectors, width)
    return tiles[width], tiles.get(rest), blocks


def _tiling(
    addresses: Callable[[Kernel], int], rows: int, main: Tile, tail: Tile | None, blocks: int, steps: dict[str, int]
) -> Tiling:
    """Write the numbers in the order of `TILING`; a block's height splits `rows` evenly."""
    most = min(tile.rows for tile in (main, tail) if tile)
    height = -(-rows // -(-rows // most))
    given = {"main": addresses(main), "tail": addresses(tail) if tail else 0, "blocks": blocks, "rows": height}
    numbers = {"outer": 1} | given | steps
    return Tiling(tuple(numbers.get(name, 0) for name in TILING._fields))
