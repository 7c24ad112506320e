"""Training: a generator of frozen events over the engine, with no knowledge of threads or windows."""
