"""The training engine: loss, loop, inference. It works on tensors and tasks, and names no modality."""
