"""Molecules that nobody measured."""
