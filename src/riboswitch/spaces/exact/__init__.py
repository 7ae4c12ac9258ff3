"""Tables of a network for synthons and pairs of ends, which give the answers for whole products."""
