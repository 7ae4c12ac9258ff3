"""Curated calling: NCBI's references, families and cut-offs decide what a known resistance gene is."""
