"""Plain methods that are trained if they are named."""
