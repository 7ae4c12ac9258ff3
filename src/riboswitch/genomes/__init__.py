"""Work along a genome: its reading frames and genes, examples cut from its annotation, tracks, variants."""
