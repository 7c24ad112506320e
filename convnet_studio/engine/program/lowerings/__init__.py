"""The lowering rules: one file for each module or family of them, all imported here so that they register."""

from convnet_studio.engine.registry import import_plugins

import_plugins(__name__)
