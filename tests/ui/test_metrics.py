"""The numbers of the top bar: true, and gone with the network they were measured on."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.training import events as news
from convnet_studio.ui.metrics import NOT_YET, Metrics

START = news.RunStarted(1, 500, 5, 5994, compiled=True)
CHANGED = news.NetworkChanged(1, (), (), ("m3",), ())


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(qtbot: QtBot, clock: Clock) -> Metrics:
    made = Metrics(clock)
    qtbot.addWidget(made)
    return made


def stepped(step: int, samples: int = 16) -> news.Stepped:
    return news.Stepped(1, step, step / 500, 0.5, 0.1, 0.02, samples, 0.0008, (0.5,))


def measured(step: int) -> news.Tested:
    return news.Tested(1, step, step / 500, 0.09, 0.028, 2000, 0.1)


@pytest.mark.parametrize("ending", [CHANGED, START, news.Rewound(1, 10, 0.02)])
def test_numbers_of_another_network_are_taken_back(metrics: Metrics, ending: news.Event) -> None:
    metrics.show_events([START, stepped(500), measured(500)])
    assert metrics.texts()["test error"] == "2.8 %"
    metrics.show_events([ending])
    assert metrics.texts()["test error"] == NOT_YET
    metrics.show_events([measured(0)])
    assert metrics.texts()["test error"] == "2.8 %"


def test_every_step_is_seen(metrics: Metrics) -> None:
    metrics.show_events([START])
    assert (metrics.texts()["epoch"], metrics.texts()["step"]) == ("0.00", "0")
    metrics.show_events([stepped(1, samples=1)])
    assert metrics.texts()["step"] == "1"
    metrics.show_events([news.Rewound(1, 0, 0.0)])
    assert metrics.texts()["step"] == "0"


def test_the_rate_is_that_of_the_clock_on_the_wall(metrics: Metrics, clock: Clock) -> None:
    metrics.show_events([START, news.StateChanged(1, playing=True)])
    for second in range(4):
        clock.now = float(second)
        metrics.show_events([stepped(second)])
    assert metrics.texts()["samples/s"] == "16"
    metrics.show_events([news.StateChanged(1, playing=False), news.StateChanged(1, playing=True)])
    for tick in range(200):
        clock.now = 100 + tick / 40
        metrics.show_events([stepped(tick, 250), stepped(tick, 250)])
    assert metrics.texts()["samples/s"] == "20,000"
