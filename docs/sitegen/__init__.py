"""The docs site: what is made from the program itself, and how the pages are put together for Sphinx."""
