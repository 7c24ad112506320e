"""The gestures of the canvas, one class each: what mouse, wheel, keys and drags do there."""
