"""Networks on sequences: tensors only."""
