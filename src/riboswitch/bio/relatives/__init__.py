"""Sequences that overlap or resemble each other: shared k-mers choose candidates, edits decide."""
