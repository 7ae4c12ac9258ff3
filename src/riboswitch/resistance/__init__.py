"""Resistance genes of a genome, the compounds that they defeat, and the order of those that remain."""
