"""Many genomes: scanned one after the other, and their tables."""
