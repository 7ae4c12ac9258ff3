"""Records of a run: what it was made with, as JSON, as an RO-Crate, and as a checklist for authors."""
