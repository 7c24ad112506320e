"""The forms in which a network can be written: one file each, all imported here so that they register."""

from convnet_studio.engine.registry import import_plugins

import_plugins(__name__)
