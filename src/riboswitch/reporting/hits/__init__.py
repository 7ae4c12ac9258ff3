"""The short-list of the report: its columns, the evidence for each line, and both as data for the page."""
