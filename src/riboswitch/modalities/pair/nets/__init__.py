"""The network of pairs: tensors only."""
