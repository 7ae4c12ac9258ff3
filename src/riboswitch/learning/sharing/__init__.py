"""Bundles that may leave their owner: without training structures, ids and labels, and the model card."""
