"""The choice of settings on validation rows."""
