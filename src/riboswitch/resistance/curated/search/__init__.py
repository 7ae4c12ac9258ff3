"""Where known proteins lie in a sequence: shared words, candidates, alignments."""
