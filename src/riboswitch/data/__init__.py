"""The nouns: what lies on disk between two steps."""
