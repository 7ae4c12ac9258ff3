"""Tables that do not fit into memory: written and read in parts, and sorted on disk."""
