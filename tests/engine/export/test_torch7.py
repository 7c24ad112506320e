"""Torch7 listings: the slides' two load, what is written is read back as the same network, slips are told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from export_cases import project_of
from module_cases import Case, all_cases

from convnet_studio.engine.export.form import ExportError, Form, export
from convnet_studio.engine.export.forms.torch7 import LOSSES, ROWS
from convnet_studio.engine.export.lua_tokens import LuaError
from convnet_studio.engine.export.outline import outline_of
from convnet_studio.engine.export.torch7_constructors import CRITERIA, MODULES
from convnet_studio.engine.export.torch7_reader import read_listing
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, SettingValue
from convnet_studio.engine.project.kinds import kind_named, settings_by_name
from convnet_studio.engine.project.presets import load_preset, preset_names
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project

# As the slides of the tutorial print them: capitals at the beginning of lines, comments without their dashes, names
# that an earlier slide defines.
TWO_LAYERS = """
Noutputs = 10;
nfeats = 3; Width = 32; height = 32
ninputs = nfeats*width*height
nhiddens = 1500

 Simple 2layer neural network
model = nn.Sequential()
model:add(nn.Reshape(ninputs))
model:add(nn.Linear(ninputs,nhiddens))
model:add(nn.Tanh())
model:add(nn.Linear(nhiddens,noutputs))
model:add(nn.LogSoftMax())

criterion = nn.ClassNLLCriterion()
"""
THREE_STAGES = """
model\xa0=\xa0nn.Sequential()

\xa0stage\xa01\xa0:\xa0filter\xa0bank\xa0>\xa0squashing\xa0>\xa0L2\xa0pooling\xa0>\xa0normalization

model:add(nn.SpatialConvolutionMM(nfeats, nstates[1], filtsiz, filtsiz))

model:add(nn.Tanh())\xa0\xa0
model:add(nn.SpatialLPPooling(nstates[1],2,poolsiz,poolsiz,poolsiz,poolsiz))

model:add(nn.SpatialSubtractiveNormalization(nstates[1], normkernel))

 stage 2 : filter bank > squashing > L2 pooling > normalization

model:add(nn.SpatialConvolutionMM(nstates[1],nstates[2],filtsiz,filtsiz))

model:add(nn.Tanh())
model:add(nn.SpatialLPPooling(nstates[2],2,poolsiz,poolsiz,poolsiz,poolsiz))

model:add(nn.SpatialSubtractiveNormalization(nstates[2], normkernel))

 stage 3 : 2 fullyconnected layers

model:add(nn.Reshape(nstates[2]*filtsize*filtsize))

model:add(nn.Linear(nstates[2]*filtsize*filtsize, nstates[3]))

model:add(nn.Tanh())

