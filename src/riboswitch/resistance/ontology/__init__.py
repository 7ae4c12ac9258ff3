"""Known genes in the words of CARD's ontology (ARO)."""
