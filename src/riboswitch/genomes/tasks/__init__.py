"""Labelled examples cut from annotated genomes: one class of settings for each kind of example."""
