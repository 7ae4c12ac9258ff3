"""A package, so that the script of this name in benchmarks/ does not take its place."""
