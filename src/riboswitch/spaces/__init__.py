"""Make-on-demand spaces: synthons and reactions, read, checked, and scored without enumerating products."""
