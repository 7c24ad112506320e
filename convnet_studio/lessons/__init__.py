"""Lessons: what the program teaches, as data over the engine. No Qt. (The player and the catalogue come next.)"""
