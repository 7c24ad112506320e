"""A canvas on a project, with what the main window would do for it, and hands for its mouse."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.stages import stage_names
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.port_item import PortItem
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.palette.kind_list import MODULE_MIME, STAGE_MIME
from convnet_studio.ui.views.canvas import CanvasView

LEFT = Qt.MouseButton.LeftButton
PICTURE = (1, 28, 28)
CLASSES = 10


class CanvasBench:
    """Opens `project` on a canvas 1100 x 700 at actual size."""

    def __init__(self, qtbot, project: Project | None = None) -> None:
        self.open_project = OpenProject(project or load_preset("two-stage-digits"))
        self.view = CanvasView(self.open_project)
        qtbot.addWidget(self.view)
        self.view.resize(1300, 800)
        self.view.set_class_names([str(each) for each in range(CLASSES)])
        self.open_project.changed.connect(lambda _before, _after: self.summarize())
        self.open_project.replaced.connect(self.summarize)
        self.view.show()
        qtbot.waitExposed(self.view)
        self.summarize()
        self.view.zoom_reset()
        self.view.area.centerOn(550, 320)

    @property
    def project(self) -> Project:
        return self.open_project.project

    @property
    def scene(self):
        return self.view.scene

    @property
    def viewport(self):
        return self.view.area.viewport()

    def summarize(self) -> None:
        self.view.set_summary(summarize(self.project, PICTURE, CLASSES))

    def snapshot(self, seed: int = 0) -> Snapshot:
        """What the network computes with random parameters."""
        network = build_network(self.project, PICTURE, CLASSES)
        random = np.random.default_rng(seed)
        network.parameters[:] = random.normal(0, 0.2, network.parameters.shape)
        picture = random.random(PICTURE, np.float32)
        outputs = {each: output[0] for each, output in network.forward(picture[None]).items()}
        parameters = {
            each: {name: parameter.value.copy() for name, parameter in network.parameters_of(each).items()}
            for each in network.slices
        }
        loss = float(network.loss(np.array([3]))[0]) if network.losses else float("nan")
        scores = outputs[network.losses[0].sources[0]] if network.losses else None
        return Snapshot(1, seed, 0.0, picture, 3, outputs, parameters, loss, scores)

    def place(self, at: QPointF) -> QPoint:
        """A scene position in the viewport."""
        return self.view.area.mapFromScene(at)

    def place_rect(self, rect: QRectF) -> QRect:
        """A part of the scene in the viewport."""
        return self.view.area.mapFromScene(rect).boundingRect()

    def card_place(self, module_id: str, dx: float = 30, dy: float = 12) -> QPoint:
        return self.place(self.scene.modules[module_id].pos() + QPointF(dx, dy))

    def port_place(self, port: PortItem) -> QPoint:
        return self.place(port.scenePos())

    def output(self, module_id: str) -> PortItem:
        port = self.scene.modules[module_id].output
        assert port is not None
        return port

    def input(self, module_id: str, index: int = 0) -> PortItem:
        return self.scene.modules[module_id].inputs[index]

    def drag(self, start: QPoint, end: QPoint, modifiers=Qt.KeyboardModifier.NoModifier, button=LEFT) -> None:
        self.press_and_move(start, end, modifiers, button)
        QTest.mouseRelease(self.viewport, button, modifiers, end)

    def press_and_move(self, start: QPoint, end: QPoint, modifiers=Qt.KeyboardModifier.NoModifier, button=LEFT) -> None:
        QTest.mousePress(self.viewport, button, modifiers, start)
        QTest.mouseMove(self.viewport, (start + end) / 2)
        QTest.mouseMove(self.viewport, end)

    def click(self, at: QPoint, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
        QTest.mouseClick(self.viewport, LEFT, modifiers, at)

    def key(self, key: Qt.Key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.view.area, key, modifiers)

    def carry(self, kind: str, at: QPoint, drop: bool = True) -> bool:
        """Drag a module or ready stage in from the palette and hold it at `at`, or drop it; whether it was accepted."""
        mime = QMimeData()
        mime.setData(STAGE_MIME if kind in stage_names() else MODULE_MIME, kind.encode())
        actions, buttons = Qt.DropAction.CopyAction, LEFT
        none = Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(at, actions, mime, buttons, none)
        QApplication.sendEvent(self.viewport, enter)
        if not enter.isAccepted():
            return False
        QApplication.sendEvent(self.viewport, QDragMoveEvent(at, actions, mime, buttons, none))
        if drop:
            QApplication.sendEvent(self.viewport, QDropEvent(QPointF(at), actions, mime, buttons, none))
        return True

    def assert_in_step(self) -> None:
        """The items are the project's modules and wires, at their positions."""
        network = self.project.network
        assert set(self.scene.modules) == {spec.id for spec in network.modules}
        for spec in network.modules:
            item = self.scene.modules[spec.id]
            assert (item.x(), item.y()) == spec.position
            assert item.card.title == (spec.name or spec.kind)
        assert set(self.scene.links) == set(network.links)
        for link, item in self.scene.links.items():
            path = item.path()
            start, end = self.output(link.source).scenePos(), self.input(link.target, link.port).scenePos()
            assert (path.pointAtPercent(0) - start).manhattanLength() < 1
            assert (path.pointAtPercent(1) - end).manhattanLength() < 1
        items = self.scene.items()
        assert sum(type(item).__name__ == "ModuleItem" for item in items) == len(network.modules)
        assert sum(type(item).__name__ == "LinkItem" for item in items) == len(network.links) + 1
