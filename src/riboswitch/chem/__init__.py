"""Chemistry, without torch."""
