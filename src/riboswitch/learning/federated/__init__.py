"""One network learned by several owners: rows stay in their folders, and only sums of weights cross."""
