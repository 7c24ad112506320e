"""Modules, losses, optimizers and the network they form; the numpy code here is the definition of each."""
