"""One student that learns from the answers of several teachers, without their data."""
