"""Networks on molecules: tensors only."""
