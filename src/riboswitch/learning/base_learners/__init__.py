"""Methods beside the network, on tables: only arrays."""
