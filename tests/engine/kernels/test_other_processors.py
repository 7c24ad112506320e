"""The engine on lesser processors: its tests pass with their code forced, and the tiles are what they ought to be."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import llvmlite.binding
import pytest

from convnet_studio.engine.kernels import tiles
from convnet_studio.engine.kernels.processor import SETTING

TESTS = Path(__file__).parents[2]
FORCED = ["generic"] + ["avx2"] * bool(llvmlite.binding.get_host_cpu_features().get("avx2"))
IS_X86 = platform.machine().lower() in ("x86_64", "amd64")


def run(forced: str, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {SETTING: forced}
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("forced", FORCED)
def test_the_tests_of_the_engine_pass(forced: str) -> None:
    files = [
        *(TESTS / "engine/kernels").glob("test_kernel_*.py"),
        *(TESTS / "engine/program").glob("test_program_*.py"),
    ]
    done = run(forced, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *map(str, files))
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout or "100%" in done.stdout


@pytest.mark.parametrize("forced", FORCED)
def test_the_code_is_for_the_forced_processor(forced: str) -> None:
    program = (
        "from convnet_studio.engine.kernels import tiles, pool\n"
        "tile = tiles.BROADCAST_TILES[-1]\n"
        "print(tile.lanes, *(each.compile()._library.get_asm_str() for each in (tile, pool.max_forward)))"
    )
    done = run(forced, "-c", program)
    lanes, _, code = done.stdout.partition(" ")
    assert int(lanes) == {"generic": 4, "avx2": 8}[forced], done.stderr
    assert "fmaf" not in code, "multiply and add is one instruction or two, never a call"
    assert "zmm" not in code
    if IS_X86:
        assert ("vfmadd" in code) == (forced == "avx2")
        assert ("ymm" in code) == (forced == "avx2")


def test_an_unknown_processor_is_told() -> None:
    done = run("abacus", "-c", "import convnet_studio.engine.kernels")
    assert done.returncode != 0
    assert f"{SETTING} is 'abacus'" in done.stderr


@pytest.mark.parametrize(
    ("triple", "processor", "features", "instruction"),
    [
        ("aarch64-unknown-linux-gnu", "generic", {"neon"}, "fmla\tv"),
        ("arm64-apple-macosx", "apple-m1", {"neon"}, "fmla.4s"),
        ("x86_64-unknown-linux-gnu", "x86-64-v3", {"avx2"}, "vfmadd231ps"),
        ("x86_64-unknown-linux-gnu", "x86-64-v4", {"avx512f"}, "zmm"),
        ("x86_64-unknown-linux-gnu", "x86-64", {"sse2"}, "mulps"),
    ],
)
def test_the_generator_makes_tiles_for_any_processor(
    triple: str, processor: str, features: set[str], instruction: str
) -> None:
    llvmlite.binding.initialize_all_targets()
    llvmlite.binding.initialize_all_asmprinters()
    machine = llvmlite.binding.Target.from_triple(triple).create_target_machine(cpu=processor, opt=3)
    module = llvmlite.binding.parse_assembly(tiles.tiles_as_text(features))
    module.verify()
    code = machine.emit_assembly(module)
    count = code.count(instruction)
    shapes = tiles.registers(features)
    blocks = sum(m * (m + 1) // 2 * v for each in shapes for v, m in each.broadcast.items())
    assert count >= blocks, "one for each register of each case at least"
    assert "fmaf" not in code
    if features == {"neon"}:
        assert {each.lanes for each in shapes} == {4}


def test_arm_tiles_hold_their_block_in_registers() -> None:
    """The inner loop of a block stores nothing: sums stay in registers until the end."""
    llvmlite.binding.initialize_all_targets()
    llvmlite.binding.initialize_all_asmprinters()
    target = llvmlite.binding.Target.from_triple("aarch64-unknown-linux-gnu")
    machine = target.create_target_machine(cpu="generic", opt=3)
    code = machine.emit_assembly(llvmlite.binding.parse_assembly(tiles.tiles_as_text({"neon"})))
    loops = [block for block in code.split("\n.L") if "fmla\tv" in block]
    assert loops
    assert not any("\tstr\tq" in block or "\tstp\tq" in block for block in loops)
