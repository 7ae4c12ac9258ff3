"""Genomes: reading frames, genes, labelled examples, predictions along contigs, variants."""
