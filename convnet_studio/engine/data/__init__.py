"""Data: labelled pictures that networks learn from, and the order in which training sees them."""

from convnet_studio.engine.data import datasets as datasets
