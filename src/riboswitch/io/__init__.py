"""Files: text, tables, locks, downloads, and faults of the disk."""
