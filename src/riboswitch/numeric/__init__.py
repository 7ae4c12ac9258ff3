"""Numbers without meaning: compiled loops and offsets."""
