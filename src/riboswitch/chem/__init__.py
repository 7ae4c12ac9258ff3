"""Chemistry: reading, standardising and describing molecules. Nothing here needs torch."""
