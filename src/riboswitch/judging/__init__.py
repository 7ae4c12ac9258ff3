"""How good: measures, what can be judged at all, resampling, reliability.

Knows numbers and tasks, no modality.
"""
