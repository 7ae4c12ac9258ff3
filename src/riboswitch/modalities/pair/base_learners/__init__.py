"""Base learners of pairs, which are its best plain methods, too: a kernel of pairs and a forest."""
