"""Broken files: each gives one sentence that names the file, what was found and what would be right."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convnet_studio.engine.project.file import ProjectFileError, load_project, save_project
from convnet_studio.engine.project.json_format import project_to_text
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Project

Change = Callable[[dict[str, Any]], Any]


def complaint(path: Path) -> str:
    """The sentence with which `path` is refused."""
    with pytest.raises(ProjectFileError) as caught:
        load_project(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path.name} can't be opened: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 300
    return sentence


def zip_of(path: Path, entries: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "drawing.cvstudio"


@pytest.fixture
def text() -> str:
    return project_to_text(load_preset("tiny-digits"))


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_cut_off(path: Path, chain: Project, part: float) -> None:
    save_project(path, chain, {"m3": {"weight": np.ones((10, 784)), "bias": np.ones(10)}})
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    assert "cut off, or no ConvNet Studio project" in complaint(path)


@pytest.mark.parametrize("content", [b"hello", b"\x80\x04.", b"PK\x03\x04", b"\x00" * 4096])
def test_no_zip(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "no ConvNet Studio project" in complaint(path)


def test_no_file_and_a_folder(path: Path) -> None:
    assert "there is no such file" in complaint(path)
    path.mkdir()
    complaint(path)


def test_another_zip(path: Path) -> None:
    assert "holds no project.json" in complaint(zip_of(path, {"readme.txt": "hello"}))
    assert "holds no project.json" in complaint(zip_of(path, {"../project.json": "{}", "/project.json": "{}"}))


def test_a_flipped_byte(path: Path, text: str) -> None:
    zip_of(path, {"project.json": text}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    assert "damaged" in complaint(path)


def test_two_entries_of_one_name(path: Path, text: str) -> None:
    zip_of(path, {"project.json": text, "project.jsoN": text})
    path.write_bytes(path.read_bytes().replace(b"project.jsoN", b"project.json"))
    assert "two entries of the same name" in complaint(path)


def test_too_many_entries(path: Path, text: str) -> None:
    entries: dict[str, bytes | str] = {"project.json": text} | {f"{i}": "" for i in range(100)}
    assert "101 entries: there can be at most 16" in complaint(zip_of(path, entries))


def test_zip_bombs(path: Path, text: str) -> None:
    assert "unpacks to over 200 times its size" in complaint(zip_of(path, {"project.json": b" " * 4_000_000 + b"{}"}))
    assert "there can be at most" in complaint(zip_of(path, {"project.json": b" " * 9_000_000}))
    weights = io.BytesIO()
    np.savez_compressed(weights, **{"m3.weight": np.zeros(2_000_000, np.float32)})  # type: ignore[arg-type]
    assert "unpacks to over 200" in complaint(zip_of(path, {"project.json": text, "weights.npz": weights.getvalue()}))


def test_unusual_packing(path: Path, text: str) -> None:
    assert "packed in an unusual way" in complaint(zip_of(path, {"project.json": text}, zipfile.ZIP_BZIP2))


def test_a_file_larger_than_any_project(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**30)  # sparse: it takes no room on the disk
    assert "528 MB that a project can have" in complaint(path)


def set_at(*keys: str | int, to: Any) -> Change:
    """A change of the JSON tree at a path."""

    def change(tree: Any) -> None:
        for key in keys[:-1]:
            tree = tree[key]
        tree[keys[-1]] = to

    return change


def drop(key: str) -> Change:
    return lambda tree: tree.pop(key)


NAN = float("nan")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_at("format_version", to=2), "format_version is 2, but this program reads up to 1"),
        (set_at("format_version", to=0), "it must be 1 or more"),
        (set_at("format_version", to="1"), 'format_version is "1": it must be a whole number'),
        (set_at("format_version", to=True), "format_version is true: it must be a whole number"),
        (drop("format_version"), "format_version is missing: it must be a whole number"),
        (drop("modules"), "modules is missing: it must be a list"),
        (set_at("modules", to={}), "modules is {}: it must be a list"),
        (set_at("modules", to=[{"id": f"m{i}", "kind": "Tanh"} for i in range(10_000)]), "at most 1,000"),
        (set_at("modules", 0, to="Tanh"), 'modules[0] is "Tanh": it must be an object'),
        (set_at("modules", 0, "kind", to=7), "modules[0].kind is 7: it must be a text"),
        (set_at("modules", 0, "kind", to="x" * 200), "it can have at most 100"),
        (set_at("modules", 0, "kind", to=""), "is empty"),
        (set_at("modules", 1, "id", to="m1"), "Two modules have the id 'm1'"),
        (set_at("modules", 1, "id", to="../m1"), "letters and digits"),
        (set_at("modules", 1, "id", to="m99"), "next_id is 11"),
        (set_at("modules", 1, "settings", to=[]), "modules[1].settings is []: it must be an object"),
        (set_at("modules", 1, "settings", "out_channels", to=[8]), "it must be a finite number"),
        (set_at("modules", 1, "settings", "out_channels", to=NAN), "the number NaN: only finite"),
        (set_at("modules", 1, "settings", "out_channels", to=-float("inf")), "the number -Infinity: only finite"),
        (set_at("modules", 1, "settings", "out_channels", to=1e300), "it must be a finite number"),
        (set_at("modules", 1, "settings", "out_channels", to=10**30), "a number of 31 digits"),
        (set_at("modules", 1, "settings", "out_channels", to="x" * 40_000), "at most 30000"),
        (set_at("modules", 1, "position", to=[1]), "has 1 numbers: it must have 2"),
        (set_at("modules", 1, "position", to=[1, "2"]), "it must be a finite number"),
        (set_at("modules", 1, "position", to=[1, 1e12]), "must lie on the canvas"),
        (set_at("modules", 1, "name", to="a\nb"), "control character"),
        (set_at("modules", 1, "name", to="\ud800"), "control character"),
        (set_at("links", 0, "target", to="m77"), "ends nowhere"),
        (set_at("links", 0, "source", to="m3"), "form a loop"),
        (set_at("links", 0, "port", to=4), "port 4, which Conv2d does not have"),
        (set_at("links", 0, "port", to=0.5), "links[0].port is 0.5: it must be a whole number"),
        (set_at("links", 0, "port", to=-1), "does not have"),
        (set_at("links", to=[{}]), "links[0].source is missing"),
        (set_at("name", to=""), "name is empty"),
        (set_at("name", to=None), "name is missing"),
        (set_at("next_id", to=2**60), "next_id is 1152921504606846976: it must be a finite number"),
        (set_at("training", "rate", to=-1), "training.rate can't be used: Learning rate is -1"),
        (set_at("training", "rate", to="fast"), "it must be a number"),
        (set_at("training", "batch_size", to=10**6), "at most 4096"),
        (set_at("training", "schedule", to=["x"]), "choose one of 1"),
        (set_at("training", "optimizer", to=None), "training.optimizer is missing"),
        (set_at("training", to=3), "training is 3: it must be an object"),
        (set_at("data", "dataset", to=3), "data.dataset is 3: it must be a text"),
        (set_at("extra", to=3), "extra is 3: it must be an object"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_json(path: Path, text: str, change: Change, words: str) -> None:
    tree = json.loads(text)
    change(tree)
    assert words in complaint(zip_of(path, {"project.json": json.dumps(tree)}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON at line 1"),
        (b'{"format_version": 1,', "no JSON at line 1"),
        (b"[]", "project.json is []: it must be an object"),
        (b"\xff\xfe", "no text: it must be JSON in UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"format_version": ' + b"1" * 5000 + b"}", "a number of 5000 digits"),
        (b'{"format_version": 1e999}', "format_version is Infinity: it must be a whole number"),
    ],
)
def test_no_project_json(path: Path, content: bytes, words: str) -> None:
    assert words in complaint(zip_of(path, {"project.json": content}))


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, **{name.replace("__", "."): array for name, array in arrays.items()})
    return buffer.getvalue()


def npy(shape: tuple[int, ...], body: bytes, descr: str = "<f4") -> bytes:
    """A .npy file that claims `shape`."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"shape": shape, "fortran_order": False, "descr": descr})
    return buffer.getvalue() + body


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (b"hello", "damaged or cut off: it must be a whole zip archive"),
        (npz(m2__weight=np.array([{"a": 1}], dtype=object)), "m2.weight.npy in it is a pickled array"),
        (npz(m2__weight=np.array(["text"])), "numbers of the type <U4"),
        (npz(m2__weight=np.array([1, 2])), "numbers of the type int64: they must be float32"),
        (npz(weight=np.ones(3)), "arrays are called like 'm3.weight.npy'"),
        (zipped("m2.weight.npy", b"hello"), "no numpy array"),
        (zipped("m2.weight.npy", b"\x93NUMPY\x01\x00\x10\x00{'descr': (((((("), "no numpy array"),
        (zipped("m2.weight.npy", npy((10**12,), b"")), "not as long as its shape"),
        (zipped("m2.weight.npy", npy((-1, -1), b"1234")), "not as long as its shape"),
        (zipped("m2.weight.npy", npy((2,), b"1234")), "not as long as its shape"),
        (zipped("../m2.weight.npy", npy((0,), b"")), ""),
        (zipped("m2.weight.txt", b""), "arrays are called like"),
    ],
)
def test_wrong_weights(path: Path, text: str, weights: bytes, words: str) -> None:
    zip_of(path, {"project.json": text, "weights.npz": weights})
    if words:
        assert words in complaint(path)
        assert "weights.npz" in complaint(path)
    else:
        assert load_project(path).warnings == (
            "There are weights of a module '' that is not there: they were left out.",
        )


