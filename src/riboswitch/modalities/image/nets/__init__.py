"""Tensors of images: batches, and the layers of the network."""
