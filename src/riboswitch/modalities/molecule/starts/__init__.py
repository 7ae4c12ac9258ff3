"""What networks of molecules start from: files of other programs, and tasks without labels."""
