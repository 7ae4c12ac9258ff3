"""Networks on molecules. They work on tensors only."""
