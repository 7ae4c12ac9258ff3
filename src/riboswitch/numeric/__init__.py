"""Calculations without biology or chemistry: compiled loops, offsets, log odds."""
