"""Screening: prepare a library, and score it with models in several processes and bounded memory."""
