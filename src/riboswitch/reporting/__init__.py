"""The report: gather results, say what they show in words and drawings, render one file."""
