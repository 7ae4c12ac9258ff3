"""What a verb says on standard error while it works."""
