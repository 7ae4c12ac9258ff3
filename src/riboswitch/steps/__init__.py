"""The verbs: one file each, a function from nouns to nouns and a `command` from files to files."""
