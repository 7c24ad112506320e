"""The compiled set: found, told from others, mended, replaced, and safe with several first starts."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from convnet_studio.engine.program import CompileProgress, cache, compile_pool, compile_set, compiled_set_ready
from convnet_studio.engine.program import machine_code as code
from convnet_studio.engine.program.cache import PARTS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONVNET_STUDIO_CACHE", str(tmp_path / "cache"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    return tmp_path


@pytest.fixture
def parent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of sets, which nothing but a fake compiler writes to."""
    monkeypatch.setattr(cache, "compile_in_workers", fake)
    return folder / "cache" / "compiled"


def fake(folder: Path, sizes: dict[str, int], on_progress: Callable[[CompileProgress], None]) -> None:
    """In place of the processes: files that hold the names of their parts."""
    for part in PARTS:
        if part.name in sizes:
            (folder / part.file_name).write_text(part.name)
            on_progress(CompileProgress(1, 1, part.name))


def files() -> set[str]:
    return {part.file_name for part in PARTS}


def test_a_set_is_compiled_once_and_then_found(parent: Path) -> None:
    seen: list[CompileProgress] = []
    assert not compiled_set_ready()
    compile_set(seen.append)
    assert compiled_set_ready()
    assert len(seen) == len(PARTS)
    compile_set(lambda progress: pytest.fail("it is there already"))
    assert {each.name for each in parent.iterdir()} == files()


def test_only_what_is_missing_is_compiled(parent: Path) -> None:
    compile_set()
    (parent / PARTS[2].file_name).unlink()
    assert not compiled_set_ready()
    seen: list[CompileProgress] = []
    compile_set(seen.append)
    assert [each.name for each in seen] == [PARTS[2].name]


def test_the_parts_that_take_longest_come_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[list[str]] = []
    monkeypatch.setattr(cache, "compile_in_workers", lambda folder, sizes, on_progress: found.append(list(sizes)))
    compile_set()
    weights = {part.name: part.weight for part in PARTS}
    assert found == [sorted(weights, key=lambda name: -weights[name])]


@pytest.mark.parametrize("edited", ["simd", "pool"])
def test_an_edit_makes_other_names_of_all_that_depends_on_it(edited: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {part.name: part.file_name for part in PARTS}
    source = cache._source
    monkeypatch.setattr(cache, "_source", lambda name: source(name) + (b"#" if name.endswith(f".{edited}") else b""))
    cache.file_name.cache_clear()
    try:
        changed = {part.name.rpartition(".")[2] for part in PARTS if part.file_name != before[part.name]}
    finally:
        cache.file_name.cache_clear()
    assert changed >= {"pool", "norm"}
    assert ("conv" in changed) == (edited == "simd")


def test_the_imports_of_a_part_are_those_that_python_sees() -> None:
    for part in PARTS:
        for name in cache.sources(part.name):
            for node in ast.walk(ast.parse(cache._source(name))):
                if isinstance(node, ast.Import):
                    assert not any(each.name.startswith("convnet_studio") for each in node.names), name
                if isinstance(node, ast.ImportFrom):
                    assert not node.level, name
                    modules = {str(node.module), *(f"{node.module}.{each.name}" for each in node.names)}
                    own = {each for each in modules if each.startswith("convnet_studio.") and each in sys.modules}
                    assert own <= cache.sources(part.name), name


def test_another_processor_has_another_set() -> None:
    name = PARTS[0].name
    names = {
        cache.file_name(name, processor, frozenset(features))
        for processor in ("znver4", "haswell")
        for features in ({"avx2"}, {"avx2", "avx512f"})
    }
    assert len(names) == 4


def test_no_part_of_this_processor_is_taken_where_another_is_forced() -> None:
    program = "from convnet_studio.engine.program.cache import PARTS; print(*(part.file_name for part in PARTS))"
    seen: set[str] = set()
    for forced in ("host", "generic"):
        command, environment = [sys.executable, "-c", program], os.environ | {"CONVNET_STUDIO_CPU": forced}
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
        assert len(told) == len(PARTS)
        assert not seen & set(told)
        seen.update(told)


def test_whoever_is_second_takes_what_the_first_made(parent: Path) -> None:
    compile_set()
    (parent / PARTS[0].file_name).write_text("the first one's")
    compile_set()
    assert (parent / PARTS[0].file_name).read_text() == "the first one's"


def test_a_failed_compilation_leaves_nothing_and_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_pool, "_WORKER", "convnet_studio.no_such_module")
    with pytest.raises(RuntimeError, match="no_such_module"):
        compile_set()
    assert not compiled_set_ready()
    assert not list((folder / "cache" / "compiled").iterdir())


