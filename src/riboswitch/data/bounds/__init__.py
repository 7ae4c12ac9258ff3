"""Censored labels: bounds of a value that was not measured itself."""
