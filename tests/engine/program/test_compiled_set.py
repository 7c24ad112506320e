"""The compiled set: found, told from others, replaced, and safe with several first starts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convnet_studio.engine.program import CompileProgress, cache, compile_set, compiled_set_ready


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONVNET_STUDIO_CACHE", str(tmp_path / "cache"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    return tmp_path


def fake(target: Path, on_progress: object) -> None:
    """In place of the subprocess: a set of one file."""
    (target / "kernel.nbi").write_text("code")
    on_progress(CompileProgress(1, 1, "kernel"))  # type: ignore[operator]


def test_a_set_is_compiled_once_and_then_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_compile_in_subprocess", fake)
    seen: list[CompileProgress] = []
    assert not compiled_set_ready()
    compile_set(seen.append)
    assert compiled_set_ready()
    assert seen == [CompileProgress(1, 1, "kernel")]
    compile_set(lambda progress: pytest.fail("it is there already"))
    assert [each.name for each in (folder / "cache" / "compiled").iterdir()] == [cache._name()]


def test_other_sources_are_another_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_compile_in_subprocess", fake)
    compile_set()
    source = folder / "conv.py"
    source.write_text("changed")
    monkeypatch.setattr(cache, "_SOURCES", (*cache._SOURCES, source))
    cache._name.cache_clear()
    try:
        assert not compiled_set_ready()
    finally:
        cache._name.cache_clear()


def test_whoever_is_second_takes_what_the_first_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(target: Path, on_progress: object) -> None:
        fake(target, on_progress)
        first = target.parent / cache._name()
        first.mkdir()
        (first / "kernel.nbi").write_text("the first one's")

    monkeypatch.setattr(cache, "_compile_in_subprocess", meanwhile)
    compile_set()
    found = folder / "cache" / "compiled"
    assert [each.name for each in found.iterdir()] == [cache._name()]
    assert (found / cache._name() / "kernel.nbi").read_text() == "the first one's"


def test_a_failed_compilation_leaves_nothing_and_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache.sys, "executable", sys.executable)
    monkeypatch.setattr(cache, "_WORKER", "convnet_studio.no_such_module")
    with pytest.raises(RuntimeError, match="no_such_module"):
        compile_set()
    assert not compiled_set_ready()
    assert not list((folder / "cache" / "compiled").iterdir())


def test_old_sets_are_swept_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_compile_in_subprocess", fake)
    parent = folder / "cache" / "compiled"
    for name, age in (("old", 40), ("young", 2)):
        (parent / name).mkdir(parents=True)
        os.utime(parent / name, (time.time() - age * 86400,) * 2)
    compile_set()
    assert {each.name for each in parent.iterdir()} == {"young", cache._name()}


def test_a_folder_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(cache, "_compile_in_subprocess", fake)
    compile_set()
    assert compiled_set_ready()
    assert any((folder / "temporary").rglob(cache._name()))


def test_a_new_process_loads_the_set_quickly() -> None:
    cache.compiled_set()
    code = (
        "import time, convnet_studio.engine.program.cache as c; t = time.process_time(); c.compiled_set(); "
        "print(time.process_time() - t)"
    )
    commands = [[sys.executable, "-c", code]] * 2
    times = [float(subprocess.run(each, capture_output=True, text=True, check=True).stdout) for each in commands]
    assert min(times) < 2.0, "it takes some 0.4 s on a quiet machine"
