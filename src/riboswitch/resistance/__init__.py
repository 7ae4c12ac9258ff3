"""From genes and scores to the short-list: known genes, calls, drug classes, what is compromised, the order."""
