"""Networks on texts: tensors only."""
