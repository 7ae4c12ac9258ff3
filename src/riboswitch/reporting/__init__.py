"""The report: a folder of results is loaded, each section makes its part, and one HTML page is written."""
