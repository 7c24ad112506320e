"""The pooling dial: what it shows of a window is what the modules make of it; numbers can be edited."""

from __future__ import annotations

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.pooling_dial import AMOUNTS, LOG_SUM_EXP, P_NORM
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.pooling_dial import PoolingDial


@pytest.fixture
def dial(qtbot: QtBot) -> PoolingDial:
    made = PoolingDial(OpenProject(live().project))
    qtbot.addWidget(made)
    made.resize(1000, 800)
    made.show()
    made.set_summary(live().summary)
    made.open_project.select(frozenset({live().id_of("Conv2d")}))
    made.show_snapshot(live().snapshot)
    return made


def maps() -> np.ndarray:
    return live().snapshot.outputs[live().id_of("Conv2d")]


def test_the_value_is_that_of_the_window_that_was_clicked(dial: PoolingDial) -> None:
    dial.panes.chosen.emit("2", 5, 7)
    assert "map 2, row 5, column 7" in dial.words.text()
    window = maps()[2, 5:8, 7:10].astype(np.float64)
    place = AMOUNTS[P_NORM].index(2.0)
    assert dial.value._values[place] == pytest.approx(np.sqrt(np.mean(window**2)))
    assert np.float32(dial._fields[1, 2].value) == np.float32(window[1, 2])
    shares = [bar.value for bar in dial.shares._bars]
    assert shares == pytest.approx((100 * np.abs(window) / np.abs(window).sum()).ravel().tolist())


def test_keys_turn_the_dial_to_the_maximum_where_all_goes_to_one(dial: PoolingDial) -> None:
    dial.panes.chosen.emit("1", 4, 4)
    QTest.keyClick(dial.value, Qt.Key.Key_End)
    assert dial.words.text().startswith("p = ∞")
    assert sorted(bar.value for bar in dial.shares._bars)[-2:] == [0.0, 100.0]
    dial.family.segment(LOG_SUM_EXP).click()
    QTest.keyClick(dial.change, Qt.Key.Key_Home)
    assert dial.words.text().startswith("b = 0 ")
    assert [bar.value for bar in dial.shares._bars] == pytest.approx([100 / 9] * 9)


def test_an_edited_number_counts_and_a_click_on_a_map_ends_that(dial: PoolingDial) -> None:
    dial.panes.chosen.emit("0", 3, 3)
    dial.family.segment(LOG_SUM_EXP).click()
    dial._fields[0, 0].entered.emit(50.0)
    assert "edited" in dial.words.text()
    assert dial.value._values[-1] == 50.0
    dial._fields[0, 0].entered.emit("fifty")
    assert "must be a number" in dial.words.text()
    dial.panes.chosen.emit("0", 3, 3)
    assert dial.value._values[-1] == pytest.approx(float(maps()[0, 3:6, 3:6].max()))


def test_of_a_pooling_module_it_takes_what_that_pools(dial: PoolingDial) -> None:
    network = live().project.network
    kinds = {each.id: each.kind for each in network.modules}
    pool = next(each for each in kinds if "Pool" in kinds[each])
    source = next(each.source for each in network.links if each.target == pool)
    dial.open_project.select(frozenset({pool}))
    assert dial.probes().outputs == {source}
