"""Taking in the files of a new user: what they hold, and the configuration of an analysis of them."""
