"""The outline: the network as a tree, in step with the canvas, for keyboard and screen reader."""
