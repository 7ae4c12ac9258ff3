"""Sequences: letters, codons, file formats, alignment, families, logos. Nothing here needs torch."""
