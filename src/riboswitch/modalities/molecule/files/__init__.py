"""Files of molecules: their formats, and what their columns hold."""
