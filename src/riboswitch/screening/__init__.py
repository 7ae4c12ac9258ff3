"""Between a library and its scores: how it lies on disk, how it is read, who does the work."""
