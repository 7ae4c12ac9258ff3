"""Drugs by name, and which of them a gene defeats: four tables, and their readers."""
