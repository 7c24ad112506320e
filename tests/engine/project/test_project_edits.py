"""Edits one by one: what each changes, what it leaves, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.invariants import MODULE_LIMIT, check_invariants
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project


def wires(project: Project) -> set[tuple[str, str]]:
    return {(each.source, each.target) for each in project.network.links}


def test_insert_gives_a_fresh_id_and_leaves_the_old_value_alone(chain: Project) -> None:
    after, new_id = edits.insert_module(chain, "Conv2d", (10, 20), {"out_channels": 4})
    assert new_id == "m6"
    assert after.network.module("m6") == ModuleSpec("m6", "Conv2d", {"out_channels": 4}, position=(10.0, 20.0))
    assert "m6" not in chain.network
    assert after.network.links == chain.network.links


def test_ids_are_never_used_again(chain: Project) -> None:
    added, first = edits.insert_module(chain, "Tanh", (0, 0))
    _, second = edits.insert_module(edits.delete_modules(added, [first]), "Tanh", (0, 0))
    assert second != first
    undone = edits.return_to(added, chain)
    assert undone == chain
    assert edits.insert_module(undone, "Tanh", (0, 0))[1] != first


@pytest.mark.parametrize(
    ("kind", "settings", "error", "words"),
    [
        ("FancyNorm", {}, KeyError, "There is no module named 'FancyNorm'"),
        ("Conv2d", {"kernel": 3}, ValueError, "Conv2d has no setting 'kernel'"),
        ("Conv2d", {"kernel_size": 0}, ValueError, "must be at least 1"),
        ("LPPool2d", {"inside": "max"}, ValueError, "choose one of mean, sum"),
    ],
)
def test_insert_refuses_what_cannot_be(
    chain: Project, kind: str, settings: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        edits.insert_module(chain, kind, (0, 0), settings)


@pytest.mark.parametrize("position", [(float("nan"), 0.0), (0.0, float("inf")), (2e6, 0.0)])
def test_cards_stay_on_the_canvas(chain: Project, position: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not on the canvas"):
        edits.move_modules(chain, {"m1": position})
    with pytest.raises(ValueError, match="not on the canvas"):
        edits.insert_module(chain, "Tanh", position)


def test_there_is_a_limit_to_modules() -> None:
    modules = tuple(ModuleSpec(f"m{i}", "Tanh") for i in range(1, MODULE_LIMIT + 1))
    full = Project(network=NetworkSpec(modules), next_id=MODULE_LIMIT + 1)
    check_invariants(full)
    with pytest.raises(ValueError, match="at most 1,000"):
        edits.insert_module(full, "Tanh", (0, 0))


def test_drop_on_a_wire_inserts(chain: Project) -> None:
    after, new_id = edits.insert_on_link(chain, Link("m2", "m3"), "Tanh", (500, 40))
    assert wires(after) == {("m1", "m2"), ("m2", new_id), (new_id, "m3"), ("m3", "m4"), ("m4", "m5")}
    assert [each.position for each in after.network.modules[:5]] == [each.position for each in chain.network.modules]


def test_drop_on_a_wire_makes_room_in_the_row(chain: Project) -> None:
    at_target = chain.network.module("m3").position
    chain = edits.move_modules(chain, {"m4": (40, 320), "m5": (700, 320)})
    after, new_id = edits.insert_on_link(chain, Link("m2", "m3"), "Tanh", at_target, make_room=186)
    x = {each.id: each.position[0] for each in after.network.modules}
    assert x[new_id] == 600
    assert (x["m1"], x["m2"]) == (200, 400), "what stands before stays"
    assert x["m3"] == 786, "the row moves"
    assert (x["m4"], x["m5"]) == (40, 700), "another row stays"


def test_a_row_moves_all_alike(chain: Project) -> None:
    after, new_id = edits.insert_on_link(chain, Link("m2", "m3"), "Tanh", (550, 40), make_room=186)
    x = {each.id: each.position[0] for each in after.network.modules}
    assert x == {"m1": 200, "m2": 400, new_id: 550, "m3": 736, "m4": 936, "m5": 1136}


def test_a_module_without_wires_goes_into_a_wire(chain: Project) -> None:
    loose, new_id = edits.insert_module(chain, "Tanh", (0, 900))
    at_target = chain.network.module("m3").position
    after = edits.move_into_link(loose, Link("m2", "m3"), new_id, at_target, make_room=186)
    assert after == edits.insert_on_link(chain, Link("m2", "m3"), "Tanh", at_target, make_room=186)[0]
    with pytest.raises(ValueError, match="has wires"):
        edits.move_into_link(after, Link("m3", "m4"), new_id, (0, 0))
    loss, loss_id = edits.insert_module(chain, "MSELoss", (0, 900))
    with pytest.raises(ValueError, match="gives its number to nothing"):
        edits.move_into_link(loss, Link("m2", "m3"), loss_id, (0, 0))


def test_room_that_is_there_is_not_made(chain: Project) -> None:
    chain = edits.move_modules(chain, {"m3": (900, 40), "m4": (1100, 40), "m5": (1300, 40)})
    after, _ = edits.insert_on_link(chain, Link("m2", "m3"), "Tanh", (600, 40), make_room=186)
    assert after.network.modules[:5] == chain.network.modules


@pytest.mark.parametrize(
    ("link", "kind", "words"),
    [
        (Link("m1", "m3"), "Tanh", "no such wire"),
        (Link("m1", "m2"), "Input", "gets its pictures from the data set"),
        (Link("m1", "m2"), "MSELoss", "gives its number to nothing"),
        (Link("m1", "m2"), "FancyNorm", "does not know the module FancyNorm"),
    ],
)
def test_drop_on_a_wire_refuses_in_words(chain: Project, link: Link, kind: str, words: str) -> None:
    assert words in str(edits.can_insert(chain, link, kind))
    with pytest.raises(ValueError, match=words):
        edits.insert_on_link(chain, link, kind, (0, 0))


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        (["m2"], {("m1", "m3"), ("m3", "m4"), ("m4", "m5")}),
        (["m3", "m2"], {("m1", "m4"), ("m4", "m5")}),
        (["m1"], {("m2", "m3"), ("m3", "m4"), ("m4", "m5")}),
        (["m5"], {("m1", "m2"), ("m2", "m3"), ("m3", "m4")}),
        (["m1", "m2", "m3", "m4", "m5"], set()),
    ],
)
def test_delete_heals_the_chain(chain: Project, gone: list[str], expected: set[tuple[str, str]]) -> None:
    after = edits.delete_modules(chain, gone)
    assert wires(after) == expected
    assert {each.id for each in after.network.modules} == {"m1", "m2", "m3", "m4", "m5"} - set(gone)
    check_invariants(after)


def test_delete_heals_every_branch_and_keeps_ports(chain: Project) -> None:
    fancy = ModuleSpec("m6", "FancyAdd")
    network = NetworkSpec((*chain.network.modules, fancy), (*chain.network.links, Link("m2", "m6", 3)))
    after = edits.delete_modules(replace(chain, network=network, next_id=7), ["m2"])
    assert Link("m1", "m3", 0) in after.network.links
    assert Link("m1", "m6", 3) in after.network.links


def test_deleting_a_joint_of_two_wires_cuts_what_it_fed(chain: Project) -> None:
    fancy = ModuleSpec("m6", "FancyAdd")
    links = (Link("m1", "m6", 0), Link("m2", "m6", 1), Link("m6", "m3"))
    joined = replace(chain, network=NetworkSpec((*chain.network.modules, fancy), links), next_id=7)
    assert edits.delete_modules(joined, ["m6"]).network.links == ()


def test_what_is_not_there_is_a_key_error(chain: Project) -> None:
    with pytest.raises(KeyError, match="m9"):
        edits.delete_modules(chain, ["m9"])
    with pytest.raises(KeyError, match="no wire"):
        edits.delete_links(chain, [Link("m1", "m5")])
    with pytest.raises(KeyError, match="m9"):
        edits.set_setting(chain, "m9", "p", 2)
    with pytest.raises(KeyError, match="m9"):
        edits.move_modules(chain, {"m9": (0, 0)})


def test_delete_links_cuts_only_them(chain: Project) -> None:
    after = edits.delete_links(chain, [Link("m2", "m3")])
    assert wires(after) == wires(chain) - {("m2", "m3")}
    assert after.network.modules == chain.network.modules


def test_set_setting_checks_and_converts(chain: Project) -> None:
    after = edits.set_setting(chain, "m3", "out_features", 20.0)
    assert after.network.module("m3").settings == {"out_features": 20}
    assert isinstance(after.network.module("m3").settings["out_features"], int)
    with pytest.raises(ValueError, match="whole number"):
        edits.set_setting(chain, "m3", "out_features", 2.5)
    with pytest.raises(ValueError, match="Linear has no setting 'size'; there are out_features"):
        edits.set_setting(chain, "m3", "size", 2)


def test_settings_of_an_unknown_kind_stay(chain: Project) -> None:
    modules = (*chain.network.modules, ModuleSpec("m6", "FancyNorm", {"depth": 2}))
    project = replace(chain, network=NetworkSpec(modules, chain.network.links), next_id=7)
    with pytest.raises(ValueError, match="does not know the module FancyNorm"):
        edits.apply_change(project, "m6", {"depth": 3})


def test_names_are_one_line(chain: Project) -> None:
    after = edits.rename_module(chain, "m3", "  my\n classifier ")
    assert after.network.module("m3").name == "my classifier"
    assert edits.rename_module(after, "m3", "").network.module("m3").name == ""
    assert edits.rename_project(chain, "Ziffern · 数字").name == "Ziffern · 数字"
    for bad in ("", "   ", "x" * 101, "a\x00b"):
        with pytest.raises(ValueError, match="name"):
            edits.rename_project(chain, bad)


def test_set_dataset_knows_what_there_is(chain: Project) -> None:
    assert edits.set_dataset(chain, "digits_8x8").data.dataset == "digits_8x8"
    with pytest.raises(KeyError, match=r"no data set named 'imagenet'; there are .*digits_8x8"):
        edits.set_dataset(chain, "imagenet")


def test_set_training_checks(chain: Project) -> None:
    after = edits.set_training(chain, rate=1, batch_size=32.0, schedule="constant", optimizer_settings={"momentum": 0})
    training = after.training
    assert (training.rate, training.batch_size, training.schedule) == (1.0, 32, "constant")
    assert edits.set_training(after, optimizer="SGD").training.optimizer_settings == {"momentum": 0.0}
    assert edits.set_training(after, optimizer="SGD", optimizer_settings={}).training.optimizer_settings == {}


@pytest.mark.parametrize(
    "change",
    [
        {"rate": -1},
        {"rate": float("nan")},
        {"batch_size": 0},
        {"epochs": 1.5},
        {"seed": -1},
        {"shuffle": "yes"},
        {"schedule": "cosine"},
        {"optimizer": "Magic"},
        {"optimizer_settings": {"momentum": 2}},
        {"optimizer_settings": {"speed": 2}},
        {"speed": 3},
    ],
    ids=str,
)
def test_set_training_refuses(chain: Project, change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        edits.set_training(chain, **change)


def test_replace_keeps_id_name_place_and_what_fits(chain: Project) -> None:
    project, new_id = edits.insert_on_link(
        chain, Link("m1", "m2"), "LPPool2d", (5, 6), {"kernel_size": 3, "stride": 3, "p": 4}
    )
    project = edits.rename_module(project, new_id, "pool")
    after = edits.replace_module(project, new_id, "MaxPool2d")
    assert after.network.module(new_id) == ModuleSpec(
        new_id, "MaxPool2d", {"kernel_size": 3, "stride": 3}, "pool", (5.0, 6.0)
    )
    assert after.network.links == project.network.links
    with pytest.raises(
        ValueError, match=r"Tanh is of the family non-linearity: it can't replace a module of pooling\."
    ):
        edits.replace_module(project, new_id, "Tanh")


def test_a_renewed_module_is_a_new_one_in_the_place_of_the_old(chain: Project) -> None:
    project, old_id = edits.insert_on_link(chain, Link("m1", "m2"), "Linear", (5, 6), {"out_features": 7})
    project, user_id = edits.insert_module(project, "Linear", (0, 900))
    project = edits.share_weights(edits.rename_module(project, old_id, "dense"), user_id, old_id)
    project, stage_id = edits.group_stage(project, [old_id, "m2"], "S")
    after, new_id = edits.renew_module(project, old_id)
    assert old_id not in after.network
    assert after.network.module(new_id) == ModuleSpec(new_id, "Linear", {}, "dense", (5.0, 6.0))
    assert wires(after) == {(a.replace(old_id, new_id), b.replace(old_id, new_id)) for a, b in wires(project)}
    assert after.network.stage(stage_id).modules == (new_id, "m2")
    assert after.network.module(user_id).copy_of == old_id, "who used its weights keeps them"
    check_invariants(after)


def test_an_unknown_module_can_be_replaced_but_not_by_what_its_wires_forbid() -> None:
    modules = (ModuleSpec("m1", "Input"), ModuleSpec("m2", "FancyNorm", {"depth": 2}), ModuleSpec("m3", "Flatten"))
    links = (Link("m1", "m2", 0), Link("m1", "m2", 5), Link("m2", "m3"))
    project = Project(network=NetworkSpec(modules, links), next_id=4)
    after = edits.replace_module(project, "m2", "SubtractiveNorm")
    assert after.network.module("m2").settings == {}
    assert set(after.network.links) == {Link("m1", "m2"), Link("m2", "m3")}
    with pytest.raises(ValueError, match="starts at a loss"):
        edits.replace_module(project, "m2", "NLLLoss")


def test_duplicate_copies_modules_and_wires_among_them(chain: Project) -> None:
    after, new_ids = edits.duplicate_modules(chain, ["m3", "m4"], (10, 20))
    assert new_ids == ("m6", "m7")
    assert wires(after) - wires(chain) == {("m6", "m7")}
    assert after.network.module("m6").kind == "Linear"
    assert after.network.module("m6").position == (610.0, 60.0)


def test_paste_into_another_project(chain: Project) -> None:
    copied = edits.copy_modules(chain, ["m1", "m2", "m3"])
    after, new_ids = edits.paste_modules(Project(), copied)
    assert new_ids == ("m1", "m2", "m3")
    assert wires(after) == {("m1", "m2"), ("m2", "m3")}
    check_invariants(after)
    looped = NetworkSpec(copied.modules, (*copied.links, Link("m3", "m2")))
    with pytest.raises(ValueError, match="second one into port 0"):
        edits.paste_modules(Project(), looped)
