"""Genes, proteins and genomes: reading them, finding the genes in them, learning from their letters."""
