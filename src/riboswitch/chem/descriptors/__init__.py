"""Numbers that describe whole molecules."""
