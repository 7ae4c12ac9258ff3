"""Base learners of the stack for molecules, and the table they learn from."""
