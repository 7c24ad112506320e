"""The processor that kernels are compiled for: the one at hand, or a lesser one that is forced to test code for it.

Must be imported before numba compiles anything, and so is the first import of this package.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

import llvmlite.binding

SETTING = "CONVNET_STUDIO_CPU"
"""The environment variable: host, avx2 (vectors of 8, with FMA) or generic (what every processor has, without FMA)."""


@dataclass(frozen=True)
class Processor:
    """`name` as LLVM knows it; `features`: what it can beyond the least of its architecture."""

    name: str
    features: frozenset[str]


def _host() -> Processor:
    features = llvmlite.binding.get_host_cpu_features()
    return Processor(llvmlite.binding.get_host_cpu_name(), frozenset(name for name, has in features.items() if has))


def _forced(name: str, features: frozenset[str]) -> Processor:
    os.environ["NUMBA_CPU_NAME"] = name
    os.environ["NUMBA_CPU_FEATURES"] = ""  # none beyond those that the name implies
    return Processor(name, features)


def _choose(wanted: str) -> Processor:
    """The processor that `wanted` names.

    Raises:
        ValueError: if it names none, or one of another architecture.
    """
    is_arm = platform.machine().lower() in ("arm64", "aarch64")
    if wanted in ("", "host"):
        return _host()
    if wanted == "avx2" and not is_arm:
        return _forced("x86-64-v3", frozenset({"avx", "avx2", "fma"}))
    if wanted == "generic":
        return _forced("generic", frozenset({"neon"} if is_arm else {"sse2"}))
    raise ValueError(f"{SETTING} is {wanted!r}: on {platform.machine()} it can't be; host and generic can.")


PROCESSOR = _choose(os.environ.get(SETTING, ""))
