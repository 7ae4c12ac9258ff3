"""Which of the best compounds are chosen: rules that they must keep, and how they differ."""
