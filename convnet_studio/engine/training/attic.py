"""Attic: where the weights of removed and reshaped modules wait for their return, and what carries weights over."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from convnet_studio.engine.nn.fitting import fitted_to
from convnet_studio.engine.nn.initializers import initialize_module
from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.engine.nn.network import Network

Key = tuple[str, tuple[tuple[str, Shape], ...], str]
"""(module id, (parameter name, shape) in the order of the flat vector, what it was fitted to or empty)"""

LARGEST_ATTIC = 128_000_000
"""Bytes kept at most; what was stored first goes first."""


@dataclass(frozen=True, eq=False)
class Stored:
    """One module's parameters, flat, and its part of each array of the optimizer's state."""

    values: Array
    state: Mapping[str, Array]

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self.values.nbytes + sum(each.nbytes for each in self.state.values())


class Attic:
    """Parameters of modules that are not in the network now, by id and shapes: what undo brings back."""

    def __init__(self) -> None:
        self._stored: OrderedDict[Key, Stored] = OrderedDict()
        self._given = 0  # bytes that came from outside: they must all find their modules first

    def __len__(self) -> int:
        return len(self._stored)

    def put(self, key: Key, stored: Stored) -> None:
        """Keep one module's parameters, in place of what was kept for the same id and shapes."""
        self._stored.pop(key, None)
        self._stored[key] = stored
        size = sum(each.nbytes for each in self._stored.values())
        while size > max(LARGEST_ATTIC, self._given) and len(self._stored) > 1:
            size -= self._stored.popitem(last=False)[1].nbytes

    def put_arrays(self, module_id: str, arrays: Mapping[str, Array], origin: str = "") -> None:
        """Keep parameters that come from outside, such as a file; they have no optimizer state.

        `origin`: what they were fitted to (`fitted_to`); empty where they were learned.
        """
        if arrays:
            shapes = tuple((name, array.shape) for name, array in arrays.items())
            flat = np.concatenate([np.asarray(each, np.float32).ravel() for each in arrays.values()])
            self._given += flat.nbytes
            self.put((module_id, shapes, origin), Stored(flat, {}))

    def take(self, key: Key) -> Stored | None:
        """Hand out what was kept for this id and these shapes, if anything."""
        return self._stored.pop(key, None)

    def newest(self) -> dict[str, dict[str, Array]]:
        """Copies of what was last kept for each module id, as arrays by name."""
        found: dict[str, dict[str, Array]] = {}
        for (module_id, shapes, _), stored in self._stored.items():
            found[module_id] = _unflatten(stored.values, shapes)
        return found


@dataclass(frozen=True)
class CarriedOver:
    """Ids of modules with parameters: weights `kept`, `restored` from the attic, or `initialized` afresh."""

    kept: tuple[str, ...]
    restored: tuple[str, ...]
    initialized: tuple[str, ...]


def key_of(network: Network, module_id: str) -> Key:
    """What a module's parameters are kept under: they fit wherever the key is the same."""
    shapes = tuple((name, each.value.shape) for name, each in network.parameters_of(module_id).items())
    return module_id, shapes, fitted_to(network, module_id)


def store(network: Network, state: Mapping[str, Array], attic: Attic, keep: frozenset[Key] = frozenset()) -> None:
    """Put the parameters of every module of `network` into the attic, but for those whose key is in `keep`."""
    for module_id, span in network.slices.items():
        key = key_of(network, module_id)
        if key not in keep:
            parts = {name: vector[span].copy() for name, vector in _flat(network, state).items()}
            attic.put(key, Stored(network.parameters[span].copy(), parts))


def carry_over(
    old: Network | None,
    old_state: Mapping[str, Array],
    new: Network,
    attic: Attic,
    seed: int,
    copies: Mapping[str, str] = MappingProxyType({}),
) -> tuple[CarriedOver, dict[str, Array]]:
    """Fill the parameters of `new`: from `old` where id and shapes agree, else from the attic, else from `seed`.

    Parameters of `old` that find no place in `new` go to the attic. A module that had the parameters of another in
    `old` goes on with a copy of them where `copies` says so, by the ids of both, or the attic has none of its own.
    Returns also the optimizer's state for `new`.
    """
    keys = {module_id: key_of(new, module_id) for module_id in new.slices}
    old_keys = {key_of(old, module_id) for module_id in old.slices} if old else set()
    shared_keys = {key_of(old, each): old.nodes[each].shares for each in old.spans} if old else {}
    if old is not None:
        store(old, old_state, attic, keep=frozenset(keys.values()))
    old_state = _flat(old, old_state) if old is not None else {}
    state = {name: np.zeros_like(new.parameters) for name in old_state}
    kept, restored, initialized = [], [], []
    for module_id, key in keys.items():
        span = new.slices[module_id]
        is_copy = key in shared_keys and copies.get(module_id) == shared_keys[key]
        if old is not None and (key in old_keys or is_copy):
            _fill(new, state, span, _part(old, old_state, module_id))
            kept.append(module_id)
        elif stored := attic.take(key):
            _fill(new, state, span, stored)
            restored.append(module_id)
        elif old is not None and key in shared_keys:
            _fill(new, state, span, _part(old, old_state, module_id))
            kept.append(module_id)
        else:
            initialize_module(new, module_id, seed)
            initialized.append(module_id)
    return CarriedOver(tuple(kept), tuple(restored), tuple(initialized)), state


def weights_of(network: Network) -> dict[str, dict[str, Array]]:
    """Copies of all parameters, by module id and name."""
    return {
        module_id: {name: each.value.copy() for name, each in network.parameters_of(module_id).items()}
        for module_id in network.slices
    }


def _flat(network: Network, state: Mapping[str, Array]) -> dict[str, Array]:
    """What of an optimizer's state belongs to single parameters; the rest, such as L-BFGS's pairs, can't be parted."""
    return {name: vector for name, vector in state.items() if vector.shape == network.parameters.shape}


def _part(network: Network, state: Mapping[str, Array], module_id: str) -> Stored:
    span = network.spans[module_id]
    return Stored(network.parameters[span], {name: vector[span] for name, vector in state.items()})


def _fill(network: Network, state: dict[str, Array], span: slice, stored: Stored) -> None:
    network.parameters[span] = stored.values
    for name, part in stored.state.items():
        state.setdefault(name, np.zeros_like(network.parameters))[span] = part


def _unflatten(values: Array, shapes: tuple[tuple[str, Shape], ...]) -> dict[str, Array]:
    arrays = {}
    start = 0
    for name, shape in shapes:
        end = start + int(np.prod(shape))
        arrays[name] = values[start:end].reshape(shape).copy()
        start = end
    return arrays
