"""Settings of Sphinx. Theme and search are files of the site: nothing is asked of any host."""

project = "riboswitch"
author = "The riboswitch developers"
copyright = author
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
exclude_patterns = [".doctrees"]
suppress_warnings = ["misc.highlighting_failure"]  # Snakemake's rules in Python blocks

html_theme = "furo"
html_title = "riboswitch"
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None

myst_heading_anchors = 4
smartquotes = False  # they would make a dash of the hyphens of an option
default_role = "code"

napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
python_maximum_signature_line_length = 90
