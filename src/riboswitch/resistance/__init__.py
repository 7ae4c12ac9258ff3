"""Resistance genes: which are known, which are called, what they mean for compounds."""
