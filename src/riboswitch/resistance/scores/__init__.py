"""Scores of compounds: their files, checked, joined to the compounds, and their ranges over forms."""
