"""Bundles as files: how they are sealed, and what must hold of their header and arrays."""