def test_what_is_unknown_but_harmless_is_a_warning(path: Path, text: str) -> None:
    tree = json.loads(text)
    tree["data"]["dataset"] = "imagenet"
    tree["training"]["optimizer_settings"] = {"momentum": 0.5, "damping": 3}
    tree["modules"][1]["settings"]["dilation"] = 2
    tree["modules"][2]["kind"] = "FancyNorm"
    loaded = load_project(zip_of(path, {"project.json": json.dumps(tree)}))
    assert sorted(loaded.warnings) == [
        "Conv2d has no setting 'dilation' in this version: it was left out.",
        "SGD can't use its setting 'damping' as the file has it: it was left out.",
        'There is no data set "imagenet" here: mnist_10k takes its place.',
        "This version does not know the module FancyNorm: it is kept, but can't compute.",
    ]
    assert loaded.project.training.optimizer_settings == {"momentum": 0.5}
    assert len(loaded.project.network.modules) == len(tree["modules"])
    tree["training"]["optimizer"] = "Adagio"
    loaded = load_project(zip_of(path, {"project.json": json.dumps(tree)}))
    assert loaded.project.training.optimizer == "Adagio"
    assert 'This version does not know the optimizer "Adagio".' in loaded.warnings


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("fuzz") / "drawing.cvstudio"
    save_project(path, load_preset("tiny-digits"), {"m2": {"weight": np.ones((8, 1, 3, 3)), "bias": np.zeros(8)}})
    return path, path.read_bytes()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_is_survived(sound: tuple[Path, bytes], data: st.DataObject) -> None:
    path, content = sound
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        # Most damage goes to the directory at the end and the headers at the start, which the checksums leave out.
        place = data.draw(st.one_of(st.integers(0, 60), st.integers(-250, -1), st.integers(0, len(content) - 1)))
        damaged[place] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])
    try:
        load_project(path)
    except ProjectFileError as error:
        sentence = str(error)
    else:
        sentence = "."
    assert sentence.endswith(".")
    assert "\n" not in sentence
