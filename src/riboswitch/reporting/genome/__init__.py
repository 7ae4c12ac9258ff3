"""Drawings of genomes: maps of their contigs, and what the networks' answer for a called gene rests on."""
