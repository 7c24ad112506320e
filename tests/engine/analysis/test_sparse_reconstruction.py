"""Pictures rebuilt from few coefficients: the pursuit against a plain one, and what LCN changes of where they go."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from moments import answer_of, moment_of

from convnet_studio.engine.analysis.lcn_bench import lcn_steps, ramp
from convnet_studio.engine.analysis.matching_pursuit import Code, pursue
from convnet_studio.engine.analysis.sparse_reconstruction import (
    AskReconstruction,
    Reconstruction,
    coefficient_limit,
    gabor_bank,
    own_bank,
)
from convnet_studio.engine.nn.modules.conv2d import Conv2d
from convnet_studio.engine.nn.modules.local_contrast_norm import LocalContrastNorm


def code_of(picture: np.ndarray, atoms: np.ndarray, most: int) -> Code:
    return next(each for each in pursue(picture, atoms, most) if each is not None)


def random_atoms(count: int, maps: int, side: int) -> np.ndarray:
    atoms = np.random.default_rng(5).normal(size=(count, maps, side, side))
    return np.asarray(atoms / np.sqrt(np.square(atoms).sum(axis=(1, 2, 3), keepdims=True)))


def dictionary(atoms: np.ndarray, height: int, width: int) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """All atoms at all places, one a row, written out."""
    side = atoms.shape[-1]
    rows, places = [], []
    for number, atom in enumerate(atoms):
        for row in range(height - side + 1):
            for column in range(width - side + 1):
                whole = np.zeros((atoms.shape[1], height, width))
                whole[:, row : row + side, column : column + side] = atom
                rows.append(whole.ravel())
                places.append((number, row, column))
    return np.array(rows), places


@pytest.mark.parametrize(("maps", "side"), [(1, 3), (2, 4), (3, 1)])
def test_it_picks_what_a_pursuit_over_the_written_out_dictionary_picks(maps: int, side: int) -> None:
    atoms = random_atoms(5, maps, side)
    picture = np.random.default_rng(1).normal(size=(maps, 9, 11))
    code = code_of(picture, atoms, 20)
    all_atoms, places = dictionary(atoms, 9, 11)
    rest = picture.ravel().copy()
    for row, pick in enumerate(zip(code.filters, code.rows, code.columns, strict=True)):
        products = all_atoms @ rest
        best = int(np.abs(products).argmax())
        assert places[best] == pick
        assert code.amounts[row] == pytest.approx(products[best])
        rest -= products[best] * all_atoms[best]
    assert code.rebuilt(atoms, 20).ravel() == pytest.approx(picture.ravel() - rest)
    assert code.active[-1] == len({*zip(code.filters, code.rows, code.columns, strict=True)}) == 20


def test_so_many_coefficients_are_active_as_were_asked_for_and_each_makes_it_better() -> None:
    atoms = random_atoms(2, 1, 5)
    picture = np.random.default_rng(2).normal(size=(1, 12, 12))
    code = code_of(picture, atoms, 40)
    errors = []
    for count in range(0, 41, 4):
        assert len(code.coefficients(count)[0]) == count
        errors.append(float(np.linalg.norm(picture - code.rebuilt(atoms, count))))
    assert errors[0] == pytest.approx(np.linalg.norm(picture))
    assert all(later < earlier for earlier, later in pairwise(errors))
    assert code.active[-1] == 40
    assert len(code.active) > 40  # some coefficients were made better


def test_a_sum_of_filters_far_apart_is_found_as_it_was() -> None:
    atoms = random_atoms(3, 1, 4)
    picture = np.zeros((1, 20, 20))
    picture[:, 2:6, 3:7] += 2 * atoms[1]
    picture[:, 12:16, 11:15] -= atoms[2]
    code = code_of(picture, atoms, 10)
    found = [each.tolist() for each in code.coefficients(10)]
    assert found[:3] == [[1, 2], [2, 12], [3, 11]]
    assert found[3] == pytest.approx([2, -1])


def test_of_an_empty_picture_nothing_is_picked() -> None:
    atoms = random_atoms(3, 1, 4)
    code = code_of(np.zeros((1, 8, 8)), atoms, 10)
    assert len(code.filters) == 0
    assert not code.rebuilt(atoms, 10).any()


def reconstruction_of(picture: np.ndarray, most: int = 120) -> Reconstruction:
    steps = lcn_steps(LocalContrastNorm(kernel_size=9, width=2.0), picture)
    bank = gabor_bank(len(picture), min(picture.shape[1:]))
    codes = [code_of(each, bank.atoms, most) for each in (steps.x, steps.y)]
    return Reconstruction(steps, bank, *codes)


def lit_scene() -> np.ndarray:
    """Strong stripes at the left, faint ones at the right, and light that rises from one side to the other."""
    y, x = np.mgrid[:48, :48]
    stripes = np.sin(2 * np.pi * (x + y) / 9)
    scene = np.where(x < 24, 0.5 * stripes, 0.05 * stripes)[None].astype(np.float32)
    return ramp(48, 48, added=2.0, taken=0.0).on(scene)


def test_with_lcn_the_faint_part_gets_coefficients_and_none_goes_to_brightness() -> None:
    found = reconstruction_of(lit_scene())
    without, with_lcn = found.kept_without(120), found.kept_with(120)
    assert without.count == with_lcn.count == 120
    assert without.slow > 20
    assert with_lcn.slow < 5
    assert with_lcn.low_error < 0.5 < 1 < without.low_error
    assert with_lcn.high_error < without.high_error
    for kept in (without, with_lcn):
        assert kept.low + kept.high == kept.count == kept.where.sum() == kept.by_filter.sum()


def test_errors_are_those_of_the_local_contrast() -> None:
    found = reconstruction_of(lit_scene())
    nothing = found.kept_without(0)
    assert nothing.count == 0
    assert (nothing.low_error, nothing.high_error) == pytest.approx((1, 1))
    kept, steps = found.kept_without(120), found.steps
    again = lcn_steps(steps.norm, kept.picture)
    assert kept.contrast == pytest.approx(again.subtracted)
    low = steps.deviation <= steps.smallest
    wanted = np.linalg.norm((again.subtracted - steps.subtracted)[low]) / np.linalg.norm(steps.subtracted[low])
    assert kept.low_error == pytest.approx(float(wanted))
    assert found.most == 120


def test_the_flat_filters_come_last_one_for_each_map_and_measure_brightness() -> None:
    bank = gabor_bank(3, 32)
    assert np.square(bank.atoms).sum(axis=(1, 2, 3)) == pytest.approx(np.ones(len(bank.atoms)))
    assert bank.is_slow.tolist() == [False] * 32 + [True] * 3
    assert [len(gabor_bank(1, side).atoms) for side in (28, 8, 3, 2)] == [33, 33, 33, 1]


def test_the_networks_own_filters_are_taken_where_they_suit() -> None:
    moment = moment_of("lenet-5")
    network = moment.run.network
    bank = own_bank(network, 1, 32)
    assert bank is not None
    first = next(node for node in network.graph.nodes if isinstance(node.module, Conv2d))
    assert bank.module_id == first.id
    weights = network.parameters_of(first.id)["weight"].value
    assert bank.atoms[2] == pytest.approx(weights[2] / np.linalg.norm(weights[2]), abs=1e-6)
    assert len(bank.atoms) == len(weights) + 1
    assert own_bank(network, 3, 32) is None
    assert own_bank(network, 1, 4) is None
    weights[...] = 0
    assert own_bank(network, 1, 32) is None


def test_a_connection_table_leaves_out_what_it_leaves_out() -> None:
    moment = moment_of("lenet-5")
    network = moment.run.network
    nodes = [node for node in network.graph.nodes if isinstance(node.module, Conv2d)]
    tabled = next(node for node in nodes if not node.module.is_full)  # type: ignore[union-attr]
    network.graph = replace(network.graph, nodes=(tabled,))
    inputs = tabled.input_shapes[0][0]
    bank = own_bank(network, inputs, 14)
    assert bank is not None
    seen = np.abs(bank.atoms).sum(axis=(2, 3)) > 0
    assert seen[0].tolist() == [True] * 3 + [False] * (inputs - 3)
    assert np.square(bank.atoms).sum(axis=(1, 2, 3)) == pytest.approx(np.ones(len(bank.atoms)))


def test_the_inquiry_answers_for_the_shown_picture() -> None:
    moment = moment_of("two-stage-digits")
    found = answer_of(AskReconstruction(width=1.5), moment)
    assert isinstance(found, Reconstruction)
    assert np.array_equal(found.steps.x, moment.picture)
    assert found.steps.norm.width == 1.5
    assert found.bank.module_id
    height, width = moment.picture.shape[1:]
    assert found.most <= coefficient_limit(height, width) == 392
    gabors = answer_of(AskReconstruction(own=False), moment)
    assert isinstance(gabors, Reconstruction)
    assert not gabors.bank.module_id
    assert gabors.kept_with(60).count == 60
