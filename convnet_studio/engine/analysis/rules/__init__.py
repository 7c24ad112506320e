"""Rules: how a value of each kind of module comes about, a file for each family; see `analysis.rule`."""

from convnet_studio.engine.registry import import_plugins

import_plugins(__name__)
