"""Biology of sequences, without torch."""
