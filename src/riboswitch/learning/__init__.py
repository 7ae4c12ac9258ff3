"""The training engine: loss, loop, inference. Knows tensors and tasks, no modality."""
