"""The data that pass between steps: classes that load and save files."""
