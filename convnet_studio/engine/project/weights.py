"""Weights: the learnable arrays of a project's modules, as bytes and back, and whether they fit the network."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from tokenize import TokenError
from typing import cast

import numpy as np

from convnet_studio.engine.nn.graph import parameter_shapes
from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.engine.project.archive import MEGABYTE, open_archive
from convnet_studio.engine.project.build import resolve_project
from convnet_studio.engine.project.invariants import MODULE_LIMIT
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.wiring import title

Weights = Mapping[str, Mapping[str, Array]]
"""Learnable arrays by module id and parameter name."""

WEIGHTS_LIMIT = 512 * MEGABYTE
"""Bytes of all weights of a project at most."""

_ARRAY_LIMIT = 8 * MODULE_LIMIT
_ENDING = ".npy"


def weights_to_bytes(weights: Weights) -> bytes:
    """A .npz archive (numpy's, without pickle) of float32 arrays called ``<module id>.<parameter name>``."""
    named = {
        f"{module_id}.{name}": np.asarray(array, np.float32)
        for module_id, arrays in weights.items()
        for name, array in arrays.items()
    }
    if sum(each.nbytes for each in named.values()) > WEIGHTS_LIMIT:
        raise ValueError(f"its weights take more than the {WEIGHTS_LIMIT // MEGABYTE} MB that a project can hold.")
    buffer = io.BytesIO()
    np.savez(buffer, **named)  # type: ignore[arg-type]  # its stub takes the names for its option allow_pickle
    return buffer.getvalue()


def weights_from_bytes(data: bytes) -> dict[str, dict[str, Array]]:
    """Read what `weights_to_bytes` wrote, as float32 arrays that can be written to.

    Raises:
        ValueError: one sentence, if it is damaged, too large or holds anything but plain numbers.
    """
    weights: dict[str, dict[str, Array]] = {}
    room = WEIGHTS_LIMIT
    with open_archive(io.BytesIO(data), _ARRAY_LIMIT) as archive:
        for entry in archive.names:
            module_id, dot, name = entry.removesuffix(_ENDING).partition(".")
            if not (dot and name and entry.endswith(_ENDING)):
                raise ValueError(f"it holds {entry[:60]!r}: arrays are called like 'm3.weight.npy'.")
            content = archive.read(entry, room)
            room -= len(content)
            weights.setdefault(module_id, {})[name] = _array(content, entry)
    return weights


def fitting_weights(
    project: Project, weights: Weights, input_shape: Shape, classes: int
) -> tuple[dict[str, dict[str, Array]], tuple[str, ...]]:
    """Those of `weights` that the modules of `project` can take; second: a sentence for each module that can't.

    What belongs to a module that can't compute now, such as one of an unknown kind, is kept: nothing speaks against it.
    """
    graph = resolve_project(project, input_shape, classes)
    expected = {node.id: parameter_shapes(node) for node in graph.nodes}
    kept: dict[str, dict[str, Array]] = {}
    warnings: list[str] = []
    for module_id, arrays in weights.items():
        if module_id not in project.network:
            warnings.append(f"There are weights of a module {module_id[:40]!r} that is not there: they were left out.")
            continue
        reason = _misfit(arrays, expected.get(module_id))
        if reason:
            name = title(project.network.module(module_id))
            warnings.append(f"The weights of {name} ({module_id}) {reason}: it starts with new ones.")
        else:
            kept[module_id] = dict(arrays)
    return kept, tuple(warnings)


def _misfit(arrays: Mapping[str, Array], expected: Mapping[str, Shape] | None) -> str:
    """Why a module that expects arrays of these shapes (None: who knows) can't take `arrays`; empty if it can."""
    if not all(np.isfinite(each).all() for each in arrays.values()):
        return "hold numbers that are not finite"
    if expected is None or {name: each.shape for name, each in arrays.items()} == expected:
        return ""
    return "have other shapes than its settings ask for"


def _array(content: bytes, entry: str) -> Array:
    """The array in one .npy file. Its header is checked before anything is allocated."""
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[
            version
        ]
        shape, columns_first, dtype = read_header(stream)
    except (KeyError, ValueError, TypeError, SyntaxError, RecursionError, MemoryError, TokenError):
        raise ValueError(f"{entry[:60]} in it is no numpy array: it is damaged.") from None
    if dtype.hasobject:
        raise ValueError(f"{entry[:60]} in it is a pickled array: only plain numbers are allowed.")
    if dtype.kind != "f" or dtype.itemsize not in (4, 8):
        raise ValueError(f"{entry[:60]} in it holds numbers of the type {dtype}: they must be float32.")
    body = content[stream.tell() :]
    if len(shape) > 8 or min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(body):
        raise ValueError(f"{entry[:60]} in it is not as long as its shape {shape} says: it is damaged.")
    with np.errstate(over="ignore"):  # what float32 can't hold becomes infinite, which `fitting_weights` refuses
        flat = np.frombuffer(body, dtype).astype(np.float32)
    return cast(Array, flat.reshape(shape, order="F" if columns_first else "C"))
