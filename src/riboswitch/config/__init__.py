"""Settings and configurations: defaults, checks, messages."""
