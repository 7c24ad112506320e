"""The engine: everything that computes. No Qt, no global state, no printing."""
