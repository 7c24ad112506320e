"""The acts, one file each; importing this folder registers them all."""

from convnet_studio.engine.registry import import_plugins

import_plugins(__name__)
