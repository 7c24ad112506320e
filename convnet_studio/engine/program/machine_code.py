"""Machine code: compiled kernels as a file, and from a file back into memory, in a few ms and without numba's compiler.

A file is a line of JSON, which says what is in it and what it calls from outside, and then one object file for each
kernel, as LLVM made it. numba's own cache holds the same object files, but unpickles them one by one after it has set
up all of its compiler: some 0.7 s.
"""

from __future__ import annotations

import builtins
import importlib
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import llvmlite.binding

from convnet_studio.engine.kernels.leaf import Kernel

_NEEDED = re.compile(r'^(?:declare [^@]*@"?([^"(]+)"?\(|@"?([^" ]+)"? = external )', re.MULTILINE)
_INTRINSIC = re.compile(r"^llvm\.(\w+)\.f(32|64)$", re.MULTILINE)
_MOST = 1 << 26
"""Bytes of a file at most."""


def write(path: Path, kernels: Sequence[Kernel], on_kernel: Callable[[Kernel], None]) -> None:
    """Compile kernels, in this process, and write their code; the file appears whole or not at all."""
    listed, objects, needs = [], [], set[str]()
    for kernel in kernels:
        compiled = kernel.compile()
        code = compiled._library._get_compiled_object()
        listed.append([kernel.name, compiled.native_name, len(code)])
        objects.append(code)
        needs |= _called(compiled.inspect_llvm(), code)
        on_kernel(kernel)
    head = json.dumps({"kernels": listed, "needs": sorted(needs)}).encode()
    with NamedTemporaryFile(dir=path.parent, prefix="compiling-", delete=False) as file:
        file.write(b"\n".join([head, b"".join(objects)]))
    Path(file.name).replace(path)


def _called(text: str, code: bytes) -> set[str]:
    """What code calls from outside: what it declares, and the functions of libm that intrinsics have become."""
    names = {a or b for a, b in _NEEDED.findall(text)}
    libm = {f"{name}{'f' if kind == '32' else ''}" for name, kind in _INTRINSIC.findall("\n".join(names))}
    return {name for name in names if not name.startswith("llvm.")} | {
        name for name in libm if name.encode() + b"\0" in code
    }


def load(path: Path, kernels: Sequence[Kernel]) -> tuple[Any, dict[Kernel, int]]:
    """Load the code of `kernels`: what keeps it in memory, and the addresses.

    Raises:
        OSError: if it can't be read.
        ValueError: if the file is broken, of other kernels, or calls something that is not here.
    """
    with path.open("rb") as file:
        head, _, code = file.read(_MOST).partition(b"\n")
    told = json.loads(head)
    listed = told["kernels"]
    if [name for name, _, _ in listed] != [each.name for each in kernels] or sum(n for *_, n in listed) != len(code):
        raise ValueError(f"{path.name} is not whole.")
    _offer_helpers()
    missing = [name for name in told["needs"] if not llvmlite.binding.address_of_symbol(name)]
    if missing:  # LLVM would end the process
        raise ValueError(f"{path.name} calls {', '.join(missing)}, which is not here.")
    engine = _engine()
    for _, _, size in listed:
        engine.add_object_file(llvmlite.binding.ObjectFileRef.from_data(code[:size]))
        code = code[size:]
    engine.finalize_object()
    symbols = {kernel: symbol for kernel, (_, symbol, _) in zip(kernels, listed, strict=True)}
    return engine, {kernel: int(engine.get_function_address(symbol)) for kernel, symbol in symbols.items()}


def _engine() -> Any:
    target = llvmlite.binding.Target.from_default_triple().create_target_machine(jit=True)
    return llvmlite.binding.create_mcjit_compiler(llvmlite.binding.parse_assembly(""), target)


@cache
def _offer_helpers() -> None:
    """Tell LLVM where the functions of numba and names of Python are that compiled code may call when it fails."""
    llvmlite.binding.initialize_native_target()
    llvmlite.binding.initialize_native_asmprinter()
    places: dict[str, int] = {"_Py_NoneStruct": id(None)}
    for module in ("numba._helperlib", "numba._dynfunc"):
        places |= {f"numba_{name}": address for name, address in _helpers(module).items()}
    for name, address in _helpers("numba.core.runtime._nrt_python").items():
        places[name if name.startswith("_") else f"NRT_{name}"] = address
    errors = [each for each in vars(builtins).values() if isinstance(each, type) and issubclass(each, BaseException)]
    places |= {f"PyExc_{each.__name__}": id(each) for each in errors}
    for name, address in places.items():
        llvmlite.binding.add_symbol(name, address)


def _helpers(module: str) -> dict[str, int]:
    """The functions of one of numba's own C modules, which have no types, by name."""
    helpers: dict[str, int] = importlib.import_module(module).c_helpers
    return helpers
