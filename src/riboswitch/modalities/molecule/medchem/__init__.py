"""What medicinal chemists ask of compounds."""
