"""Building blocks of recurrent networks on batches of unequal lengths; padding never changes a result."""
