"""The window: everything that knows Qt. It draws what the engine says and asks it for the rest."""
