"""The parts of an SD record: its mol block, and its data items."""