model:add(nn.Linear(nstates[3], noutputs))
"""

ADD = "m = nn.Sequential()\nm:add("

Described = list[tuple[str, dict[str, SettingValue]]]


def described(project: Project) -> Described:
    """Kinds with all their settings, in the order of the chain."""
    feeds = {each.source: each.target for each in project.network.links}
    (at,) = (each.id for each in project.network.modules if each.kind == "Input")
    found: Described = []
    while at:
        module = project.network.module(at)
        declared = settings_by_name(kind_named(module.kind))
        found.append((module.kind, {name: module.settings.get(name, each.default) for name, each in declared.items()}))
        at = feeds.get(at, "")
    return found


def read(text: str) -> Project:
    return Form.registry["torch7"]().read(text, "listing").project


def test_the_slide_of_the_two_layer_network_loads() -> None:
    assert described(read(TWO_LAYERS)) == described(load_preset("two-layer"))
    assert read(TWO_LAYERS).data.dataset == load_preset("two-layer").data.dataset


def test_the_slide_of_the_convnet_loads() -> None:
    project = read(THREE_STAGES)
    preset = load_preset("torch7-three-stage")
    assert described(project) == described(preset)[:-2]  # the slide ends before its criterion
    assert project.data.dataset == preset.data.dataset


def test_what_was_guessed_is_told() -> None:
    notes = read_listing(TWO_LAYERS).notes
    assert "Line 4: width has no value, so that of Width was taken." in notes
    assert "Line 7: “Simple 2layer neural network” was read as a comment." in notes
    imported = Form.registry["torch7"]().read(THREE_STAGES, "slide")
    assert "Line 6: nstates has no value, so the tutorial's was taken." in imported.notes
    assert any("no criterion" in each for each in imported.notes)
    assert any("street_digits_synth" in each for each in imported.notes)


SAID = [name for name in preset_names() if name not in ("one-one-one", "two-one")]
"""Presets that Torch7 can say: it has no criterion with the half of a squared distance."""
CHAINS = [name for name in SAID if outline_of(load_preset(name)).is_chain]
EXACT = [name for name in CHAINS if name not in ("two-stage-digits", "stereo-toys")]


@pytest.mark.parametrize("name", EXACT)
def test_presets_come_back_as_they_were(name: str) -> None:
    preset = load_preset(name)
    project = read(str(export(preset, "torch7").content))
    assert described(project) == described(preset)
    assert project.data.dataset == preset.data.dataset
    places = [each.position for each in project.network.modules]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("name", sorted(set(CHAINS) - set(EXACT)))
def test_a_threshold_that_torch7_has_not_comes_back_as_its_own_and_is_told(name: str) -> None:
    preset = load_preset(name)
    exported = export(preset, "torch7")
    assert [each for each in exported.notes if each.startswith("LocalContrastNorm (m2) differs in Torch7: ")]
    theirs = {"border": "torch", "threshold": "fixed", "threshold_value": 1e-4}
    expected = [
        (kind, settings | theirs if kind == "LocalContrastNorm" else settings) for kind, settings in described(preset)
    ]
    assert described(read(str(exported.content))) == expected


CASES = [case for case in all_cases() if case.kind != "Input"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_module_comes_back_or_is_refused_in_one_sentence(case: Case) -> None:
    project = project_of(case)
    outline = outline_of(project, None, (case.shape, 10))
    written = Form.registry["torch7"]().write(outline)
    if written.gaps:
        (gap,) = written.gaps
        assert gap.startswith(f"{case.kind} (m2) can't be written as a Torch7 listing: ")
        assert gap.endswith(".")
        assert f"-- {gap}" in str(written.content).splitlines()
    elif outline.is_chain:
        units = read_listing(str(written.content)).units
        found = [(each.kind, each.settings) for each in units]
        ((kind, settings), *others) = found[::-1]
        assert kind == case.kind or (case.kind, kind) == ("Reshape", "Flatten")
        assert [each for each, _ in others] in ([], ["Abs"])
        if kind == case.kind and not written.notes:
            assert_same(case, dict(settings))


def assert_same(case: Case, found: dict[str, SettingValue]) -> None:
    """The module that comes back computes the same (its settings may be written otherwise)."""
    ours = case.module(np.float32)
    theirs = Module.registry[case.kind](**found)
    shapes = ours.parameter_shapes(*case.input_shapes)
    assert theirs.parameter_shapes(*case.input_shapes) == shapes
    for name in shapes:
        setattr(theirs, name, getattr(ours, name))
    inputs = case.inputs(np.float32)
    np.testing.assert_allclose(theirs.forward(*inputs), ours.forward(*inputs), rtol=1e-5, atol=1e-6)


def test_rules_are_for_kinds_that_there_are() -> None:
    assert set(ROWS) <= set(Module.registry)
    assert set(LOSSES) <= set(Loss.registry)


@pytest.mark.parametrize("kind", list(LOSSES))
def test_losses_come_back(kind: str) -> None:
    tiny = load_preset("tiny-digits")
    modules = tuple(replace(each, kind=kind) if each.kind == "NLLLoss" else each for each in tiny.network.modules)
    project = replace(tiny, network=replace(tiny.network, modules=modules))
    assert described(read(str(export(project, "torch7").content))) == described(project)


def test_a_graph_is_written_with_nngraph() -> None:
    text = str(export(load_preset("traffic-signs"), "torch7").content)
    assert "require 'nngraph'" in text
    assert "local concat1 = nn.JoinTable(1, 1)({flatten1, flatten2})" in text
    assert "model = nn.gModule({input1}, {log_softmax1})" in text


def test_shared_weights_and_steps_of_time_are_written() -> None:
    kinds = ("Input", "Flatten", "Linear", "Add", "Tanh", "Linear", "Linear", "LogSoftmax", "NLLLoss")
    modules = tuple(ModuleSpec(f"m{n}", kind) for n, kind in enumerate(kinds, 1))
    wires = [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (5, 7), (7, 8), (8, 9)]
    links = tuple(Link(f"m{a}", f"m{b}") for a, b in wires)
    network = NetworkSpec(modules, (*links, Link("m6", "m4", 1, is_recurrent=True)), unfold=2)
    text = str(export(Project("recurrent", network, next_id=10), "torch7").content)
    assert "nn.CAddTable()({linear1, linear2_t0})" in text
    again = read(str(export(Project("recurrent", replace(network, unfold=3), next_id=10), "torch7").content)).network
    shared = [(each.kind, again.module(each.shares).kind) for each in again.modules if each.shares]
    assert shared == [("Linear", "Linear")], "the copy of the last step leads nowhere"
    assert sorted(each.kind for each in again.modules) == sorted([*kinds, "Add", "Tanh", "Add", "Tanh", "Linear"])


GRAPHS = sorted(set(SAID) - set(CHAINS))


def wired(project: Project) -> object:
    """Each loss with what feeds it, down to the inputs: kinds and settings alone."""
    feeds = {(each.target, each.port): each.source for each in project.network.links}

    def seen(module_id: str) -> object:
        module = project.network.module(module_id)
        declared = settings_by_name(kind_named(module.kind))
        sources = [seen(source) for (target, _), source in sorted(feeds.items()) if target == module_id]
        return module.kind, {name: module.settings.get(name, each.default) for name, each in declared.items()}, sources

    return [seen(each.id) for each in project.network.modules if each.kind in Loss.registry]


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_come_back_as_they_were(name: str) -> None:
    preset = load_preset(name)
    project = read(str(export(preset, "torch7").content))
    assert len(project.network.modules) == len(preset.network.modules)
    assert wired(project) == wired(preset)
    assert outline_of(project).input_shape[0] == outline_of(preset).input_shape[0]


GRAPH = "a = nn.Identity()()\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("b = nn.Tanh()(3)", "Line 2: nn.Tanh is called with something else than nodes: nn.Tanh()(x) was expected."),
        ("b = nn.Tanh()()", "Line 2: nn.Tanh is called with nothing: only nn.Identity()() is an input of a graph."),
        ("b = nn.Tanh()({a, a})", "Line 2: nn.Tanh takes one input, not 2."),
        ("b = nn.JoinTable(2)({a, a})", "Line 2: nn.JoinTable joins along another dimension than that of the maps:"),
        ("t = nn.Tanh() b = t(a) c = t(b)\nm = nn.gModule({a}, {c})", "Line 2: this nn.Tanh is called twice: make"),
        ("m = nn.gModule({a}, {})", "Line 2: nn.gModule takes two tables of nodes: nn.gModule({input}, {output})"),
        ("m = nn.gModule(a, a)", "Line 2: nn.gModule takes two tables of nodes: nn.gModule({input}, {output}) was"),
        ("m = nn.gModule({a}, {a})", "Line 2: this nn.gModule is empty: add modules, such as model:add(nn.Tanh())."),
        ("b = nn.Tanh()(nn.Identity()()) m = nn.gModule({a}, {b})", "Line 2: this input is not in the first table of"),
        ("b = nn.Tanh()(a) m = nn.gModule({b}, {b})", "Line 2: a node of nn.Tanh is no input of a graph: nn.Id"),
        ("b = nn.Linear(2, 2):share(a.data.module, 'weight')(a)", "Line 2: nn.Linear can't share the weights of nn."),
        ("b = nn.Linear(2, 2):share(3)(a)", "Line 2: nn.Linear shares the weights of a module: node.data.module was"),
        ("b = a.weight", "Line 2: a node has no weight here: node.data.module was expected."),
        ("b = nn.Sequential() b:add(a)", "Line 2: add was given a node of nn.Identity: a module such as nn.Tanh() was"),
        ("b = nn.Sequential() b:add(nn.CAddTable())", "Line 2: nn.CAddTable takes several inputs, so it has no place"),
        ("b = nn.Tanh()(a) m = nn.gModule({a}, {b, a}) c = nn.ClassNLLCriterion()", "Line 2: there are criteria for 1"),
        ("p = nn.ParallelCriterion() p:add(3)", "Line 2: to nn.ParallelCriterion only criteria can be added: add(nn."),
        ("b = nn.Tanh()(a) m = nn.gModule({a}, {b}) p = nn.ParallelCriterion() c = nn.MSECriterion()", "Line 2: not"),
    ],
)  # fmt: skip
def test_slips_in_graphs_are_told_with_their_line(text: str, sentence: str) -> None:
    assert refusal(GRAPH + text).startswith(sentence)


def test_criteria_with_weights_come_back() -> None:
    text = GRAPH + (
        "b, c = nn.Tanh()(a), nn.Abs()(a)\nm = nn.gModule({a}, {b, c})\np = nn.ParallelCriterion()\n"
        "p:add(nn.ClassNLLCriterion()):add(nn.MSECriterion(), 0.5)"
    )
    network = read(text).network
    losses = {each.kind: (each.id, dict(each.settings)) for each in network.modules if each.kind in Loss.registry}
    assert [settings for _, settings in losses.values()] == [{}, {"weight": 0.5}]
    feeds = {each.target: network.module(each.source).kind for each in network.links}
    assert [feeds[its_id] for its_id, _ in losses.values()] == ["Tanh", "Abs"]


# Stages


def named_stages(project: Project) -> list[tuple[str, list[str]]]:
    """Names and kinds of the modules inside."""
    kinds = {each.id: each.kind for each in project.network.modules}
    return [(each.name, [kinds[one] for one in each.modules]) for each in project.network.stages]


@pytest.mark.parametrize("name", [name for name in preset_names() if load_preset(name).network.stages])
def test_stages_come_back_with_their_names(name: str) -> None:
    preset = load_preset(name)
    assert named_stages(read(str(export(preset, "torch7").content))) == named_stages(preset)


def test_stages_are_headed_as_on_the_slides() -> None:
    text = str(export(load_preset("two-stage-digits"), "torch7").content)
    assert "\n\n-- stage 1: normalization > filter bank > non-linearity > pooling\n" in text
    assert "\n\n-- stage Classifier: filter bank\n" in text


@pytest.mark.parametrize(
    ("names", "heading"),
    [
        (("", ""), "-- stage: filter bank > non-linearity > pooling"),
        (("Same", "Same"), "-- stage Same: filter bank > non-linearity > pooling"),
        (("Eyes: left", "no stage"), "-- stage Eyes: left: filter bank > non-linearity > pooling"),
        (("Stage 7", "A (B)"), "-- stage 7: filter bank > non-linearity > pooling"),
    ],
)
def test_stages_of_any_name_come_back(names: tuple[str, str], heading: str) -> None:
    tiny = load_preset("tiny-digits")
    first, second = tiny.network.stages
    stages = replace(first, name=names[0]), replace(second, name=names[1], modules=second.modules[:-2])
    project = replace(tiny, network=replace(tiny.network, stages=stages))
    text = str(export(project, "torch7").content)
    assert heading in text.splitlines()
    assert "\n\n-- no stage\nmodel:add(nn.LogSoftMax())" in text
    assert named_stages(read(text)) == named_stages(project)
    assert described(read(text)) == described(project)


def test_a_network_without_stages_is_headed_by_its_families() -> None:
    tiny = load_preset("tiny-digits")
    text = str(export(replace(tiny, network=replace(tiny.network, stages=())), "torch7").content)
    assert "-- stage 1: filter bank > non-linearity > pooling" in text
    assert "-- stage 2: filter bank" in text


def test_the_stages_of_the_slide_are_found() -> None:
    assert [name for name, _ in named_stages(read(THREE_STAGES))] == ["Stage 1", "Stage 2", "Stage 3"]
    assert named_stages(read(THREE_STAGES))[0][1] == ["Conv2d", "Tanh", "LPPool2d", "SubtractiveNorm"]


def test_lines_know_their_module() -> None:
    written = Form.registry["torch7"]().write(outline_of(load_preset("tiny-digits")))
    owners = dict(zip(str(written.content).splitlines(), written.owners, strict=True))
    assert owners["model:add(nn.Tanh())"] == "m3"
    assert owners["criterion = nn.ClassNLLCriterion()"] == "m8"


def test_what_torch7_has_not_is_refused_with_the_module_and_the_form() -> None:
    tiny = load_preset("tiny-digits")
    modules = tuple(replace(each, kind="Formula") if each.kind == "Tanh" else each for each in tiny.network.modules)
    with pytest.raises(
        ExportError, match=r"^Formula \(m3\) can't be written as a Torch7 listing: Formula is no module of Torch7\.$"
    ):
        export(replace(tiny, network=replace(tiny.network, modules=modules)), "torch7")


def test_ways_of_lua_are_followed() -> None:
    project = read(
        """
        require 'nn' -- the library
        --[[ a comment
             of two lines ]]
        local maps, side = {8, [2] = 2 * 3, more = 12}, 3
        maps[3] = maps.more - #maps
        local net = nn.Sequential()
        local inner = nn.Sequential()
        inner:add(nn.SpatialConvolution(1, maps[1], side, side):noBias()):add(nn.ReLU(true))
        inner:add(nn.SpatialZeroPadding(1, 1, 1, 1));
        inner:add(nn.SpatialConvolutionMap(nn.tables.random(8, 10, 4), 3, 3))
        net:add(inner)
        net:add(nn.SpatialMaxPooling(2, 2)):add(nn.View(-1))
        net:add(nn.Linear(90, maps[3])):add(nn.SoftMax())
        return net
        """
    )
    kinds = [(each.kind, dict(each.settings)) for each in project.network.modules]
    assert kinds == [
        ("Input", {}),
        ("Conv2d", {"out_channels": 8, "kernel_size": 3, "stride": 1, "padding": 0, "biases": "none"}),
        ("ReLU", {}),
        ("Conv2d", {"out_channels": 10, "kernel_size": 3, "stride": 1, "table": "random 4", "padding": 1}),
        ("MaxPool2d", {"kernel_size": 2, "stride": 2}),
        ("Flatten", {}),
        ("Linear", {"out_features": 10}),
        ("Softmax", {}),
    ]
    assert project.data.dataset == "digits_8x8"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Line 1: there is no network in this listing: model = nn.Sequential() was expected."),
        ("model = nn.Sequential()", "Line 1: this nn.Sequential is empty: add modules, such as model:add(nn.Tanh())."),
        ("\nm = nn.Tanh(", "Line 2: a number, a name, a text, '{' or '(' was expected, but the listing ends."),
        ("model = nn.Sequential()\nmodel:add nn.Tanh()", "Line 2: '(' with arguments was expected, but there is 'nn'."),
        (ADD + "nn.Tahn())", "Line 2: nn.Tahn is not known here: write nn.Tanh, if you mean that."),
        (ADD + "nn.Relu())", "Line 2: nn.Relu is not known here: write nn.ReLU, if you mean that."),
        (ADD + "nn.Linear(3))", "Line 2: nn.Linear takes the number of outputs as argument 2, a"),
        (ADD + "nn.Linear(3, 2.5))", "Line 2: nn.Linear takes the number of outputs as argument 2, a"
         " whole number, not 2.5."),
        (ADD + "3)", "Line 2: add was given 3.0: a module such as nn.Tanh() was expected."),
        ("m = nn.Sequential()\nm:remove(3)", "Line 2: nn.Sequential has no method remove here: only add can be"
         " called."),
        (ADD + "m)", "Line 2: a chain can't be added to itself."),
        (ADD + "nn.SpatialMaxPooling(2, 3))", "Line 2: nn.SpatialMaxPooling has a window size 2"
         " across and 3 down: here both must be equal."),
        (ADD + "nn.MulConstant(3))", "Line 2: nn.MulConstant has no counterpart here by itself."),
        ("x = y + 1", "Line 1: y has no value: write y = ... before."),
        ("--[[ two\nlines ]]\nx = y + 1", "Line 3: y has no value: write y = ... before."),
        ("x = 1 / 0", "Line 1: 1 / 0 is no finite number."),
        ("x = {1, 2}\ny = x[3]", "Line 2: the table has nothing at 3: it holds 2 values."),
        ("x = {1, 2\ny = 3", "Line 2: ',' or '}' was expected, but there is 'y'."),
        ("for i = 1, 3 do end", "Line 1: 'for' can't be followed here: a listing has assignments and calls."),
        ("x = 'abc", "Line 1: this text has no end: ' was expected."),
        ("--[[ abc", "Line 1: this comment has no end: ]] was expected."),
        ("x = 'a' * 2", "Line 1: '*' takes numbers, not a."),
        ("x = 3\nx()", "Line 2: x can't be called: a function was expected before '('."),
        ("x = 3 < 4", "Line 1: '<' can't be followed: a listing only adds and multiplies."),
        (ADD + "nn.Linear(2, 5000))", "Line 2: nn.Linear: Outputs is 5000: it must be at most 4096."),
        (ADD + "nn.SpatialSubtractiveNormalization(3, 7))", "Line 2: nn.SpatialSubtractive"
         "Normalization takes a window as argument 2: image.gaussian1D(7) was expected."),
        ("x = " + "(" * 100, "Line 1: brackets and signs are more than 60 deep: write it simpler."),
        ("x = " + "-" * 100 + "1", "Line 1: "),
        ("x = " + "{" * 100, "Line 1: brackets and signs are more than 60 deep: write it simpler."),
        ("x = " + "2^" * 9999 + "2", "Line 1: brackets and signs are more than 60 deep: write it simpler."),
        ("x = " + "#" * 9999, "Line 1: brackets and signs are more than 60 deep: write it simpler."),
        ("x = 'a'\n" + "x = x .. x\n" * 40, "Line 11: a text may have 1,000 characters."),
        ("t = nn.Tanh()\n" + ADD + "t)\nm:add(t)", "Line 1: this nn.Tanh is added twice: make a second one, with"),
        ("a = nn.Sequential()\n" + "".join("b = nn.Sequential() b:add(a):add(a) a = b\n" for _ in range(40)), "Line "),
        ("a = nn.ClassNLLCriterion() b = nn.MSECriterion()\n" + ADD + "nn.Tanh())", "Line 1: there is a second"),
    ],
)  # fmt: skip
def test_slips_are_told_with_their_line(text: str, sentence: str) -> None:
    with pytest.raises(LuaError) as error:
        read_listing(text)
    assert str(error.value).startswith(sentence)
    assert str(error.value).endswith(".")
    assert len(str(error.value).splitlines()) == 1


def refusal(text: str) -> str:
    """What is said of a listing; empty where it can be followed."""
    try:
        read_listing(text)
    except LuaError as error:
        return str(error)
    return ""


def test_any_text_is_read_or_refused_in_one_sentence() -> None:
    """Cut, doubled and shuffled pieces of listings never end in anything but a sentence."""
    random = np.random.default_rng(5)
    signs = "( ) { } [ ] = , ; : . + - * / ^ # 1 2e9 'a' -- ä \x00 nil true local return"
    pieces = [*THREE_STAGES.split(), *signs.split(" ")]
    for _ in range(400):
        assert refusal(" ".join(random.choice(pieces, random.integers(1, 30)))).startswith("Line 1: ")


@pytest.mark.parametrize("name", [*MODULES, *CRITERIA])
def test_every_constructor_refuses_odd_arguments_in_one_sentence(name: str) -> None:
    for arguments in ("", "'a'", "{}", "nil, nil", "-1", "1e300", "0, 0, 0, 0, 0, 0, 0, 0", "true", "nn.Tanh()"):
        told = refusal(f"{ADD}nn.Tanh()):add(nn.{name}({arguments}))")
        assert not told or (told.startswith("Line ") and told.endswith("."))


def test_a_network_that_ends_in_maps_needs_no_classes() -> None:
    assert read(f"{ADD}nn.SpatialConvolution(2, 4, 5, 5))").data.dataset.startswith("toys3d_stereo")


def test_sizes_that_suit_no_data_are_told() -> None:
    imported = Form.registry["torch7"]().read(f"{ADD}nn.SpatialConvolution(7, 4, 5, 5))", "listing")
    assert imported.project.data.dataset == "mnist_10k"
    assert (
        "No data set here has the pictures that this network takes: the cards say what does not fit." in imported.notes
    )
