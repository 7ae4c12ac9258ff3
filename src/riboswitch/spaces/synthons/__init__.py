"""Synthons and reactions: read, checked, grouped into a space."""
