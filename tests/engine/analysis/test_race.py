"""Races: the program's own rules, forth and exactly back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from convnet_studio.engine.analysis.one_one_one import LINEAR_OUTPUT, OneOneOne
from convnet_studio.engine.analysis.race import Chance, Race, Rule, Walker, rules
from convnet_studio.engine.nn.optimizer import Optimizer

PLAIN = rules()[0]


def after(walker: Walker, steps: int) -> Walker:
    for _ in range(steps):
        walker.advance()
    return walker


@pytest.mark.parametrize(("rate", "steps"), [(0.1, 403), (1.0, 40)])
def test_plain_descent_arrives_when_the_curriculum_says(rate: float, steps: int) -> None:
    walker = after(Walker(OneOneOne(), PLAIN, rate, (0.01, 0.012)), steps - 1)
    assert walker.arrived_after is None
    walker.advance()
    assert walker.arrived_after == steps
    assert after(walker, 5).arrived_after == steps


@pytest.mark.parametrize(("rate", "plateau"), [(30.0, 1.125), (60.0, 0.125)])
def test_too_large_rates_end_on_plateaus(rate: float, plateau: float) -> None:
    assert after(Walker(OneOneOne(), PLAIN, rate, (0.01, 0.012)), 500).loss == pytest.approx(plateau, abs=1e-4)


def test_plain_descent_is_the_gradient_times_the_rate() -> None:
    net, walker = OneOneOne(), Walker(OneOneOne(), PLAIN, 0.7, (0.4, -1.1))
    expected = np.array([0.4, -1.1]) - 0.7 * np.array(net.gradient(0.4, -1.1))
    walker.advance()
    assert np.allclose(walker.place, expected, rtol=1e-15)


def test_every_rule_of_the_program_takes_part() -> None:
    assert {rule.kind for rule in rules()} == set(Optimizer.registry)
    assert len({rule.title for rule in rules()}) == len(rules())


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.title)
def test_going_back_and_forth_again_is_the_same_way(rule: Rule) -> None:
    walker = after(Walker(OneOneOne(), rule, 0.3, (0.8, -0.4)), 150)
    way = walker.path
    for step in (149, 130, 64, 63, 3):
        walker.go_back(step)
        assert walker.step == step
        assert np.array_equal(walker.path, way[: step + 1])
    assert np.array_equal(after(walker, 147).path, way)


@pytest.mark.parametrize("settled", [1e-6, 0.05, 0.2])
def test_arrival_and_path_are_kept_as_it_goes(settled: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Momentum swings through the valley: it arrives more than once. Nothing is scanned or copied at each look."""
    monkeypatch.setattr("convnet_studio.engine.analysis.race.SETTLED", settled)
    walker = Walker(OneOneOne(), Rule("", "SGD", (("momentum", 0.9),)), 0.3, (0.3, 1.5))
    places = [walker.place]

    def check() -> None:
        losses = [float(walker.net.loss(*each)) for each in walker.path]
        above = [number for number, loss in enumerate(losses) if not loss < settled]
        after = above[-1] + 1 if above else 0
        assert walker.arrived_after == (after if after <= walker.step else None)

    for _ in range(400):
        walker.advance()
        places.append(walker.place)
        check()
    np.testing.assert_array_equal(walker.path, places)
    assert np.shares_memory(walker.path, walker.path)
    assert not walker.path.flags.writeable
    for step in (399, 300, 129, 128, 127, 70, 20, 3, 0):
        walker.go_back(step)
        check()
        np.testing.assert_array_equal(walker.path, places[: step + 1])


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.title)
def test_every_rule_comes_down(rule: Rule) -> None:
    walker = Walker(OneOneOne(), rule, 0.1, (0.8, 0.4))
    start = walker.loss
    assert after(walker, 200).loss < start / 4


def test_what_diverges_stays_and_says_so() -> None:
    walker = after(Walker(OneOneOne(units=LINEAR_OUTPUT), PLAIN, 50.0, (2.0, 3.0)), 100)
    assert walker.is_lost
    assert walker.arrived_after is None
    assert walker.step < 100


TWO = OneOneOne((0.5, -1.0), (0.4, 0.2))


def test_a_step_that_sees_one_sample_takes_the_gradient_of_that_one() -> None:
    walker = after(Walker(TWO, PLAIN, 0.7, (0.4, -1.1), Chance(one_sample=True)), 200)
    alone = [OneOneOne((x,), (t,)) for x, t in zip(TWO.inputs, TWO.targets, strict=True)]
    seen = []
    for before, now in pairwise(walker.path):
        steps = [np.allclose(now, before - 0.7 * np.array(net.gradient(*before)), rtol=1e-12) for net in alone]
        assert steps.count(True) == 1
        seen.append(steps.index(True))
    assert 70 < sum(seen) < 130, "both, with equal odds"
    assert walker.loss == pytest.approx(float(TWO.loss(*walker.place))), "told is the loss over all"


def test_noise_is_added_to_the_gradient_with_its_deviation() -> None:
    net, walker = OneOneOne(), after(Walker(OneOneOne(), PLAIN, 0.01, (0.4, -1.1), Chance(noise=0.3)), 2000)
    moved = np.diff(walker.path, axis=0) / -0.01
    noise = moved - [np.array(net.gradient(*place)) for place in walker.path[:-1]]
    assert np.abs(noise.mean(axis=0)).max() < 0.03
    np.testing.assert_allclose(noise.std(axis=0), 0.3, rtol=0.06)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.08


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.title)
def test_chance_is_repeated_by_its_seed_and_on_the_way_back(rule: Rule) -> None:
    def walk(seed: int) -> Walker:
        return after(Walker(TWO, rule, 0.05, (0.8, -0.4), Chance(True, 0.1, seed)), 100)

    walker, way = walk(3), walk(3).path
    assert np.array_equal(walker.path, way)
    assert not np.array_equal(walk(4).path, way)
    walker.go_back(37)
    assert np.array_equal(after(walker, len(way) - 38).path, way)
    walker.restart()
    assert np.array_equal(after(walker, len(way) - 1).path, way)


def test_walkers_step_together_and_back() -> None:
    race = Race(OneOneOne())
    first = race.drop(PLAIN, 1.0, (0.5, 0.3))
    race.advance(3)
    second = race.drop(PLAIN, 1.0, (-0.5, -0.3))
    race.advance(2)
    assert (first.step, second.step) == (5, 2)
    race.step_back()
    assert (first.step, second.step) == (4, 1)
    race.restart()
    assert (first.step, second.step) == (0, 0)


def test_the_mean_of_two_solutions_is_the_saddle() -> None:
    race = Race(OneOneOne())
    race.drop(PLAIN, 1.0, (0.5, 0.3))
    race.drop(PLAIN, 1.0, (-0.5, -0.3))
    assert Race(OneOneOne()).mean is None
    race.advance(200)
    assert all(each.arrived_after is not None for each in race.walkers)
    assert race.mean is not None
    assert np.allclose(race.mean, 0, atol=1e-12)
    assert float(race.net.loss(*race.mean)) == pytest.approx(1 / 8)


def test_another_net_begins_again() -> None:
    race = Race(OneOneOne())
    walker = race.drop(PLAIN, 1.0, (0.5, 0.3))
    race.advance(5)
    race.use_net(OneOneOne((1.0,), (0.2,)))
    assert walker.step == 0
    assert walker.loss == pytest.approx(float(race.net.loss(0.5, 0.3)))