def test_old_code_is_swept_away_but_not_what_is_in_use(parent: Path) -> None:
    compile_set()
    used = parent / PARTS[0].file_name
    for path, age in ((parent / "old", 40), (parent / "young", 2), (used, 40)):
        path.touch()
        os.utime(path, (time.time() - age * 86400,) * 2)
    (parent / PARTS[1].file_name).unlink()
    compile_set()
    assert {each.name for each in parent.iterdir()} == {"young", *files()}


def test_a_folder_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(cache, "compile_in_workers", fake)
    compile_set()
    assert compiled_set_ready()
    assert any((folder / "temporary").rglob(PARTS[0].file_name))


def test_two_processes_compile_what_is_then_loaded_and_a_broken_file_is_made_anew(folder: Path) -> None:
    for part in PARTS:
        if len(part.kernels) > 2:  # the small ones are enough to see it work
            cache._writable_parent().joinpath(part.file_name).touch()
    seen: list[CompileProgress] = []
    compile_set(seen.append)
    small = [part for part in PARTS if len(part.kernels) <= 2]
    total = sum(len(part.kernels) for part in small)
    assert [(each.done, each.total) for each in seen] == [(n, total) for n in range(1, total + 1)]
    assert sorted(each.name for each in seen) == sorted(each.name for part in small for each in part.kernels)
    path = folder / "cache" / "compiled" / small[0].file_name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match="not whole"):
        code.load(path, small[0].kernels)
    _, addresses = cache._load_part(small[0])
    assert all(addresses.values())
    assert code.load(path, small[0].kernels)


def test_code_that_calls_what_is_not_here_is_refused(tmp_path: Path) -> None:
    cache.compiled_set()
    chance = next(part for part in PARTS if part.name.endswith(".chance"))
    path, found = tmp_path / "code", cache._find(chance)
    assert found is not None
    head, _, objects = found.read_bytes().partition(b"\n")
    told = json.loads(head) | {"needs": ["no_such_function"]}
    path.write_bytes(json.dumps(told).encode() + b"\n" + objects)
    with pytest.raises(ValueError, match="no_such_function"):
        code.load(path, chance.kernels)


def test_what_is_called_from_outside_is_written_down() -> None:
    cache.compiled_set()
    needs = {}
    for part in PARTS:
        path = cache._find(part)
        assert path is not None
        needs[part.name.rpartition(".")[2]] = json.loads(path.read_bytes().partition(b"\n")[0])["needs"]
    assert {"expf", "logf"} & set(needs["softmax"])
    assert "powf" in needs["pool"]


def test_a_new_process_loads_the_set_without_a_compiler() -> None:
    cache.compiled_set()
    program = (
        "import numba.core.compiler as k, convnet_studio.engine.program.cache as c; k.CompilerBase.__init__ = None; "
        "print(len([c.compiled_set().address(each) for each in c.KERNELS]))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert int(told) == len(cache.KERNELS)


def test_code_in_the_current_folder_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may be started in a folder that holds another version of it."""
    stray = tmp_path / "convnet_studio"
    stray.mkdir()
    (stray / "__init__.py").write_text("raise SystemExit('this is not the program')")
    monkeypatch.chdir(tmp_path)
    part = next(part for part in PARTS if part.name.endswith("whitening"))
    compile_pool.compile_in_workers(tmp_path, {part.name: len(part.kernels)}, lambda progress: None)
    assert (tmp_path / part.file_name).is_file()
